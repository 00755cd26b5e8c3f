"""The wizard as an OAuth client of both sides: it knows a server, registers itself there, and turns codes into tokens.

Everything here is a call over HTTP, also where a side is this very server. Nothing that a peer says is shown to the
person as it came; sentences are ours.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from accounts.texts import kept_text
from accounts.web_address import WebAddress
from moves.peers.client import call
from moves.peers.closed import why_closed
from moves.peers.errors import MOVED_AWAY, PeerError, moved_to
from moves.wizard import addresses
from moves.wizard.journey import SCOPES, Ask, Role

LARGEST_WIZARD_ANSWER = 64 * 1024  # bytes
LONGEST_CREDENTIAL = 8_000  # characters of a token, a code or a secret
CALL_PATIENCE = 15.0  # seconds for one call, while somebody waits for a page
METADATA_PATIENCE = 5.0  # seconds for the call that most servers have no answer to
SOFTWARE = "org.wharf.move"
SOFTWARE_VERSION = "1"
CLIENT_NAME = kept_text("Move from %(host)s")

# Why a server can't be a side. They may be kept until the page looks again, in English.
SHUT = kept_text("%(host)s is shut just now, as a Cozy is while it takes an account in. Try again later.")
MOVED_SOMEWHERE = kept_text("%(host)s has moved. Look there with a browser where it is now, and give that address.")
MOVED_TO = kept_text("%(host)s has moved to %(there)s. Give that address.")
TOO_OFTEN = kept_text("%(host)s is asked too often just now. Try again in an hour.")
TAKES_NOBODY = kept_text("%(host)s doesn't take accounts in: it does not let this page ask for leave.")
LEAVE_IS_OVER = kept_text("%(host)s does not know this leave any more: it lives for an hour. Ask it again.")
ASK_AGAIN = kept_text("Ask it again.")
OTHER_LEAVE = kept_text("%(host)s gave leave for something else than a move. Tell the people who run it.")
UNUSABLE = kept_text("%(host)s answered something that can't be used. Tell the people who run it.")
NO_SERVER = kept_text("There is no server at %(host)s that accounts can move from or to.")
DID_YOU_MEAN = kept_text("Did you mean %(meant)s?")

_call = partial(call, most_bytes=LARGEST_WIZARD_ANSWER, deadline=CALL_PATIENCE)


class Unusable(Exception):
    """A server that can't be a side of a move, or not just now; the sentence, which pages translate, says why and what
    to do."""


@dataclass(frozen=True)
class PeerServer:
    """A server that answers. `ours` says that it speaks this product's dialect of the protocol, `says_issuer` that its
    answers say who gives them (RFC 9207): those of our kind do, and those whose metadata say so. A Cozy's don't."""

    url: str
    ours: bool
    says_issuer: bool


@dataclass(frozen=True)
class Client:
    """What a server calls the wizard after it registered (RFC 7591, section 3.2.1)."""

    client_id: str
    client_secret: str


def callback(role: Role, place: str) -> str:
    """Where a server sends the browser back to: for each question another address, which no other server was told."""
    return f"{settings.WHARF_BASE_URL}/callback/{role}/{place}"


def known(url: str) -> PeerServer:
    """The server at an origin, by its `/status`. Raises `Unusable`.

    Where calls are sent on to another origin, that one is it: from http to https, from www.example.org to example.org.
    """
    try:
        answer = _call("GET", f"{url}/status")
        said = answer.object
    except PeerError as error:
        raise Unusable(_not_there(url, error)) from error
    if urlsplit(answer.url).path != "/status":
        raise Unusable(_no_server(url))
    ours = said.get("name") == "Wharf"
    try:
        origin = addresses.origin(answer.url)
    except addresses.BadAddress as bad:
        raise Unusable(_no_server(url)) from bad
    if not ours:  # a whole Wharf does not move, only accounts of it
        _require_open(origin)
    return PeerServer(origin, ours, says_issuer=ours or _metadata_promise_issuer(origin))


def _require_open(origin: str) -> None:
    """Raises `Unusable` for a Cozy that has moved, or is shut: the person would find out there only."""
    closed = why_closed(origin, deadline=CALL_PATIENCE)
    if closed is None:
        return
    host = addresses.host(origin)
    if closed.status != MOVED_AWAY:
        raise Unusable(SHUT % {"host": host})
    there = WebAddress.read(moved_to(closed.status, closed.body))
    if there is None:
        raise Unusable(MOVED_SOMEWHERE % {"host": host})
    raise Unusable(MOVED_TO % {"host": host, "there": there.host})


def _metadata_promise_issuer(origin: str) -> bool:
    """Whether a server's metadata (RFC 8414) say that its answers name it (RFC 9207, section 3)."""
    try:
        said = _call("GET", f"{origin}/.well-known/oauth-authorization-server", deadline=METADATA_PATIENCE).object
    except PeerError:
        return False  # most have none
    return said.get("authorization_response_iss_parameter_supported") is True


def register(url: str, place: str) -> Client:
    """The wizard as a client of the target (`POST /auth/register`), for the question with this address. Raises
    `Unusable`."""
    wish = {
        "client_name": CLIENT_NAME % {"host": addresses.host(addresses.own_origin())},
        "client_kind": "web",
        "client_uri": settings.WHARF_BASE_URL,
        "redirect_uris": [callback("target", place)],
        "software_id": SOFTWARE,
        "software_version": SOFTWARE_VERSION,
    }
    host = addresses.host(url)
    try:
        answer = _call("POST", f"{url}/auth/register", json=wish)
        said = answer.object
    except PeerError as error:
        if error.status == 429:
            raise Unusable(TOO_OFTEN % {"host": host}) from error
        if error.status is not None and not error.temporary:
            raise Unusable(TAKES_NOBODY % {"host": host}) from error
        raise Unusable(error.sentence) from error
    return Client(_text(said, "client_id", host), _text(said, "client_secret", host))


def authorize_url(ask: Ask) -> str:
    """Where the browser goes to ask for the person's consent, with the state of the question."""
    query = {"state": ask.state, "redirect_uri": callback(ask.role, ask.place)}
    if not ask.client_id:
        return f"{ask.url}/move/authorize?{urlencode(query)}"
    return f"{ask.url}/auth/authorize/move?{urlencode({**query, 'client_id': ask.client_id})}"


def token(url: str, code: str, client: Client, role: Role, redirect_uri: str = "") -> tuple[str, str]:
    """The access token for a code, for the side of a move that `role` names, and the scope that is said of it
    (RFC 6749, section 4.1.3). `redirect_uri`: where the code was sent to. Raises `Unusable`."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        **({"redirect_uri": redirect_uri} if redirect_uri else {}),
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }
    host = addresses.host(url)
    try:
        answer = _call("POST", f"{url}/auth/access_token", form=form)
        said = answer.object
    except PeerError as error:
        if error.status is not None and not error.temporary:
            raise Unusable(LEAVE_IS_OVER % {"host": host}) from error
        raise Unusable(f"{error.sentence} {ASK_AGAIN}") from error
    scope = said.get("scope")
    scope = scope if isinstance(scope, str) and len(scope) <= LONGEST_CREDENTIAL else ""
    if scope and SCOPES[role] not in scope.split():
        raise Unusable(OTHER_LEAVE % {"host": host})
    return _text(said, "access_token", host), scope


def _text(said: dict[str, Any], name: str, host: str) -> str:
    """A field of an answer that must be there."""
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_CREDENTIAL or not value.isprintable():
        raise Unusable(UNUSABLE % {"host": host})
    return value


def _not_there(url: str, error: PeerError) -> str:
    """Why no server of this kind was found at an address."""
    if error.code == "malformed" or (error.status is not None and not error.temporary):
        return _no_server(url)
    return _hinted(url, error.sentence)


def _no_server(url: str) -> str:
    return _hinted(url, NO_SERVER % {"host": addresses.host(url)})


def _hinted(url: str, sentence: str) -> str:
    """The sentence; and where the address is that of an application of a Cozy, the one that may be meant."""
    meant = addresses.without_application(url)
    return f"{sentence} {DID_YOU_MEAN % {'meant': meant}}" if meant else sentence
