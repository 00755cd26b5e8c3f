"""Who is logging in."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.backends import ModelBackend
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest

from accounts.guesses import account_of, look_at
from accounts.models import User


class NameOrEmail(ModelBackend):
    """Logs in by name or e-mail address, whatever their case, through the gate for passwords."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The account, or None; takes as long for one that doesn't exist. Raises `TooManyTries` and `PasswordsBusy`."""
        if username is None or password is None:
            return None
        account = account_of(username)

        def check() -> User | None:
            if account is None:
                User().set_password(password)
                return None
            return account if account.check_password(password) and self.user_can_authenticate(account) else None

        return look_at(request, account, username, check)

    def get_user(self, user_id: int) -> User | None:
        """Whose session it is, or None; with the address that they have proven, which the front page says without
        asking for it."""
        proven = EmailAddress.objects.filter(user_id=OuterRef("pk"), email=OuterRef("email"), verified=True)
        person = User.objects.annotate(proven_address=Subquery(proven.values("email")[:1])).filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None
