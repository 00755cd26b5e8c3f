"""Who has typed the password in a session a short while ago, and need not type it again for what asks for it."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

PROVED_AT = "proved_at"  # in the session; seconds since the epoch
PROVED_FOR = timedelta(minutes=15)


def note(request: HttpRequest) -> None:
    """The password was typed just now, by who is logged in. A log-in is no such proof: it may be of days ago, and what
    asks again asks for what one log-in should not open."""
    request.session[PROVED_AT] = timezone.now().timestamp()


def is_recent(request: HttpRequest) -> bool:
    """Returns whether that was less than 15 minutes ago."""
    at = request.session.get(PROVED_AT)
    if not isinstance(at, int | float):
        return False
    return 0 <= timezone.now().timestamp() - at < PROVED_FOR.total_seconds()
