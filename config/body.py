"""A request's body as the gate takes it from the server."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from config.incoming import INCOMING, IncomingRequest, Slowness

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

GIVEN_UP = 6  # seconds of slowness after which an upload yields its thread; exporters give up after 10


class IncomingBody:
    """A request's body as it comes.

    `whole`: its last byte is there. `ended`: whole, or no more will come. `gone`: the client has left.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._incoming: IncomingRequest | None = scope.get(INCOMING)
        self._held = bytearray()
        self._waiting: asyncio.Timeout | None = None  # while the client is waited for
        self._slowness = Slowness(GIVEN_UP * settings.WHARF_SLOWEST_BODY)
        self._cut = False
        self.whole = self.ended = self.gone = False
        if self._incoming is not None:
            self._incoming.on_cut = self.cut

    async def hold(self, size: int) -> None:
        """Waits until `size` bytes are held, or the body has ended."""
        while not self.ended and len(self._held) < size:
            self._held += await self._next()

    def held(self) -> bytes:
        """What is held, which is then the caller's."""
        held, self._held = bytes(self._held), bytearray()
        return held

    async def next(self) -> bytes:
        """What is held, or else the next bytes that come; empty at the end only."""
        if self._held:
            return self.held()
        while not self.ended:
            if chunk := await self._next():
                return chunk
        return b""

    def allow(self) -> None:
        """Its sender is known: all of it may come."""
        if self._incoming is not None:
            self._incoming.allow()

    async def drain(self) -> None:
        """Has what is left read and forgotten, and waits for its end."""
        self._held.clear()
        if self._incoming is not None and not self.ended:
            self._incoming.throw_away()
        while not self.ended:
            await self._next()

    @property
    def is_stopped(self) -> bool:
        """Whether it ends before its end since the server stops."""
        return not self.whole and self._incoming is not None and self._incoming.is_stopped

    def slow_for(self) -> float:
        """Seconds for which the client has been waited for, and brought less than a body must bring."""
        return self._slowness.seconds

    def cut(self) -> None:
        """Ends the body here: its sender is too slow, or has given up while somebody else waits for its thread."""
        self._cut = True
        if self._waiting is not None:
            self._waiting.reschedule(0)

    async def _next(self) -> bytes:
        message = await self._message()
        if message is None or message["type"] == "http.disconnect":
            self.ended = True
            self.gone = message is not None
            return b""
        self.whole = self.ended = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        self._slowness.end(len(body))
        return body

    async def _message(self) -> Message | None:
        """The server's next message, or None after a cut."""
        if self._cut:
            return None
        self._slowness.begin()
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await self._receive()
        except TimeoutError:
            return None
        finally:
            self._waiting = None


def without_body(receive: Receive) -> Receive:
    """A `receive` that passes over the body, which Django's ASGI handler would write to the disk, however large."""
    begun = False

    async def receive_end() -> Message:
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":
            pass
        return message

    return receive_end
