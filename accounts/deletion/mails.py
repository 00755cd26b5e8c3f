"""The mails about the deletion of an account: at its beginning, when it is taken back, and at its end."""

import logging

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.letters import letter
from accounts.mail import Mail, Ours, post
from accounts.models import User

log = logging.getLogger("wharf.accounts")

ASKED = Mail(_("Your account is going to be deleted"), "mail/deletion_asked.txt", urgent=True)
OFF = Mail(_("Your account is not deleted"), "mail/deletion_off.txt", urgent=True)
DELETED = Mail(_("Your account is deleted"), "mail/deleted.txt", urgent=True)


@letter
def send_deletion_asked(pk: int) -> None:
    """Tells a person when their account is deleted, and how to keep it."""
    user = User.objects.filter(pk=pk, is_active=True, deletion_at__isnull=False).first()
    if user is None:
        return
    words = {
        "user": user,
        "is_own": user.deletion_by == User.DeletionBy.PERSON,
        "log_in": Ours(settings.WHARF_BASE_URL + reverse("account_login")),
        "server": Ours(settings.WHARF_BASE_URL),
    }
    log.info("A mail that account %s is going to be deleted: %s", pk, post(user, ASKED, words).value)


@letter
def send_deletion_off(pk: int) -> None:
    """Tells a person that their account stays."""
    if user := User.objects.filter(pk=pk, is_active=True, deletion_at=None).first():
        post(user, OFF, {"user": user, "server": Ours(settings.WHARF_BASE_URL)})


@letter
def send_deleted(username: str, email: str, time_zone: str, language: str = "") -> None:
    """Tells whoever had an account that it is gone. Nothing else knows them any more."""
    user = User(username=username, email=email, time_zone=time_zone, language=language)
    log.info("A mail that an account was deleted: %s", post(user, DELETED, _of_deleted(user), to=email).value)


def _of_deleted(user: User) -> dict[str, object]:
    return {"user": user, "server": Ours(settings.WHARF_BASE_URL)}
