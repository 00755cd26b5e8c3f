"""Whose arrival it is, for a browser that is not logged in: a signed cookie, good for
`WHARF_ARRIVAL_COOKIE_AGE`.

Whoever has typed the password of the account at `/auth/authorize/move` is sent on to a wizard and to another server
before they come back to the page that waits; the cookie makes it show their progress, and opens nothing else.
"""

from collections.abc import Mapping

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http.response import HttpResponseBase

from accounts.models import User

ARRIVAL_COOKIE = settings.WHARF_COOKIE_PREFIX + "wharf_arrival"
# The page and its WebSocket; a cookie that only this host can have set goes along everywhere (RFC 6265bis).
COOKIE_PATH = "/" if settings.WHARF_COOKIE_PREFIX.startswith("__Host-") else "/move/importing"

_signer = TimestampSigner(salt="moves.imports.progress.cookie")


def grant(response: HttpResponseBase, user: User) -> None:
    """Lets the browser that gets this answer see the progress of the account."""
    response.set_cookie(
        ARRIVAL_COOKIE,
        _signer.sign(str(user.pk)),
        max_age=settings.WHARF_ARRIVAL_COOKIE_AGE,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # it is sent when the other server's redirect leads here
    )


def visitor(cookies: Mapping[str, str]) -> int | None:
    """Returns the account that a request's cookies name, by its key; None without the cookie, or with one that is not
    ours."""
    try:
        return int(_signer.unsign(cookies[ARRIVAL_COOKIE], max_age=settings.WHARF_ARRIVAL_COOKIE_AGE))
    except (KeyError, BadSignature, ValueError):
        return None
