"""Who is logging in."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models.functions import Lower
from django.http import HttpRequest

from accounts.models import User


class NameOrEmail(ModelBackend):
    """Logs in by name or e-mail address, whatever their case.

    No name holds an "@", so none can be taken for an address.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The account, or None; takes as long for one that doesn't exist."""
        if username is None or password is None:
            return None
        column = "email" if "@" in username else "username"
        user = User.objects.alias(lowered=Lower(column)).filter(lowered=username.strip().lower()).first()
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
