"""What an application has sent: an application may ask whether it is written."""

import asyncio
from typing import Any, Protocol


class SendingConnection(Protocol):
    """The connection that it is sent on. `unwritten`: the transport has more bytes than it may hold; a lost connection
    takes them along."""

    transport: asyncio.Transport
    cycle: Any
    flow: Any
    unwritten: bool


class Outgoing:
    """What an application has sent on a connection, as `scope["extensions"]["wharf.outgoing"]`.

    uvicorn's `send` returns when the bytes are handed over; what the socket does not take then waits in memory.
    """

    def __init__(self, connection: SendingConnection) -> None:
        self._connection = connection
        self._cycle = connection.cycle  # of the request: another one may be read while it is answered
        self._asked = False

    @property
    def is_open(self) -> bool:
        """Whether what was sent just now has been handed over: to a connection that is lost nothing is."""
        return not self._connection.transport.is_closing() and not self._cycle.disconnected

    @property
    def is_written(self) -> bool:
        """Whether the socket has taken everything that was handed over."""
        return not self._connection.unwritten

    async def written(self) -> bool:
        """Waits until the socket has taken everything that was handed over. Returns False where the connection was
        lost before that."""
        if not self._asked:  # from now on whatever waits is told of, be it a byte
            self._connection.transport.set_write_buffer_limits(high=0)
            self._asked = True
        await self._connection.flow.drain()
        return self.is_written
