"""What comes in the clear to a server in production: no token is taken from there, and one that was read on its way is
ended."""

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.oauth.errors import error_answer
from accounts.oauth.in_clear import end_what_was_sent

log = logging.getLogger("wharf.request")

# Where programs send tokens, codes and secrets. The rest is for browsers, and is led to https.
PROGRAMS = (
    "/import",
    "/api/",
    "/oauth/token",
    "/oauth/refresh",
    "/oauth/revoke_token",
    "/auth/register",
    "/auth/access_token",
)
READING = ("GET", "HEAD", "OPTIONS")
FORWARDING = (
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Untrusted-Proto",  # what config/protocol.py makes of the one before, where it is not believed
    "X-Forwarded-Host",
    "X-Real-IP",
    "Forwarded",
    "Via",
)
TOLD_EVERY = 60.0  # seconds
SENTENCE = "This server is called by https:// only. Whatever is sent in the clear can be read on its way."


class PlainHttp:
    """Middleware: 403 `https_required` for what brings a token in the clear, and never a redirect, by which a POST
    loses what it brings."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._told_at = -TOLD_EVERY

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.PRODUCTION or request.is_secure() or not _brings_a_token(request):
            return self.get_response(request)
        if certainly_in_clear(request):
            end_what_was_sent(request)
        else:
            self._tell()
        return error_answer(403, "https_required", SENTENCE)

    def _tell(self) -> None:
        if time.monotonic() - self._told_at >= TOLD_EVERY:
            self._told_at = time.monotonic()
            log.error(
                "a request with a token seems to have come by http://, but that is not sure. If there is a proxy in "
                "front, it must send X-Forwarded-Proto, and FORWARDED_ALLOW_IPS must name it"
            )


def certainly_in_clear(request: HttpRequest) -> bool:
    """Whether a request, which does not seem to have come by TLS, certainly didn't: a proxy that is trusted says so, or
    there is no proxy, and the other side is another computer."""
    said = request.headers.get("X-Forwarded-Proto", "").strip().lower()
    if said:
        return said == "http" and _came_through_trusted(request)
    address = request.META.get("REMOTE_ADDR", "")
    is_direct = not any(name in request.headers for name in FORWARDING) and not _is_trusted(address)
    try:
        return is_direct and not ip_address(address).is_loopback
    except ValueError:
        return False  # a socket of this computer


def _brings_a_token(request: HttpRequest) -> bool:
    path = f"/{request.path_info.lstrip('/')}"
    return (
        "Authorization" in request.headers
        or path.startswith(PROGRAMS)
        or (path.startswith("/move/") and request.method not in READING)
    )


def _came_through_trusted(request: HttpRequest) -> bool:
    """Whether the proxy is one of those that the server in front believes: then it has put the client's address in the
    place of the proxy's, with 0 as the port."""
    return str(request.META.get("REMOTE_PORT", "")) == "0" or _is_trusted(request.META.get("REMOTE_ADDR", ""))


def _is_trusted(address: str) -> bool:
    for trusted in settings.WHARF_TRUSTED_PROXIES:
        if trusted in ("*", address):
            return True
        try:
            if ip_address(address) in ip_network(trusted):
                return True
        except ValueError:
            continue  # a name, or a path
    return False
