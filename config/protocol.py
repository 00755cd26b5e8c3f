"""uvicorn's HTTP protocol, but what is not HTTP is answered in JSON, who has stopped writing may still read, and an
application may ask whether what it has sent is written."""

import json

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER = 30  # seconds for which a refused client may go on writing before it reads
BODY_AHEAD = 512 * 1024  # bytes of a body that may wait before the socket is no longer read


class Outgoing:
    """What an application has sent on a connection, as `scope["extensions"]["wharf.outgoing"]`.

    uvicorn's `send` returns when the bytes are handed over; what the socket does not take then waits in memory.
    """

    def __init__(self, protocol: "HttpProtocol") -> None:
        self._protocol = protocol
        self._cycle = protocol.cycle  # of the request: another one may be read while it is answered
        self._asked = False

    @property
    def is_open(self) -> bool:
        """Whether what was sent just now has been handed over: to a connection that is lost nothing is."""
        return not self._protocol.transport.is_closing() and not self._cycle.disconnected

    @property
    def is_written(self) -> bool:
        """Whether the socket has taken everything that was handed over."""
        return not self._protocol.unwritten

    async def written(self) -> bool:
        """Waits until the socket has taken everything that was handed over. Returns False where the connection was
        lost before that."""
        if not self._asked:  # from now on whatever waits is told of, be it a byte
            self._protocol.transport.set_write_buffer_limits(high=0)
            self._asked = True
        await self._protocol.flow.drain()
        return self.is_written


class HttpProtocol(HttpToolsProtocol):
    """For `uvicorn --http config.protocol:HttpProtocol`."""

    refused = False  # a request was no HTTP: nothing after it is
    repeating = False  # the parser reads a head again
    unwritten = False  # the transport has more bytes than it may hold; a lost connection takes them along

    def pause_writing(self) -> None:
        self.unwritten = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self.unwritten = False
        super().resume_writing()

    def on_body(self, body: bytes) -> None:
        """Takes a piece of a body; stops reading the socket where more of it waits than uvicorn would let wait.

        Each stop costs two system calls and a turn of the loop, and uvicorn's limit of 64 KiB would stop at each piece.
        """
        if self.cycle.response_complete:
            return
        self.cycle.body = self.cycle.body + body if self.cycle.body else body  # type: ignore[assignment]  # a copy less
        if len(self.cycle.body) > BODY_AHEAD:
            self.flow.pause_reading()
        self.cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._go_on_without_upgrade(data[upgrade.args[0] :])

    def _should_upgrade(self) -> bool:
        """Whether the connection becomes a WebSocket: for a `GET` without a body, with no answer still on its way.

        Whatever else offers one is answered as if it had not (RFC 9110, section 7.8).
        """
        if self.scope["method"] != "GET" or (self.cycle is not None and not self.cycle.response_complete):
            return False
        framed = any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        return not framed and super()._should_upgrade()

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Reads the body of a request that offered another protocol (RFC 9110, section 7.8), as Java's client does.

        The parser has stopped there, for the connection might have changed its language. Another one is told how long
        the body is, and reads on.
        """
        framing = [(name, value) for name, value in self.headers if name in (b"content-length", b"transfer-encoding")]
        self.parser = httptools.HttpRequestParser(self)
        self.repeating = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(b"%s: %s\r\n" % line for line in framing))
        self.repeating = False
        if rest:
            self.data_received(rest)

    def on_message_begin(self) -> None:
        if not self.repeating:
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self.repeating:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.repeating:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.repeating:
            super().on_headers_complete()
            if self.cycle is not None and self.cycle.scope is self.scope:
                self.scope["extensions"] = {"wharf.outgoing": Outgoing(self)}  # type: ignore[dict-item]

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers a request that can't be parsed in the form that exporters read.

        What still comes is read and forgotten: a connection that is closed on a client that writes loses the answer.
        A request before it is answered first, and then nothing else is: it was too long for its Content-Length.
        """
        self.refused = True
        self.flow.resume_reading()
        self.loop.call_later(LINGER, self.transport.close)
        if self._is_another_answered():
            return
        body = json.dumps({"error": "invalid_request", "error_description": msg}).encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )

    def _is_another_answered(self) -> bool:
        """Whether there is an answer on its way already. A request whose own body is at fault gets none of its own."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        if not self.cycle.more_body:
            return True
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return self.cycle.response_started

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keeps a connection whose client has closed its writing side after a whole request, until it is answered."""
        waiting = self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete
        if waiting:
            self.cycle.keep_alive = False
        return waiting
