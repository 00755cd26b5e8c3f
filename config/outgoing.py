"""What an application has sent: an application may ask how much of it has arrived."""

import asyncio
import time
from typing import Any, Protocol

from django.conf import settings

from config.acknowledged import is_reset, unacknowledged
from importers.content.outgoing import LARGEST_CHUNK

FIRST_LOOK, LONGEST_LOOK = 0.001, 0.05  # seconds between two looks at what is acknowledged
FIRST_CHUNK = 256 * 1024  # bytes
QUICK = 1024 * 1024  # bytes a second at which a chunk is taken by whoever is quick
QUICK_CHUNKS = 4  # in a row, after which a reader counts as such: the kernel takes the first ones from anybody


class SendingConnection(Protocol):
    """The connection that it is sent on. `unwritten`: the transport has more bytes than it may hold; `left_over`: how
    many bytes were not acknowledged when it ended, None where the other side broke it off."""

    transport: asyncio.Transport
    cycle: Any
    flow: Any
    unwritten: bool
    left_over: int | None
    has_ended: bool


class Outgoing:
    """What an application has sent on a connection, as `scope["extensions"]["wharf.outgoing"]`.

    uvicorn's `send` returns when the bytes are handed over; what the socket does not take then waits in memory, and
    what it has taken in the kernel's queue, until the other side acknowledges it.
    """

    def __init__(self, connection: SendingConnection) -> None:
        self._connection = connection
        self._cycle = connection.cycle  # of the request: another one may be read while it is answered
        self._asked = False
        self._quick = 0  # chunks that were taken quickly, in a row

    @property
    def chunk(self) -> int:
        """How many bytes to read next, to be sent together. They stay in memory until the socket takes them: so who
        has not taken much yet, or takes it slowly, is read little."""
        return LARGEST_CHUNK if self._quick >= QUICK_CHUNKS else FIRST_CHUNK

    async def taken(self, size: int) -> bool:
        """Waits until the socket has taken a chunk of `size` bytes that was handed over just now. Returns False where
        the connection was lost before that."""
        began = time.monotonic()
        is_written = await self.written()
        self._quick = self._quick + 1 if (time.monotonic() - began) * QUICK <= size else 0
        return is_written

    @property
    def is_open(self) -> bool:
        """Whether what was sent just now has been handed over: to a connection that is lost nothing is."""
        return not self._connection.transport.is_closing() and not self._cycle.disconnected

    @property
    def unacknowledged(self) -> int | None:
        """How many of the bytes that were handed over the other side's TCP has not acknowledged, or had not when this
        server closed the connection. None where the other side broke it off: what its TCP had acknowledged may have
        been thrown away."""
        connection = self._connection
        if connection.has_ended:
            return connection.left_over
        return left_over(connection.transport)

    async def written(self) -> bool:
        """Waits until the socket has taken everything that was handed over. Returns False where the connection was
        lost before that."""
        if not self._asked:  # from now on whatever waits is told of, be it a byte
            self._connection.transport.set_write_buffer_limits(high=0)
            self._asked = True
        await self._connection.flow.drain()
        return not self._connection.unwritten and not self._connection.has_ended

    async def break_off(self) -> None:
        """Breaks the connection off, and returns when the server knows that it is lost."""
        self._connection.transport.abort()
        while not self._connection.has_ended:
            await asyncio.sleep(0)

    async def acknowledged(self) -> bool:
        """Waits until everything that was handed over is acknowledged. Returns False where the connection was lost
        before that, or nothing more was acknowledged for as long as an answer may stand still."""
        least, since, pause = self.unacknowledged, time.monotonic(), FIRST_LOOK
        while self.is_open and (left := self.unacknowledged) is not None:
            if not left:
                return True
            if least is None or left < least:
                least, since = left, time.monotonic()
            if time.monotonic() - since > settings.WHARF_ANSWER_PATIENCE:
                self._connection.transport.abort()
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK)
        return False


def left_over(transport: asyncio.Transport) -> int | None:
    """Returns how many bytes that were handed to a transport are not acknowledged, None where it was reset."""
    sock = transport.get_extra_info("socket")
    if is_reset(sock):
        return None
    try:
        return transport.get_write_buffer_size() + unacknowledged(sock)
    except OSError:
        return None
