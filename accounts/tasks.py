"""What happens in the background for accounts."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core.mail import send_mail
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from oauth2_provider.models import RefreshToken, clear_expired

from accounts.models import LimitWindow, User

log = logging.getLogger("wharf.accounts")

REVOKED_KEPT = timedelta(days=30)  # for operators to look at


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_password_reset(email: str) -> None:
    """Sends a link that sets a new password, if the address is an account's; tries again while no mail can be sent.

    The link has this server's own address in it, never one that a request claimed.
    """
    user = User.objects.alias(address=Lower("email")).filter(address=email.lower(), is_active=True).first()
    if user is None:
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
        "link": settings.WHARF_BASE_URL + path,
        "server": settings.WHARF_BASE_URL,
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    send_mail("A new password for Wharf", render_to_string("mail/password_reset.txt", words), None, [user.email])
    log.info("A password reset was sent to account %s", user.pk)


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
