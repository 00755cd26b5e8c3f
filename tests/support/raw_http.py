"""A client that writes what it likes to a socket, and reads what comes."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

LOCAL = b"Host: 127.0.0.1\r\n"
WITHIN = 60.0  # seconds that anything of a test may take


def connect(server: str) -> socket.socket:
    """A connection to the server with this address."""
    address = httpx.URL(server)
    return socket.create_connection((address.host, address.port or 80), timeout=WITHIN)


def post_head(path: str, length: int, **headers: str) -> bytes:
    """The head of a POST; `_` in a header's name stands for `-`."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_until_closed(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection, however it does."""
    came = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            came += piece
    return came


def status_of(server: str, request: bytes = b"GET /status HTTP/1.1\r\n" + LOCAL + b"\r\n") -> int:
    """The status of the answer to one request on a connection of its own; 0 where the connection ends without one."""
    with connect(server) as connection:
        try:
            connection.sendall(request)
            came = connection.recv(65536)
        except ConnectionError:
            return 0
    return int(came[9:12] or 0)


def is_closed(connection: socket.socket) -> bool:
    """Whether the server has closed it by now. What has come is read and forgotten."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    finally:
        connection.settimeout(WITHIN)
    return True


def eventually_closed(connection: socket.socket) -> bool:
    """Whether the server closes it, in whatever time it takes on a busy machine."""
    give_up = time.monotonic() + WITHIN
    while time.monotonic() < give_up:
        if is_closed(connection):
            return True
        time.sleep(0.02)
    return False


def written_before_it_stops(connection: socket.socket, piece: bytes, most: int) -> int:
    """Bytes of a repeated piece that the other side takes before it takes no more; `most`, if it takes so many."""
    connection.settimeout(1.5)
    written = 0
    with suppress(OSError):
        while written < most:
            written += connection.send(piece)
    return written


@contextmanager
def dripping(connections: list[socket.socket], piece: bytes, every: float) -> Iterator[None]:
    """Each of the connections is sent a piece every so many seconds, as long as it takes them."""
    done = threading.Event()

    def drip() -> None:
        while not done.wait(every):
            for connection in connections:
                with suppress(OSError):
                    connection.send(piece)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for connection in connections:
            connection.close()
