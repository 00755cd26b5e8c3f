"""Requests to another server that are written byte by byte: what they find out, a client's library hides."""

import re
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_bytes

import httpcore
from ssrfguard import SSRFGuardError

from accounts.web_address import WebAddress
from moves.peers.client import CONNECT
from moves.peers.connections import Patience, open_stream

ANNOUNCED_BODY = 16 * 1024 * 1024  # bytes of a body that is announced
BEGUN = 2 * 1024 * 1024  # bytes of it that are written before an answer is waited for
LARGEST_HEAD = 64 * 1024

# What is raised where a connection does not hold, or may not be made.
CONNECTION_BROKEN = (httpcore.NetworkError, httpcore.TimeoutException, SSRFGuardError)


def refused_upload(server: WebAddress, wait: float) -> tuple[bool, int]:
    """Sends an item with a large body and a token that is none. Returns whether the answer was there while the body was
    written, and its status: 0 if it got lost. `wait`: seconds for each read and write.

    Writes to the end without reading, as exporters do. Raises those of `CONNECTION_BROKEN`.
    """
    head = (
        f"POST /import/blobs HTTP/1.1\r\nHost: {server.authority}\r\nUser-Agent: Wharf\r\n"
        f"Authorization: Bearer none\r\nContent-Type: multipart/related; boundary=none\r\n"
        f"Content-Length: {ANNOUNCED_BODY}\r\nConnection: close\r\n\r\n"
    )
    with _connected(server, CONNECT + wait * 3) as stream:
        return _early(stream, head.encode(), wait)


def upgrade(server: WebAddress, wait: float) -> int:
    """Asks for the WebSocket that tells when an import has ended. Returns the status of the answer: 101 where it
    opens, 0 where there is none. `wait`: seconds for each read and write. Raises those of `CONNECTION_BROKEN`."""
    head = (
        f"GET /move/importing/realtime HTTP/1.1\r\nHost: {server.authority}\r\n"
        f"Origin: {server.origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {b64encode(token_bytes(16)).decode()}\r\n\r\n"
    )
    with _connected(server, CONNECT + wait) as stream:
        stream.write(head.encode(), wait)
        return _status_of(stream, wait)


@contextmanager
def _connected(server: WebAddress, seconds: float) -> Iterator[httpcore.NetworkStream]:
    """A connection for so many seconds in all."""
    patience = Patience()
    patience.within(seconds)
    stream = open_stream(server, connect=CONNECT, patience=patience)
    try:
        yield stream
    finally:
        stream.close()


def _early(stream: httpcore.NetworkStream, head: bytes, wait: float) -> tuple[bool, int]:
    """Returns what `refused_upload` does, of a request with this head."""
    piece = bytes(64 * 1024)
    written, early = 0, False
    try:
        stream.write(head, wait)
        while written < ANNOUNCED_BODY:
            stream.write(piece, wait)
            written += len(piece)
            if written == BEGUN:
                early = _is_readable_within(stream, wait)
    except (httpcore.WriteError, httpcore.WriteTimeout):
        early = early or _is_readable_within(stream, 0)  # closed after the answer: is it still to be read?
    try:
        return early, _status_of(stream, wait)
    except httpcore.ReadError:
        return early, 0


def _is_readable_within(stream: httpcore.NetworkStream, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not stream.get_extra_info("is_readable"):
        if time.monotonic() >= until:
            return False
        time.sleep(0.05)
    return True


def _status_of(stream: httpcore.NetworkStream, wait: float) -> int:
    """Returns the status of an answer; 0 where there is none."""
    head = b""
    while b"\r\n" not in head and len(head) < LARGEST_HEAD:
        piece = stream.read(4096, wait)
        if not piece:
            return 0
        head += piece
    found = re.match(rb"HTTP/1\.[01] (\d{3})[ \r]", head)
    return int(found[1]) if found else 0
