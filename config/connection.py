"""uvicorn's HTTP connection, with a bound for whatever it makes the server hold.

Everything is counted where the bytes come in. A request line and its headers have so many bytes, lines and seconds. No
next request is read while an answer is owed. Of a body no more is read than anybody may send, until the gate allows it
(config/gate.py); it comes at a minimum rate, also where it is thrown away. An answer is taken, piece by piece.
"""

import asyncio
from typing import Any

import httptools
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from accounts.network import network_of
from config.flow import (
    TAKEN_PIECES,
    UNSENT_WHEN_TAKEN,
    EndingTransport,
    HeldFlow,
    hold_unsent,
    set_up_kernel,
)
from config.incoming import INCOMING, IncomingRequest
from config.outgoing import left_over
from config.places import Places, places_of
from config.watch import ConnectionWatch, Stage

HEAD_PIECE = 16 * 1024  # bytes that are read at once where a head may be, and so of requests that come too early
CHUNKED_PIECE = 64 * 1024  # of a body in chunks, whose end is not known
EARLY_PIECE = 1024  # where a request is owed its answer
MOST_FRAMING = 8  # bytes around each byte of a body in chunks: a chunk of one byte has five
SMALL_PIECE = 16 * 1024  # bytes of a body below which pieces are gathered in place

END = b"\r\n\r\n"  # of a head, and of a body in chunks: behind nothing else another request begins


class HttpConnection(HttpToolsProtocol, asyncio.BufferedProtocol):
    """Reads one request after the other. What it reads is handed to the parser of httptools in pieces that end where a
    request may end."""

    places: Places
    address: str | None = None
    stage = Stage.IDLE
    unwritten = False  # the transport has more bytes than it may hold; a lost connection takes them along
    taken = 0  # times that it had, and all of them were taken
    incoming: IncomingRequest | None = None  # the body of the request, if it has one
    has_ended = False
    left_over: int | None = None  # bytes not acknowledged when it ended; None: the other side broke it off

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        set_up_kernel(transport)
        self.flow = HeldFlow(transport, self._is_held_back)
        self.places = places_of(self.server_state)
        self.address = self._own_address()
        self.since = self.loop.time()
        self.watch = ConnectionWatch(self, self.since)
        self._early = b""  # of requests that came before the answer to the one before them
        self._tail = b""  # the last bytes that the parser has: an end may begin in them
        self._left: int | None = 0  # bytes that are missing of a body; None for one in chunks
        self._head_size = 0
        self._framing = self._without_body = 0  # bytes around those of a body in chunks; the last of them in a row
        has_place = self.places.enter(self)
        self.is_crowded = not has_place
        if has_place is None:
            self.turn_away()
        elif self.places.stopping_since is not None:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.left_over = left_over(self.transport) if exc is None else None
        self.has_ended = True
        super().connection_lost(exc)
        self.places.leave(self)

    def pause_writing(self) -> None:
        self.unwritten = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self.unwritten = False
        self.watch.unread.has_drained = True
        self.taken += 1
        if self.taken == TAKEN_PIECES:
            hold_unsent(self.transport, UNSENT_WHEN_TAKEN)
        super().resume_writing()

    def _own_address(self) -> str | None:
        return network_of(self.client[0]) if self.client else None

    def look(self, now: float) -> None:
        """Ends what has been slow for too long. Called every second."""
        self.watch.look(now)

    def shutdown(self) -> None:
        """Called once when the server stops."""
        self.watch.stop(self.config.timeout_graceful_shutdown)

    # What comes in

    def get_buffer(self, sizehint: int) -> memoryview:
        """Returns where the next bytes go: no more of them than belong to what is read now, as far as that is known."""
        buffer = self.places.buffer
        if self.stage is Stage.BODY and self.incoming is not None:
            return buffer[: min(CHUNKED_PIECE if self._left is None else self._left, self.incoming.room)]
        if self.stage is Stage.REFUSED:
            return buffer
        return buffer[: EARLY_PIECE if self.stage is Stage.WHOLE else HEAD_PIECE]

    def buffer_updated(self, nbytes: int) -> None:
        """Takes bytes that have come into the buffer."""
        came = self.places.buffer[:nbytes]
        if self.stage is Stage.BODY and self._left is not None:
            self._take_of_body(came)
        elif self.stage is not Stage.REFUSED:
            self._take(bytes(came))

    def _take(self, came: bytes) -> None:
        """Hands on what may hold the end of a request, or several requests."""
        view, start = memoryview(came), 0
        while start < len(came) and self.stage is not Stage.REFUSED and not self.transport.is_closing():
            if self.stage is Stage.GONE:
                self.transport.get_protocol().data_received(came[start:])  # type: ignore[attr-defined]
                return
            if self.stage is Stage.WHOLE:
                self._early = came[start:]
                self.flow.pause_reading()
                return
            if self.stage is Stage.BODY and self._left is not None:
                stop = min(len(came), start + self._left)
                self._take_of_body(view[start:stop])
            else:
                stop = self._possible_end(came, start)
                self._take_piece(view[start:stop])
            start = stop

    def _possible_end(self, came: bytes, start: int) -> int:
        """Returns the position behind the next end of a head or of chunks, which may have begun in what came before."""
        if self._tail:
            tail, self._tail = self._tail, b""
            begun = (tail + came[start : start + 3]).find(END)
            if begun >= 0:
                return start + begun + len(END) - len(tail)
        found = came.find(END, start)
        if found >= 0:
            return found + len(END)
        self._tail = came[max(start, len(came) - 3) :]
        return len(came)

    def _take_piece(self, piece: memoryview) -> None:
        """Hands on a piece of a head, or of a body in chunks."""
        if self.stage is Stage.BODY and self.incoming is not None:
            before = self.incoming.received
            self.feed(piece)
            came = self.incoming.received - before
            self._framing += len(piece) - came
            self._without_body = 0 if came else self._without_body + len(piece)
            allowed = settings.WHARF_FRAMING_BYTES
            if self._without_body > allowed or self._framing > allowed + MOST_FRAMING * self.incoming.received:
                self.refuse(400, f"A body in chunks may have {allowed} bytes of extensions and trailers.")
            return
        if self.stage is Stage.IDLE:
            self.stage, self.since, self._head_size = Stage.HEAD, self.loop.time(), 0
        self._head_size += len(piece)
        if self._head_size > settings.WHARF_HEAD_BYTES:
            self.refuse(431, f"A request line and its headers have {settings.WHARF_HEAD_BYTES} bytes at most.")
        else:
            self.feed(piece)

    def _take_of_body(self, piece: memoryview) -> None:
        """Hands on a piece of a body whose length is known, or forgets it."""
        incoming = self.incoming
        assert incoming is not None  # noqa: S101
        assert self._left is not None  # noqa: S101
        self._left -= len(piece)
        incoming.received += len(piece)
        if not incoming.is_unwanted:
            self.feed(piece)
            if incoming.is_held_back:
                self.flow.pause_reading()
        elif not self._left:
            self.parser = httptools.HttpRequestParser(self)  # the old one still waits for what it was not given
            self.on_message_complete()

    def feed(self, piece: memoryview) -> None:
        """Gives it to the parser, whose errors are answered."""
        raise NotImplementedError

    def turn_away(self) -> None:
        """Answers that there is no place, without asking what for, and closes the connection at once."""
        raise NotImplementedError

    def refuse(self, status: int, sentence: str) -> None:
        """Answers what is no HTTP, or too much of it; then nothing is taken from this client any more."""
        raise NotImplementedError

    # What the parser says

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._left = self._framing = self._without_body = 0
        self.incoming = None

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.stage is Stage.BODY:
            return  # a trailer, which nobody asks for
        if len(self.headers) >= settings.WHARF_HEAD_LINES:
            raise TooManyHeadersError
        if b"_" in name:
            return  # for an application it has the name of the one with a hyphen (RFC 3875, section 4.1.18)
        super().on_header(name, value)
        name = self.headers[-1][0]
        if name == b"content-length":
            self._left = int(value)
        elif name == b"transfer-encoding":
            self._left = None

    def on_headers_complete(self) -> None:
        self.stage, self._tail = Stage.BODY, b""
        if self._left != 0:
            self.incoming = IncomingRequest(self._read_on)
            self.watch.looked = self.loop.time()
            scope: Any = self.scope
            scope[INCOMING] = self.incoming
        super().on_headers_complete()
        cycle: Any = self.cycle
        cycle.transport = EndingTransport(self.transport, self._end)
        self.places.is_owed(self)

    def on_body(self, body: bytes) -> None:
        """Takes a piece of a body; stops reading the socket where as much of it waits as may.

        Each stop costs two system calls and a turn of the loop, and uvicorn's limit of 64 KiB would stop at each piece.
        """
        incoming, cycle = self.incoming, self.cycle
        assert incoming is not None  # noqa: S101
        if self._left is None:
            incoming.received += len(body)
        if cycle.response_complete or incoming.is_unwanted:
            return
        if not cycle.body:
            cycle.body = body  # type: ignore[assignment]  # a copy less
        elif len(body) < SMALL_PIECE:
            if isinstance(cycle.body, bytes):
                cycle.body = bytearray(cycle.body)
            cycle.body += body
        else:
            cycle.body = cycle.body + body
        if len(cycle.body) > incoming.ahead or incoming.is_held_back:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._tail = b""
        if self.cycle.response_complete:
            self._wait_for_request()
        else:
            self.stage = Stage.WHOLE

    def on_response_complete(self) -> None:
        """Called when the last of an answer has been written. What still comes of its request is thrown away."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.places.is_idle(self)
        if self.stage is Stage.BODY and self.incoming is not None:
            self.incoming.throw_away()
        elif self.stage is Stage.WHOLE:
            self._wait_for_request()
        early, self._early = self._early, b""
        self.flow.resume_reading()
        if early:
            self._take(early)

    def _end(self) -> None:
        """Called by an answer after which nothing else is answered, when it is written."""
        if self.stage is Stage.BODY or self._early:
            self.linger()
        else:
            self.transport.close()

    def linger(self) -> None:
        """Ends this side of the connection. What still comes is read and forgotten for a while."""
        self.stage, self.since = Stage.REFUSED, self.loop.time()
        self._early = b""
        self.places.is_idle(self)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            try:
                self.transport.write_eof()
            except OSError:  # the other side has gone meanwhile, which the event loop has still to tell
                self.transport.close()

    def _wait_for_request(self) -> None:
        self.stage, self.since = Stage.IDLE, self.loop.time()

    def _is_held_back(self) -> bool:
        """Whether the socket must not be read, whoever asks for it."""
        if self.stage is Stage.WHOLE:
            return bool(self._early)
        return self.stage is Stage.BODY and self.incoming is not None and self.incoming.is_held_back

    def _read_on(self) -> None:
        self.flow.resume_reading()


class TooManyHeadersError(Exception):
    """A head has more lines than it may have."""
