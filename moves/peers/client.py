"""Every call to an address that somebody gave us: links of archives, wizards, the other side of a move."""

import json as json_
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings

from accounts import strict_json
from accounts.texts import kept_text
from moves.peers import asking
from moves.peers.connections import Peer
from moves.peers.errors import PeerError, host_of, refused, told
from moves.peers.site import site_of

CONNECT = 10.0  # seconds until a connection must stand, TLS included
LARGEST_ANSWER = 1024 * 1024  # of an answer
NO_JSON = kept_text("%(host)s did not answer in JSON.")
NO_OBJECT = kept_text("%(host)s answered in JSON, but not with an object.")
COMPRESSED = kept_text("%(host)s answers compressed (%(encoding)s), although it was asked not to.")
TOO_LARGE = kept_text("%(host)s answers with more than %(most)s bytes.", measures={"most"})


@dataclass(frozen=True)
class PeerAnswer:
    """A success: 2xx. `url` is where it came from in the end."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str

    @property
    def json(self) -> Any:
        """The body as JSON. Raises `PeerError`."""
        try:
            return strict_json.loads(self.body.decode())
        except (ValueError, RecursionError) as error:
            sentence = NO_JSON % {"host": host_of(self.url)}
            raise PeerError("malformed", sentence, status=self.status) from error

    @property
    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `PeerError`."""
        body = self.json
        if not isinstance(body, dict):
            raise PeerError("malformed", NO_OBJECT % {"host": host_of(self.url)})
        return body


def client(*, connect: float = CONNECT, silence: float | None = None, deadline: float | None = None) -> Peer:
    """An `httpx.Client` that connects to public addresses and trusted networks only, on every hop; a context manager.

    `connect`: seconds for a connection; `silence`: seconds without a byte, either way, after which it is cut (default:
    `WHARF_PEER_SILENCE`); `deadline`: seconds for everything that it does together, if any. What it raises is made a
    `PeerError` by `moves.peers.errors.told`.
    """
    peer = Peer(connect=connect, silence=settings.WHARF_PEER_SILENCE if silence is None else silence)
    if deadline is not None:
        peer.patience.within(deadline)
    return peer


def call(
    method: str,
    url: str,
    *,
    token: str = "",
    json: Any = None,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    accept: str = "application/json",
    content_type: str = "application/json",
    follow: bool | None = None,
    most_bytes: int = LARGEST_ANSWER,
    deadline: float = 30.0,
) -> PeerAnswer:
    """One small call, and the whole answer.

    `json`, `content` or `form` is the body, `content_type` that of the first two. `token` is sent as a bearer token,
    and to no other origin. Redirects are followed by GET and HEAD, by others only where `follow` says so: then a 303
    becomes a GET (RFC 9110, section 15.4). At most `most_bytes` of an answer are taken, and `deadline` seconds for
    everything together, or as long as the request waits that makes it. Raises `PeerError`, also for every answer other
    than 2xx, and `NoPlace` (`moves/peers/asking.py`).
    """
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
    body: dict[str, Any] = {}
    if json is not None:
        content = json_.dumps(json, ensure_ascii=False).encode()
    if content is not None:
        body["content"] = content
        headers["Content-Type"] = content_type
    elif form is not None:
        body["data"] = dict(form)
    following = method in ("GET", "HEAD") if follow is None else follow
    with (
        asking.place_for(site_of(url)),
        told(url),
        client(silence=deadline, deadline=deadline) as peer,
        peer.stream(method, url, headers=headers, follow_redirects=following, **body) as response,
    ):
        return _answer(response, most_bytes)


def _answer(response: httpx.Response, most_bytes: int) -> PeerAnswer:
    host = host_of(str(response.url))
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity" and response.is_success and response.status_code != 204:
        sentence = COMPRESSED % {"host": host, "encoding": encoding}
        raise PeerError("malformed", sentence, arrived=True)
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > most_bytes:
            if not response.is_success:
                break  # what it says of the error needs no more
            raise PeerError("too_large", TOO_LARGE % {"host": host, "most": most_bytes}, arrived=True)
    if not response.is_success:
        raise refused(response, bytes(body))
    return PeerAnswer(response.status_code, response.headers, bytes(body), str(response.url))
