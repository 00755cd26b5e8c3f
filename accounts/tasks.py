"""What happens in the background for accounts."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from kombu.exceptions import OperationalError
from oauth2_provider.models import RefreshToken, clear_expired

from accounts import proofs
from accounts.mail import Mail, Ours, post
from accounts.models import LimitWindow, User
from accounts.throttles import ProofsPerAccount

log = logging.getLogger("wharf.accounts")

PASSWORD_RESET = Mail("A new password for Wharf", "mail/password_reset.txt", urgent=True)
PASSWORD_CHANGED = Mail("Your password was changed", "mail/password_changed.txt", urgent=True)
ADDRESS_CHANGED = Mail("Your e-mail address was changed", "mail/address_changed.txt", urgent=True)
PROVE_ADDRESS = Mail("Is this your address?", "mail/prove_address.txt", urgent=True, proves=True)
REVOKED_KEPT = timedelta(days=30)  # for operators to look at


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_password_reset(email: str) -> None:
    """Sends a link that sets a new password, if the address is an account's; tries again while no mail can be sent.

    The link has this server's own address in it, never one that a request claimed.
    """
    user = User.objects.alias(address=Lower("email")).filter(address=email.lower(), is_active=True).first()
    if user is None:
        return
    if not user.email_proven:  # whoever reads that mail can ask again
        ask_for_proof(user)
        return
    path = reverse(
        "reset-set",
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
        },
    )
    words = {
        "user": user,
        "link": Ours(settings.WHARF_BASE_URL + path),
        "server": Ours(settings.WHARF_BASE_URL),
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    log.info("A password reset for account %s: %s", user.pk, post(user, PASSWORD_RESET, words).value)


def ask_for_proof(user: User, *, changed: bool = False) -> bool:
    """Has the mail sent that asks for the proof of a person's address, three times an hour at most. Returns whether it
    is on its way. `changed`: the account stood before it had this address."""
    if user.email_proven or not ProofsPerAccount(user.email).take():
        return False
    try:
        send_proof.delay(user.pk, changed=changed)
    except OperationalError as error:
        log.error("a mail that asks for a proof could not be queued", exc_info=error)
        return False
    return True


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_proof(pk: int, changed: bool = False) -> None:
    """Asks for the proof of an address; tries again while no mail can be sent."""
    user = User.objects.filter(pk=pk, is_active=True, email_proven=False).first()
    if user is None:
        return
    words = {
        "user": user,
        "link": Ours(settings.WHARF_BASE_URL + proofs.path(user)),
        "server": Ours(settings.WHARF_BASE_URL),
        "days": proofs.PROOF_LASTS.days,
        "changed": changed,
    }
    log.info("A mail that asks account %s for the proof of its address: %s", pk, post(user, PROVE_ADDRESS, words).value)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_password_changed(pk: int) -> None:
    """Tells a person that the password has changed; tries again while no mail can be sent."""
    if user := User.objects.filter(pk=pk).first():
        words = {
            "user": user,
            "link": Ours(settings.WHARF_BASE_URL + reverse("reset")),
            "server": Ours(settings.WHARF_BASE_URL),
        }
        post(user, PASSWORD_CHANGED, words)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_address_changed(pk: int, former: str) -> None:
    """Tells a person at the former address, which was proven, that there is another one."""
    if user := User.objects.filter(pk=pk).first():
        name, _, host = user.email.partition("@")
        words = {"user": user, "address": f"{name[:1]}… at {host}", "server": Ours(settings.WHARF_BASE_URL)}
        post(user, ADDRESS_CHANGED, words, to=former)


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
