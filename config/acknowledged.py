"""What of a socket's bytes the other side's TCP has acknowledged: to have handed them to the kernel is not to have sent
them."""

import socket
import struct
import sys
from typing import Any

if sys.platform != "win32":
    import fcntl
    import termios

SO_NWRITE = 0x1024  # of macOS (sys/socket.h)
FIONWRITE = 0x40046677  # of the BSDs (sys/filio.h)


def unacknowledged(sock: Any) -> int:
    """Returns how many bytes of the send queue the other side has not acknowledged (SIOCOUTQ of tcp(7)).

    Where the system can't tell, all that the queue may hold. Raises OSError for a socket that is closed.
    """
    if sys.platform == "linux":
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    if sys.platform == "darwin":
        return int(sock.getsockopt(socket.SOL_SOCKET, SO_NWRITE))
    if "bsd" in sys.platform:
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), FIONWRITE, bytes(4)))[0])
    return int(sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))


def is_reset(sock: Any) -> bool:
    """Whether a connection has gone without its orderly end: its socket has no other side then (getpeername(2))."""
    try:
        sock.getpeername()
    except OSError:
        return True
    return False
