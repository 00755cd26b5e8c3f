"""One kept-alive HTTP/1.1 connection, as thin as it can be: what is measured is the server, not the client."""

import re
import socket
from types import TracebackType
from typing import Self

import httpx

from bench.process import LOOPBACK

PATIENCE = 60.0  # seconds that one read or write may take
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
END_OF_HEAD = b"\r\n\r\n"


class AnswerError(Exception):
    """The server answered with a status that was not expected, or closed the connection."""


class RawConnection:
    """Used as `with Connection(port) as connection`."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.socket.close()

    def exchange(self, request: bytes, expected: int) -> None:
        """Sends a whole request and reads its answer. Raises `AnswerError` unless that has the `expected` status."""
        self.socket.sendall(request)
        self.read_answer(expected)

    def read_answer(self, expected: int) -> None:
        """Reads a whole answer. Raises `AnswerError` unless it has the `expected` status."""
        received = self._receive()
        while (end := received.find(END_OF_HEAD)) < 0:
            received += self._receive()
        length = CONTENT_LENGTH.search(received, 0, end)
        left = (int(length[1]) if length else 0) - (len(received) - end - len(END_OF_HEAD))
        while left > 0:
            more = self._receive()
            left -= len(more)
            received += more
        if int(received[9:12]) != expected:
            raise AnswerError(f"{expected} was expected, and this came: {received[:1000].decode('latin-1')}")

    def _receive(self) -> bytes:
        received = self.socket.recv(65536)
        if not received:
            raise AnswerError("The server has closed the connection.")
        return received


def head(method: str, path: str, **headers: str | int) -> bytes:
    """The head of a request; `_` in a header's name stands for `-`."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {LOOPBACK}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END_OF_HEAD


def form_token(browser: httpx.Client) -> str:
    """Returns what a form must bring that was asked for in this browser, whatever the port that its cookie is named
    by."""
    return next(value for name, value in browser.cookies.items() if name.endswith("csrftoken"))
