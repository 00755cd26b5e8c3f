"""What comes in the clear to a server in production, or seems to: no token is taken from there, one that was read on
its way is ended, and nobody is led to where they are."""

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from accounts.oauth.errors import error_answer
from accounts.oauth.in_clear import end_what_was_sent
from config.readable import UnreadableRequest, refused

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
METRICS = "/metrics"
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
PROTO = "HTTP_X_FORWARDED_PROTO"
TOLD_EVERY = 60.0  # seconds
# A browser keeps a Secure cookie only if it came by TLS, and sends it by TLS only (RFC 6265bis, section 5.7).
LED_COOKIE, LED_FOR = settings.WHARF_COOKIE_PREFIX + "led_to_https", 60  # seconds
TO_LOCALHOST = ("localhost", "127.0.0.1", "::1")  # where browsers say Sec-Fetch-... without TLS, too
FORGOTTEN = UnreadableRequest(
    _("The proxy in front of this server must send X-Forwarded-Proto, and FORWARDED_ALLOW_IPS must name the proxy."),
    503,
    page="proxy_is_silent.html",
)
SENTENCE = "This server is called by https:// only. Whatever is sent in the clear can be read on its way."


class PlainHttp:
    """Middleware: 403 `https_required` for what brings a token in the clear, and never a redirect, by which a POST
    loses what it brings."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._told_at = -TOLD_EVERY

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if PROTO in request.META:  # in whatever case a proxy writes a scheme (RFC 3986, section 3.1)
            request.META[PROTO] = request.META[PROTO].lower()
        if not settings.PRODUCTION or request.is_secure():
            return self.get_response(request)
        if not _brings_a_token(request):
            return self._led(request)
        if certainly_in_clear(request):
            end_what_was_sent(request)
        else:
            self._tell()
        return error_answer(403, "https_required", SENTENCE)

    def _led(self, request: HttpRequest) -> HttpResponseBase:
        """Returns the answer to somebody without a token: being led to https, unless they come from there."""
        response = self.get_response(request)
        if response.status_code != 301 or response.get("Location") != _by_https(request):
            return response
        if came_by_tls(request):
            log.error(
                "a browser came by https://, and the proxy in front doesn't say so: it must send X-Forwarded-Proto, and"
                " FORWARDED_ALLOW_IPS must name it. Until then, nobody sees a page"
            )
            return refused(FORGOTTEN)
        response["Cache-Control"] = "no-store"  # else browsers would go on so when the proxy has been mended
        cast(HttpResponse, response).set_cookie(LED_COOKIE, "1", max_age=LED_FOR, secure=True, httponly=True)
        return response

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
    if said := request.META.get(PROTO, "").strip():  # by each proxy of a chain
        return all(one.strip() == "http" for one in said.split(",")) and _came_through_trusted(request)
    address = request.META.get("REMOTE_ADDR", "")
    is_direct = not any(name in request.headers for name in FORWARDING) and not _is_trusted(address)
    try:
        return is_direct and not ip_address(address).is_loopback
    except ValueError:
        return False  # a socket of this computer


def came_by_tls(request: HttpRequest) -> bool:
    """Whether a request, which does not seem to have come by TLS, certainly did, or came through a proxy that says
    nothing of it: a redirect to https would lead to the same answer for ever."""
    if request.headers.get("X-Forwarded-Proto"):
        return False  # a proxy that is believed says how it came
    if LED_COOKIE in request.COOKIES or any(name in request.headers for name in FORWARDING):
        return True
    # Browsers say this where nobody can listen only (Fetch Metadata Request Headers, section 2).
    return "Sec-Fetch-Site" in request.headers and split_domain_port(request.get_host())[0] not in TO_LOCALHOST


def _by_https(request: HttpRequest) -> str:
    return f"https://{request.get_host()}{request.get_full_path()}"


def _brings_a_token(request: HttpRequest) -> bool:
    path = f"/{request.path_info.lstrip('/')}"
    if path == METRICS:
        return False  # its token is none of ours, and opens nothing else; it is asked for within a machine or a network
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
