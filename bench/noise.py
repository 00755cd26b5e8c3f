"""Bytes to send: incompressible, made before the clock starts, and no two bodies the same."""

import os
import socket
from collections.abc import Iterator

NOISE_CHUNK = 1024 * 1024
POOL = 64 * NOISE_CHUNK

_pool = memoryview(os.urandom(POOL))


class Noise:
    """`size` bytes, of which the first chunk has never been before."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._first = memoryview(os.urandom(min(NOISE_CHUNK, size)))

    def chunks(self) -> Iterator[memoryview]:
        """1 MiB at a time."""
        yield self._first
        left = self.size - len(self._first)
        at = 0
        while left:
            chunk = _pool[at : at + min(NOISE_CHUNK, left)]
            yield chunk
            left -= len(chunk)
            at = (at + NOISE_CHUNK) % POOL

    def send(self, to: socket.socket) -> None:
        """All of it, in 1 MiB writes."""
        for chunk in self.chunks():
            to.sendall(chunk)
