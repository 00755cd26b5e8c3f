"""When the socket of a connection is read, and how much of an answer its kernel holds."""

import asyncio
import socket
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl

UNSENT_IN_KERNEL = 256 * 1024  # bytes of an answer
# The same of an answer that is taken quickly: the kernel asks for more when half of it is sent, and each time the loop
# turns once. Measured with 256 KiB, that took half of what a download of 1 GiB on one machine takes.
UNSENT_WHEN_TAKEN = 1024 * 1024
TAKEN_PIECES = 4  # pieces after which an answer counts as such


class HeldFlow(FlowControl):
    """uvicorn's, which reads on only where nothing else holds that back."""

    def __init__(self, transport: asyncio.Transport, is_held_back: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._is_held_back = is_held_back

    def resume_reading(self) -> None:
        """Reads on, if the socket was not read."""
        if self.read_paused and not self._is_held_back():
            super().resume_reading()


class EndingTransport:
    """The transport as an answer is written to it, which is closed once nothing comes any more: a connection that is
    closed on a client that writes loses the answer (RFC 9112, section 9.6)."""

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        self._write = transport.write
        self.is_closing = transport.is_closing
        self.close = end

    def write(self, data: bytes) -> None:
        """Writes it. asyncio cuts off what the kernel does not take at once, which is a copy unless it is a view."""
        self._write(memoryview(data))


def set_up_kernel(transport: asyncio.Transport) -> None:
    """Has the kernel send what it is given at once, and hold less of an answer that it has not sent yet.

    Without the first, the end of an answer waits up to 40 ms for the client's acknowledgement. asyncio sees to that
    itself, but not where several processes listen: uvicorn makes their socket without naming the protocol. As to the
    second, what is on its way the kernel still holds until that has arrived, as far as the line is long: so it takes no
    speed, as a fixed SO_SNDBUF would.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    hold_unsent(transport, UNSENT_IN_KERNEL)


def hold_unsent(transport: asyncio.Transport, size: int) -> None:
    """Has the kernel hold so many bytes that it has not sent yet."""
    sock = transport.get_extra_info("socket")
    is_tcp = sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6)
    if is_tcp and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, size)
