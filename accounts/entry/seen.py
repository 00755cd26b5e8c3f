"""Where and when sessions are used: what their list shows (django-allauth's `UserSession`), and what a person's archive
says of them. A row goes with its session."""

import time
from collections import OrderedDict
from threading import Lock

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User

AGAIN = 3600.0  # seconds after which the use of a session is noted once more
MOST_NOTED = 10_000  # sessions that a process remembers to have noted


class _Noted:
    """Which sessions this process has noted within the hour, so that a page costs no statement for it."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, float] = OrderedDict()
        self._guard = Lock()

    def is_due(self, key: str) -> bool:
        """Whether a session is to be noted now; it counts as noted from then on."""
        now = time.monotonic()
        with self._guard:
            if self._at.get(key, -AGAIN) > now - AGAIN:
                return False
            self._at[key] = now
            self._at.move_to_end(key)
            while len(self._at) > MOST_NOTED:
                self._at.popitem(last=False)
        return True


_noted = _Noted()


def note_session(request: HttpRequest) -> None:
    """Notes where and when the session of somebody who is logged in is used, once an hour in each process: also of one
    that began before sessions were listed."""
    key = request.session.session_key
    if key and isinstance(request.user, User) and request.user.is_authenticated and _noted.is_due(key):
        UserSession.objects.create_from_request(request)


@receiver(user_logged_in)
def note_log_in(request: HttpRequest, user: User, **_: object) -> None:
    """Lists a session from its beginning on. Beyond so many of a person, those that were used least lately end: what a
    session keeps is no part of anybody's room."""
    UserSession.objects.create_from_request(request, user=user)
    _noted.is_due(request.session.session_key or "")
    newest_first = UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk")
    if over := list(newest_first.values_list("session_key", flat=True)[settings.WHARF_MOST_SESSIONS :]):
        Session.objects.filter(session_key__in=over).delete()
        UserSession.objects.filter(session_key__in=over).delete()


@receiver(user_logged_out)
def forget_session(request: HttpRequest, **_: object) -> None:
    """What is known of a session goes with it."""
    if key := request.session.session_key:
        UserSession.objects.filter(session_key=key).delete()


def sessions_of(person: User) -> list[dict[str, str]]:
    """Returns what is known of a person's sessions, for their archive: no key of any."""
    return [
        {
            "address": one.ip,
            "browser": one.user_agent,
            "logged_in_at": one.created_at.isoformat(),
            "last_used_at": one.last_seen_at.isoformat(),
        }
        for one in UserSession.objects.filter(user=person).order_by("created_at", "pk")
    ]


def forget_ended() -> int:
    """Deletes what is known of sessions that are over. Returns their number."""
    return UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()[0]
