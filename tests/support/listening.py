"""The end of a socket that listens."""

import socket
import threading
from contextlib import suppress


def stop_listening(listening: socket.socket, accepting: threading.Thread) -> None:
    """Closes it when the thread that accepts there has ended. Closed before, its descriptor may be that of the next
    socket that listens, and the thread, about to accept, takes that one's first connection."""
    with suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    accepting.join(timeout=60)
    listening.close()
