"""Readers who ask for a download, take some of it, and then nothing: what they make the server in this process hold."""

import socket
import time
import tracemalloc
from contextlib import ExitStack

import httpx

READERS = 16
PATIENCE = 60.0  # seconds


def held_for_each(http: httpx.Client, path: str, *, taken: int = 0) -> float:
    """Bytes of memory that are held for each of some readers who have taken so many bytes of what is at `path`."""
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode()
    tracemalloc.start()
    try:
        with ExitStack() as stack:
            readers = [stack.enter_context(_reader(http)) for _ in range(READERS + 1)]
            _take(readers[0], request, taken)  # what is made once, by the first, is not counted
            before = _settled()
            for reader in readers[1:]:
                _take(reader, request, taken)
            return (_settled() - before) / READERS
    finally:
        tracemalloc.stop()


def _reader(http: httpx.Client) -> socket.socket:
    address = httpx.URL(str(http.base_url))
    return socket.create_connection((address.host, address.port or 80), timeout=PATIENCE)


def _take(reader: socket.socket, request: bytes, size: int) -> None:
    reader.sendall(request)
    assert reader.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
    while size > 0:
        came = reader.recv(size)
        assert came
        size -= len(came)


def _settled() -> int:
    """What is held once nothing more is read."""
    give_up = time.monotonic() + PATIENCE
    held, before = tracemalloc.get_traced_memory()[0], -1
    while abs(held - before) > READERS * 1024:
        assert time.monotonic() < give_up
        time.sleep(0.5)
        held, before = tracemalloc.get_traced_memory()[0], held
    return held
