"""uvicorn's WebSocket, which has a place like any other connection, and says and hears no more than it may."""

import asyncio
from typing import Any

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from config.places import Places, reset
from config.watch import UnreadAnswer

PIECE = 4 * 1024  # bytes of frames that are read at once: so many of the smallest are soon done with


class WebSocketProtocol(WebSocketsSansIOProtocol, asyncio.BufferedProtocol):
    """Takes over the connection of a request that asked for it."""

    places: Places
    address: str | None

    def connection_made(self, transport: Any) -> None:
        before = transport.get_protocol()
        super().connection_made(transport)
        self.places, self.address = before.places, before.address
        self._lent, before.lent = before.lent, None
        self._unread = UnreadAnswer()
        self._used = self.loop.time()
        self.places.becomes(before, self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.places.leave(self)
        if self._lent is not None:
            self.places.give_back(self._lent)
        super().connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Returns where the next bytes go."""
        return self.places.buffer[:PIECE]

    def buffer_updated(self, nbytes: int) -> None:
        """Takes bytes that have come into the buffer."""
        self.data_received(bytes(self.places.buffer[:nbytes]))

    def pause_writing(self) -> None:
        """Hears nothing either from a client that does not listen: each ping is answered."""
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread.has_drained = True
        if not self.read_paused:
            self.transport.resume_reading()

    def send_receive_event_to_app(self) -> None:
        self._used = self.loop.time()
        super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        self._used = self.loop.time()
        await super().send(message)

    async def receive(self) -> Any:
        message = await super().receive()
        if not self.writable.is_set():
            self.transport.pause_reading()
        return message

    def data_received(self, data: bytes) -> None:
        """Takes frames; the request comes first, once more, and is answered if it can't be read as one for this."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.transport.close()

    def turn_away(self) -> None:
        """Closes it; it has a place, so nobody asks for this."""
        self.transport.abort()

    def look(self, now: float) -> None:
        """Ends a connection that nothing is said on, or whose client does not listen."""
        if now - self._used > settings.WHARF_IDLE_SOCKET:
            self.shutdown()
        if self._unread.is_stuck(self.transport.get_write_buffer_size(), now):
            reset(self.transport)
