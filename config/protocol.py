"""What answers on a connection before the application does, and that every request gets an answer.

What is not HTTP is answered in JSON, and who has stopped writing may still read. Where no place is left, the state of
the server is told, and to all else that it is busy.
"""

import asyncio
import json
import logging
import os
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from accounts.network import network_of
from config.connection import HttpConnection, TooManyHeadersError
from config.outgoing import Outgoing
from config.watch import Stage
from config.websocket import WebSocketProtocol

log = logging.getLogger("wharf.protocol")

STATUS_PATH = b"/status"
FORWARDED_PROTO, UNTRUSTED_PROTO = b"x-forwarded-proto", b"x-untrusted-proto"
BUSY = "This server is busy. Please try again."
READ_BEFORE = 64 * 1024  # bytes of a request that nobody looks at
RETRY_AFTER = 5  # seconds
CODES = {
    408: "request_timeout",
    431: "request_header_fields_too_large",
    503: "temporarily_unavailable",
}


class HttpProtocol(HttpConnection):
    """For `uvicorn --http config.protocol:HttpProtocol`."""

    is_repeating = False  # the parser reads a head again
    lent: str | None = None  # the address behind a proxy in whose share the request counts

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._application = ended_in_one_line(self.app)
        self.ws_protocol_class = WebSocketProtocol
        self._trusted = _trusted(str(self.config.forwarded_allow_ips)) if self.config.proxy_headers else None

    def feed(self, piece: memoryview) -> None:
        try:
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade:
                self._upgrade()
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, RefusedHeadError):
                self.refuse(error.__context__.status, error.__context__.sentence)
            elif isinstance(error.__context__, TooManyHeadersError):
                self.refuse(431, "A request has too many headers.")
            else:
                self.refuse(400, "Invalid HTTP request received.")

    def _upgrade(self) -> None:
        """Answers an offer of another protocol, at which the parser has stopped."""
        if not self._should_upgrade():
            self._go_on_without_upgrade()
        elif self.is_crowded or not self.places.takes_websockets:
            self.refuse(503, BUSY)
        else:
            self.stage = Stage.GONE
            self.handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        """Whether the connection becomes a WebSocket: for a `GET` without a body.

        Whatever else offers one is answered as if it had not (RFC 9110, section 7.8).
        """
        return self.scope["method"] == "GET" and self._left == 0 and super()._should_upgrade()

    def _go_on_without_upgrade(self) -> None:
        """Reads the body of a request that offered another protocol (RFC 9110, section 7.8), as Java's client does.

        Another parser is told how long the body is, and reads on.
        """
        framing = [(name, value) for name, value in self.headers if name in (b"content-length", b"transfer-encoding")]
        self.parser = httptools.HttpRequestParser(self)
        self.is_repeating = True
        try:
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(b"%s: %s\r\n" % line for line in framing))
        finally:
            self.is_repeating = False

    def on_message_begin(self) -> None:
        if not self.is_repeating:
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self.is_repeating:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.is_repeating:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.is_repeating:
            return
        if (fault := self._fault()) is not None:
            raise RefusedHeadError(*fault)
        if self.parser.should_upgrade() and self._is_websocket():
            self.stage = Stage.BODY
            return
        if not self._is_proxy():
            self.headers[:] = [
                (UNTRUSTED_PROTO if name == FORWARDED_PROTO else name, value) for name, value in self.headers
            ]
        is_busy = self._is_busy() and (self._left != 0 or self.url.partition(b"?")[0] != STATUS_PATH)
        self.app = busy if is_busy else self._application
        super().on_headers_complete()
        self.scope["extensions"] = {"wharf.outgoing": Outgoing(self)}  # type: ignore[dict-item]
        if self.is_crowded:
            self.cycle.keep_alive = False

    def _fault(self) -> tuple[int, str] | None:
        """Returns the status and the sentence for a head that is answered without asking an application."""
        method = self.parser.get_method()
        hosts = sum(name == b"host" for name, _ in self.headers)
        codings = b",".join(value.lower() for name, value in self.headers if name == b"transfer-encoding").split(b",")
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            return 400, "A request has one Host (RFC 9112, section 3.2)."
        if len(codings) > 1 and codings[-1].strip() == b"chunked":  # where another one is the last, it is no HTTP: 400
            return 400, "A body may come in chunks, and in no other transfer coding (RFC 9112, section 6.1)."
        if method == b"GET" and self._left != 0 and self.parser.should_upgrade() and super()._should_upgrade():
            return 400, "A WebSocket's handshake has no body."
        return None

    def _is_websocket(self) -> bool:
        self.scope["method"] = self.parser.get_method().decode("ascii")
        return self._should_upgrade()

    def _is_busy(self) -> bool:
        """Whether there is no place for this request, or its address has no share left."""
        if self._trusted is None or not self._is_proxy():
            return self.is_crowded
        forwarded = b", ".join(value for name, value in self.headers if name == b"x-forwarded-for")
        host = self._trusted.get_trusted_client_address(forwarded.decode("latin-1"))[0] if forwarded else ""
        if not host:
            return self.is_crowded
        self.lent = network_of(host)
        return not self.places.lend(self.lent) or self.is_crowded

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._give_back()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._give_back()
        super().connection_lost(exc)

    def _give_back(self) -> None:
        if self.lent is not None:
            self.places.give_back(self.lent)
            self.lent = None

    def _own_address(self) -> str | None:
        """Returns None for a proxy: its requests count for whom it asks."""
        return None if self._is_proxy() else super()._own_address()

    def _is_proxy(self) -> bool:
        """Whether the other side is one of the proxies that are believed. What any other says of how a request came
        gets another name, so that nothing takes it for true, and it can still be seen that something is in front."""
        return self._trusted is not None and (self.client[0] if self.client else None) in self._trusted

    def refuse(self, status: int, sentence: str) -> None:
        """Answers in the form that exporters read, and says that nothing else will be answered.

        What still comes is read and forgotten for a while: a connection that is closed on a client that writes loses
        the answer.
        """
        self._give_back()
        is_half_answered = False
        if self.cycle is not None and not self.cycle.response_complete:  # it is this request's body that is at fault
            is_half_answered = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not is_half_answered:
            self.transport.write(_answer(status, sentence))
        self.linger()

    def turn_away(self) -> None:
        """Answers at once. What is there of the request is read before: a close would take the answer along."""
        if self.stage is Stage.REFUSED:
            self.transport.abort()
            return
        self.stage = Stage.REFUSED
        with suppress(OSError):
            os.read(self.transport.get_extra_info("socket").fileno(), READ_BEFORE)
        self.transport.write(_answer(503, BUSY))
        self.transport.close()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keeps a connection whose client has closed its writing side after a whole request, until it is answered."""
        waiting = self.stage is Stage.WHOLE
        if waiting:
            self.cycle.keep_alive = False
        return waiting


class RefusedHeadError(Exception):
    """A head that is answered as it stands."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@cache
def _trusted(hosts: str) -> Any:
    """Returns the proxies that are trusted, as uvicorn reads them."""
    return ProxyHeadersMiddleware(busy, trusted_hosts=hosts).trusted_hosts


def _error(status: int, sentence: str) -> bytes:
    return json.dumps({"error": CODES.get(status, "invalid_request"), "error_description": sentence}).encode()


def _answer(status: int, sentence: str) -> bytes:
    body = _error(status, sentence)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: application/json", "Connection: close"]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        lines.append(f"Retry-After: {RETRY_AFTER}")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def ended_in_one_line(application: Any) -> Any:
    """Returns an ASGI application that has ended where the server breaks it off, at the very end of a stop: its client
    has been told by then, and the log needs no traceback."""

    async def until_broken_off(scope: Any, receive: Any, send: Any) -> None:
        try:
            await application(scope, receive, send)
        except asyncio.CancelledError:
            log.warning("a request was broken off, since the server stops")

    return until_broken_off


async def busy(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that answers 503 to everything, and reads nothing."""
    body = _error(503, BUSY)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"%d" % RETRY_AFTER),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
