"""Sessions: how long somebody stays logged in."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.signals import user_logged_in
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.throttles import client_address

log = logging.getLogger("wharf.accounts")

SINCE = "logged_in_at"  # in the session; seconds since the epoch


class Authentication(AuthenticationMiddleware):
    """As Django has it; but a session ends some days after its log-in however busy it is, and that of somebody who may
    use the admin some hours after, and where it is not known when that was."""

    def process_request(self, request: HttpRequest) -> None:
        """Sets `request.user`, which nothing is asked for before somebody reads it."""
        super().process_request(request)
        known = request.user

        def person() -> Any:
            if known.is_authenticated and is_over(request.session, known.is_staff):
                request.user = known  # who is logged out is asked of the request
                logout(request)
                return request.user
            return known

        request.user = SimpleLazyObject(person)  # type: ignore[assignment]


class PlainCookieMessages(CookieStorage):
    """Messages in a cookie whose name says that no other host may have set it."""

    cookie_name = settings.WHARF_COOKIE_PREFIX + CookieStorage.cookie_name


class Messages(FallbackStorage):
    """Django's way to keep messages, with the cookie of this server."""

    storage_classes = (PlainCookieMessages, SessionStorage)


@receiver(user_logged_in)
def remember_since(request: HttpRequest, user: Any, **_: Any) -> None:
    """Notes when somebody has logged in, in the session and in the log."""
    now = timezone.now()
    log.info("logged in", extra={"account": user.pk, "address": client_address(request)})
    request.session[SINCE] = now.timestamp()
    if user.is_staff:
        request.session.set_expiry(now + settings.WHARF_STAFF_SESSION)


def is_over(session: Any, is_staff: bool) -> bool:
    """Returns whether the session of somebody has lasted as long as it may. What is no request asks itself."""
    lasts: timedelta = settings.WHARF_STAFF_SESSION if is_staff else settings.WHARF_SESSION
    since = session.get(SINCE)
    if not isinstance(since, int | float):
        return is_staff
    return timezone.now().timestamp() - since > lasts.total_seconds()
