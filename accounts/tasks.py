"""What happens in the background for accounts."""

import logging
from datetime import timedelta

from allauth.account.models import EmailAddress
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone
from oauth2_provider.models import RefreshToken, clear_expired

from accounts import letters, mails
from accounts.deletion import asking, job
from accounts.entry.seen import forget_ended
from accounts.models import LimitWindow, User

__all__ = ["clear_expired_tokens", "delete_accounts", "forget_unproven", "mails", "purge_limits", "send_letter"]

log = logging.getLogger("wharf.accounts")

MOST_AT_ONCE = 500
REVOKED_KEPT = timedelta(days=30)  # for operators to look at


@shared_task(name=letters.SEND)
def send_letter(pk: int) -> None:
    """Sends a mail that is due, unless somebody else does."""
    letters.send(pk)


@shared_task
def purge_limits() -> None:
    """Every ten minutes: deletes what limits have counted in windows that are over."""
    LimitWindow.objects.purge()


@shared_task
def clear_expired_tokens() -> None:
    """Deletes tokens, codes and sessions that can't be used any more.

    Nothing else may delete tokens: a refresh token whose first access token's row is gone is dead. One that was rotated
    is kept for as long as its family lives, since only its row shows that it is used again.
    """
    clear_expired()
    alive = RefreshToken.objects.filter(token_family=OuterRef("token_family"), revoked=None)
    RefreshToken.objects.filter(~Exists(alive), revoked__lt=timezone.now() - REVOKED_KEPT).delete()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    forget_ended()


@shared_task
def forget_unproven() -> None:
    """Deletes accounts that somebody began to make days ago and never proved: nobody has been in them, and their names
    and addresses are free again."""
    begun = User.objects.filter(last_login=None, date_joined__lt=timezone.now() - settings.WHARF_UNPROVEN_KEPT)
    unproven = EmailAddress.objects.filter(user=OuterRef("pk"), verified=False)
    for person in list(begun.filter(Exists(unproven))[:MOST_AT_ONCE]):
        person.delete()


@shared_task(name=asking.DELETE_ACCOUNTS)
def delete_accounts() -> None:
    """Every minute, for most of it: deletes accounts whose day has come, piece by piece."""
    if rows := job.run(seconds=45):
        log.info("of accounts that go, rows were deleted", extra={"rows": rows})
