"""What can go wrong with a call to another server, each with a code and a sentence for the person who must act.

Sentences are English, for they may be written down; pages and mails show them in the reader's language
(`accounts.texts.translated`).
"""

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import httpx
from ssrfguard import BlockedAddressError, BlockedURLError, SSRFGuardError, TooManyRedirectsError

from accounts import strict_json
from accounts.texts import kept_text
from accounts.web_address import WebAddress
from importers.text import keepable

log = logging.getLogger("wharf.peers")

# One sentence, whyever: which names and addresses there are behind this server is nobody's business.
CANT_BE_CALLED = kept_text(
    "This address can't be called: there is no such server, or it is not public. It must begin with http:// or "
    "https://, and have no user name or password in it. Check the spelling, and copy it again, whole. If it is a "
    "server in a private network, ask the operator of this one to allow it."
)
LONGEST_SHOWN = 200  # characters of what another server says
MOVED_AWAY = 410  # the status of a Cozy that has moved, to programs and to people
MOVED = "moved"  # the code of a 410 of a Cozy that has moved
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses after which the same call may well succeed


class PeerError(Exception):
    """A call that did not succeed.

    `code`: `bad_address`, `address_refused`, `unreachable`, `tls`, `timed_out`, `broken`, `redirected`, `too_large`,
    `malformed` or `refused`. `temporary`: the same call may succeed later. `arrived`: it may have reached the server,
    so that nobody knows by this alone what that has made of it. `status`, `location` and `body` are those of the
    answer where there was one. The sentence names the host and never the whole address, which may be a secret.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        temporary: bool = False,
        status: int | None = None,
        location: str = "",
        body: bytes = b"",
        arrived: bool | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.temporary = temporary
        self.status = status
        self.location = location
        self.body = body
        self.arrived = status is not None if arrived is None else arrived


def first_error(body: bytes) -> dict[str, Any]:
    """What another server says of why it refused, where it is one that gives reasons (JSON:API)."""
    try:
        found = (strict_json.object_in(body) or {})["errors"][0]
    except (KeyError, IndexError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def moved_to(status: int | None, body: bytes) -> str:
    """Where an account has moved to of which the other server says so (410 `moved`), as a Cozy answers from then on;
    empty where it doesn't."""
    said = first_error(body) if status == MOVED_AWAY else {}
    links = said.get("links")
    related = links.get("related") if isinstance(links, dict) else None
    return related if said.get("code") == MOVED and isinstance(related, str) else ""


def host_of(url: str) -> str:
    """Host and port of an address, for sentences and logs."""
    address = WebAddress.parse(url)
    return address.authority if address else "that server"


@contextmanager
def told(url: str) -> Iterator[None]:
    """What the HTTP client raises inside comes out as a `PeerError`.

    Nothing is chained: what the libraries raise may quote the address.
    """
    try:
        yield
    except SSRFGuardError as refused:
        raise _guarded(refused, host_of(url)) from None
    except httpx.HTTPError as failed:
        raise _failed(failed, _last_host(failed, url)) from None
    except (httpx.InvalidURL, UnicodeError):  # the latter for names that no letters of a language can be
        raise PeerError("bad_address", CANT_BE_CALLED) from None


def refused(answer: httpx.Response, body: bytes = b"") -> PeerError:
    """The error of an answer that is not a success."""
    host, status = host_of(str(answer.url)), answer.status_code
    if answer.is_redirect:
        sentence = SENT_ON % {"host": host, "status": status}
        return PeerError("redirected", sentence, status=status, location=answer.headers["Location"], body=body)
    words = ANSWERED.get(status) or (HAS_PROBLEM if status >= 500 else REFUSED)
    if status == 401 and "Authorization" not in answer.request.headers:
        words = LETS_NOBODY_IN
    there = keepable(moved_to(status, body))[:LONGEST_SHOWN]
    sentence = HAS_MOVED % {"host": host, "there": there} if there else words % {"host": host, "status": status}
    return PeerError("refused", sentence, temporary=status in RETRYABLE, status=status, body=body)


HAS_MOVED = kept_text("%(host)s has moved to %(there)s.")
SENT_ON = kept_text("%(host)s sends the call on to another address instead of answering it (%(status)s).")
SENT_ON_AND_ON = kept_text("%(host)s sends each call on to another address, %(times)s times and more.")
HAS_PROBLEM = kept_text("%(host)s answered %(status)s: it has a problem of its own.")
REFUSED = kept_text("%(host)s answered %(status)s: it refused.")
LETS_NOBODY_IN = kept_text(
    "%(host)s answered %(status)s: it lets nobody in without a token, or does not know this address."
)
NO_ROOM = kept_text("%(host)s answered %(status)s: there is not enough room.")
ANSWERED = {
    400: kept_text("%(host)s answered %(status)s: it did not understand the call."),
    401: kept_text(
        "%(host)s answered %(status)s: it does not accept the token; begin again, so that it gives a new one."
    ),
    403: kept_text("%(host)s answered %(status)s: it does not allow this."),
    404: kept_text("%(host)s answered %(status)s: there is nothing at this address, or not any more."),
    409: kept_text("%(host)s answered %(status)s: something else is under way there; wait until it has ended."),
    410: kept_text("%(host)s answered %(status)s: what was there has moved, or is gone."),
    412: kept_text("%(host)s answered %(status)s: it found no archive."),
    413: NO_ROOM,
    422: kept_text("%(host)s answered %(status)s: it can't use what it was sent."),
    429: kept_text("%(host)s answered %(status)s: too many calls; wait a while."),
    502: kept_text("%(host)s answered %(status)s: the server behind it does not run."),
    503: kept_text("%(host)s answered %(status)s: it is not available right now."),
    504: kept_text("%(host)s answered %(status)s: the server behind it took too long."),
    507: NO_ROOM,
}
NOT_LOOKED_UP = kept_text("The name %(name)s could not be looked up just now.")
BAD_CERTIFICATE = kept_text("The certificate of %(host)s is not good (%(why)s). Its operator has to correct it.")
NO_SECURE_CONNECTION = kept_text(
    "%(host)s has no secure connection. If it is a test server without one, type http:// before its name."
)
DOES_NOT_ANSWER = kept_text("%(host)s does not answer. Is it running, and does a firewall let this server through?")
TOOK_TOO_LONG = kept_text("%(host)s took too long to answer.")
NOTHING_LISTENS = kept_text("Nothing listens at %(host)s. Is it running, and is the port right?")
NOT_IN_HTTP = kept_text("%(host)s does not answer in HTTP.")
CONNECTION_BROKE = kept_text("The connection to %(host)s broke.")


def _guarded(refused: SSRFGuardError, host: str) -> PeerError:
    if isinstance(refused, TooManyRedirectsError):
        return PeerError("redirected", SENT_ON_AND_ON % {"host": host, "times": refused.limit})
    if isinstance(refused, BlockedAddressError):
        return _not_public(refused.address, host)
    if isinstance(refused, BlockedURLError) and (address := _literal_address(refused.url)):
        return _not_public(address, host)
    return PeerError("bad_address", CANT_BE_CALLED)


def _not_public(address: str, host: str) -> PeerError:
    log.warning(
        "a server was not called, since its address is not public; WHARF_TRUSTED_NETWORKS can allow it",
        extra={"host": host, "address": address},
    )
    return PeerError("address_refused", CANT_BE_CALLED)


def _literal_address(url: str) -> str:
    """The host of an address where it is no name; empty where something else is wrong with it."""
    address = WebAddress.parse(url)
    if address is None or address.has_user:
        return ""
    try:
        return str(ip_address(address.hostname))
    except ValueError:
        return ""


def _failed(failed: httpx.HTTPError, host: str) -> PeerError:
    causes = list(_causes(failed))
    name = host.partition(":")[0]
    if unknown := next((one for one in causes if isinstance(one, socket.gaierror)), None):
        if unknown.errno == socket.EAI_AGAIN:
            return PeerError("unreachable", NOT_LOOKED_UP % {"name": name}, temporary=True)
        # A name server that has trouble says the same as one that knows no such name, so it is worth another try.
        return PeerError("unreachable", CANT_BE_CALLED, temporary=True)
    if bad := next((one for one in causes if isinstance(one, ssl.SSLCertVerificationError)), None):
        return PeerError("tls", BAD_CERTIFICATE % {"host": host, "why": bad.verify_message})
    if isinstance(failed, httpx.ConnectError) and any(_is_no_tls(one) for one in causes):
        return PeerError("tls", NO_SECURE_CONNECTION % {"host": host})
    if isinstance(failed, httpx.ConnectTimeout | httpx.PoolTimeout):
        return PeerError("timed_out", DOES_NOT_ANSWER % {"host": host}, temporary=True)
    if isinstance(failed, httpx.TimeoutException):
        return PeerError("timed_out", TOOK_TOO_LONG % {"host": host}, temporary=True, arrived=True)
    if isinstance(failed, httpx.ConnectError):
        return PeerError("unreachable", NOTHING_LISTENS % {"host": host}, temporary=True)
    if isinstance(failed, httpx.UnsupportedProtocol):
        return PeerError("bad_address", CANT_BE_CALLED)
    if isinstance(failed, httpx.RemoteProtocolError) and not any(word in str(failed) for word in _CLOSED):
        return PeerError("malformed", NOT_IN_HTTP % {"host": host}, arrived=True)
    return PeerError("broken", CONNECTION_BROKE % {"host": host}, temporary=True, arrived=True)


def _is_no_tls(cause: BaseException) -> bool:
    """A hand-shake that failed, and not because the connection broke."""
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError)


_CLOSED = ("disconnected", "closed")  # of what the HTTP library says when a connection ended too early


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _last_host(failed: httpx.HTTPError, url: str) -> str:
    """The host that failed, which after a redirect is not the one of the call."""
    try:
        return host_of(str(failed.request.url))
    except RuntimeError:  # it failed before there was a request
        return host_of(url)
