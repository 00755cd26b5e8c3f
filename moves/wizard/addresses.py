"""What people type as the address of a server, and the origin that is meant."""

import re
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from accounts.texts import kept_text
from accounts.web_address import LONGEST_ADDRESS, USUAL_PORTS, WebAddress

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
# Where a Cozy serves its applications: ada-drive.example.org, or drive.ada.example.org.
_APPLICATION = re.compile(
    r"(?:(?P<nested>home|drive|photos|settings|contacts|notes|passwords|store)\.(?P<rest>[^.]+\..+)"
    r"|(?P<name>[^.]+)-(?P<flat>home|drive|photos|settings|contacts|notes|passwords|store)\.(?P<domain>.+))"
)
EXAMPLE = kept_text("It looks like example.org or NAME.mycozy.cloud.")
TYPE_IT = kept_text("Type the address of the server.")
NO_ADDRESS = kept_text("That is no address of a server.")
OTHER_SCHEME = kept_text("An address that begins with %(scheme)s:// can't be used.")
OF_MAIL = kept_text("That looks like an e-mail address. Type the address of the server.")
NOT_WHOLE = kept_text("“%(address)s” is not the whole address.")
IS_NONE = kept_text("“%(address)s” is no address of a server.")


class BadAddress(ValueError):
    """What was typed is no address of a server; the sentence, which pages translate, says what to type instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"{sentence} {EXAMPLE}")


def origin(typed: str) -> str:
    """`https://example.org` of `example.org`, `Example.org/some/page` or `https://example.org:443/#/files`.

    Without a scheme https is meant, or http for this computer. A server in production talks to no other without TLS:
    there http:// is taken as https://. Raises `BadAddress`.
    """
    text = typed.strip().strip("<>\"'").lstrip("/")
    if not text:
        raise BadAddress(TYPE_IT)
    if len(text) > LONGEST_ADDRESS or any(letter.isspace() or not letter.isprintable() for letter in text):
        raise BadAddress(NO_ADDRESS)
    named = _SCHEME.match(text)
    scheme = named[1].lower() if named else ""
    if scheme not in ("", "http", "https"):
        raise BadAddress(OTHER_SCHEME % {"scheme": scheme})
    rest = text[named.end() :] if named else text
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise BadAddress(OF_MAIL)
    host, port = _host_and_port(authority)
    if "." not in host and host not in LOOPBACK_NAMES and not host.startswith("[") and not scheme and port is None:
        raise BadAddress(NOT_WHOLE % {"address": authority})
    return _as_ours(scheme, host, port) or _written(scheme or _usual_scheme(host), host, port)


def own_origin() -> str:
    """The origin of this server."""
    return WebAddress.of(settings.WHARF_BASE_URL).origin


def host(url: str) -> str:
    """How an origin is called on pages: its host, with the port if that is not the usual one."""
    return WebAddress.of(url).host


def without_application(url: str) -> str:
    """The Cozy whose application may live at this origin, or nothing."""
    found = _APPLICATION.fullmatch(host(url))
    if not found:
        return ""
    return found["rest"] if found["nested"] else f"{found['name']}.{found['domain']}"


def _host_and_port(authority: str) -> tuple[str, int | None]:
    """Host in ASCII and lower case (an IPv6 address in brackets), and the port that is written."""
    try:
        parts = urlsplit(f"//{authority}")
        port = parts.port
        found = httpx.URL(scheme="https", host=(parts.hostname or "").rstrip(".")).raw_host.decode("ascii")
    except (ValueError, httpx.InvalidURL) as error:
        raise BadAddress(IS_NONE % {"address": authority}) from error
    if ":" in found:
        return f"[{found}]", port
    if len(found) > 253 or port == 0 or not all(_LABEL.fullmatch(label) for label in found.split(".")):
        raise BadAddress(IS_NONE % {"address": authority})
    return found, port


def _as_ours(scheme: str, host: str, port: int | None) -> str:
    """This server's own origin, where one of its names on this computer was typed; otherwise nothing."""
    own = WebAddress.of(settings.WHARF_BASE_URL)
    own_host, _ = _host_and_port(own.authority)
    same_name = host == own_host or {host, own_host} <= LOOPBACK_NAMES
    there = port or USUAL_PORTS[scheme or own.scheme]
    return own.origin if same_name and there == own.port_called else ""


def _usual_scheme(host: str) -> str:
    return "http" if host in LOOPBACK_NAMES else "https"


def _written(scheme: str, host: str, port: int | None) -> str:
    secure = "https" if settings.PRODUCTION else scheme
    written = None if port in (USUAL_PORTS[scheme], USUAL_PORTS[secure]) else port
    return f"{secure}://{host}" + (f":{written}" if written else "")
