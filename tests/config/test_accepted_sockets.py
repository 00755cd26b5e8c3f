"""The server's side of a connection, as the kernel has it."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.waiting import eventually


def accepted(client: socket.socket) -> socket.socket | None:
    """The other end of a connection, which is in this process too."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found = socket.socket(fileno=os.dup(int(descriptor.name)))
            with suppress(OSError):
                if found.getpeername() == client.getsockname():
                    return found
            found.close()
    return None


def test_what_a_server_of_several_processes_answers_is_sent_at_once(server: str) -> None:
    address = urlsplit(server)
    with socket.create_connection((address.hostname, address.port), timeout=60) as client:
        client.sendall(b"GET /status HTTP/1.1\r\nHost: " + address.netloc.encode() + b"\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        eventually(lambda: accepted(client))
        with accepted(client) or socket.socket() as found:
            assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
