"""Sessions: how long somebody stays logged in."""

import logging
import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.signals import user_logged_in
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.person import person_of
from accounts.throttles import client_address

log = logging.getLogger("wharf.accounts")

SINCE = "logged_in_at"  # in the session; seconds since the epoch


class Authentication(AuthenticationMiddleware):
    """As Django has it; but a session ends some days after its log-in however busy it is, and that of somebody who may
    use the admin some hours after, and where it is not known when that was. All that a person has end at once where
    the person's row says so."""

    def process_request(self, request: HttpRequest) -> None:
        """Sets `request.user`, which nothing is asked for before somebody reads it."""
        super().process_request(request)
        known = request.user

        def person() -> Any:
            if known.is_authenticated and is_over(request.session, known):
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
    if user.is_staff and not request.session.get_expire_at_browser_close():
        request.session.set_expiry(now + settings.WHARF_STAFF_SESSION)


def is_over(session: Any, person: User) -> bool:
    """Returns whether the session of somebody has lasted as long as it may, or has been ended. What is no request asks
    itself."""
    lasts: timedelta = settings.WHARF_STAFF_SESSION if person.is_staff else settings.WHARF_SESSION
    since = session.get(SINCE)
    if not isinstance(since, int | float):
        return person.is_staff or person.sessions_from is not None
    if person.sessions_from is not None and since < person.sessions_from.timestamp():
        return True
    return timezone.now().timestamp() - since > lasts.total_seconds()


def still_open(keys: Collection[str]) -> set[str]:
    """Returns those of these sessions, by their keys, which still let somebody in: what stays connected asks again and
    again. A session is over when it was ended, has lasted as long as it may, or its person has another password or may
    not log in any more."""
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    said = {row.session_key: row.get_decoded() for row in rows}
    wanted = {data[SESSION_KEY] for data in said.values() if SESSION_KEY in data}
    people = {str(one.pk): one for one in User.objects.filter(pk__in=wanted, is_active=True)}
    return {key for key, data in said.items() if _lets_in(data, people.get(data.get(SESSION_KEY, "")))}


class SessionOver(Exception):
    """The session by which something is sent has ended meanwhile. The connection breaks, so that nobody takes what came
    for the whole."""


class SendingSession:
    """The session of a request whose answer takes long: what is sent by it ends soon after it does."""

    def __init__(self, request: HttpRequest) -> None:
        self._key = request.session.session_key or ""
        self._person = person_of(request).pk
        self._looked = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether it was not looked at for some seconds."""
        return time.monotonic() - self._looked > settings.WHARF_DOWNLOAD_LOOKS_AGAIN

    def look(self) -> User | None:
        """Asks the database where that is due. Returns whose it is, as they are now; else None. Raises
        `SessionOver`."""
        if not self.is_due:
            return None
        if not still_open([self._key]):
            raise SessionOver
        self._looked = time.monotonic()
        return User.objects.get(pk=self._person)


def _lets_in(session: Mapping[str, Any], person: User | None) -> bool:
    if person is None or is_over(session, person):
        return False
    known = str(session.get(HASH_SESSION_KEY, ""))
    hashes = (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())
    return any(constant_time_compare(known, one) for one in hashes)
