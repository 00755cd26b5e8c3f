"""The addresses of people: django-allauth's `EmailAddress` is the one place that says whose they are and which are
proven. An account has one, and `User.email` repeats it.

Whoever wants another one proves it first; then it takes the place of the one before. One that an operator has set is
the account's at once, and counts as proven only while nobody has been in the account, which the operator made with it.

Who begins an account with somebody else's address has one for a while that looks like any other which waits for its
proof (`begin_beside`).
"""

from secrets import token_hex
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

OF_NOBODY = "sign-up.invalid"


@receiver(post_save, sender=User)
def keep_address(instance: User, created: bool, update_fields: Any = None, **_: Any) -> None:
    """Whatever sets a person's address, its row says so."""
    if instance.signs_up or not (created or update_fields is None or "email" in update_fields):
        return
    if instance.email.endswith(f"@{OF_NOBODY}"):
        return  # it still waits for the proof of the other one
    rows = EmailAddress.objects.filter(user=instance)
    if not rows.filter(email=instance.email, primary=True).exists():
        rows.delete()
        if instance.email:
            is_proven = created or instance.last_login is None
            EmailAddress.objects.create(user=instance, email=instance.email, primary=True, verified=is_proven)


@receiver(email_confirmed)
def tell_of_proof(email_address: EmailAddress, **_: Any) -> None:
    """Tells the trail of it."""
    record(AuditKind.ADDRESS_PROVEN, subject=subjects.person(email_address.user_id), email=email_address.email)


def require_proven(user: User) -> None:
    """A person's address was proven in another way than by the code: by what was sent there."""
    if EmailAddress.objects.filter(user=user, email=user.email, verified=False).update(verified=True):
        record(AuditKind.ADDRESS_PROVEN, subject=subjects.person(user.pk), email=user.email)


def is_taken(email: str, besides: User | None = None) -> bool:
    """Returns whether an address is that of an account, proven or not; `besides`: of another than this one."""
    others = _all(besides)
    email = email.lower()
    return (
        others.filter(email=email).exists()
        or EmailAddress.objects.filter(user__in=others, email=email, verified=True).exists()
    )


def begin_beside(name: str, email: str, password: str) -> User:
    """Returns a new account that waits for the proof of an address which is another account's. That one's mailbox is
    told, and gets no code (accounts/entry/adapter.py); the row holds an address of nobody's (RFC 2606, section 2)."""
    user = User(username=name, email=f"{token_hex(16)}@{OF_NOBODY}")
    user.signs_up = True
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email.lower(), primary=True, verified=False)
    return user


def forget_begun(email: str, besides: User | None) -> None:
    """Deletes the accounts that others have begun with an address and never proven, now that somebody proves it."""
    begun = EmailAddress.objects.filter(email=email.lower(), verified=False)
    _all(besides).filter(pk__in=begun.values("user"), last_login=None).delete()


def _all(besides: User | None) -> QuerySet[User]:
    return User.objects.all() if besides is None else User.objects.exclude(pk=besides.pk)
