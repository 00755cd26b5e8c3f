"""Stored bytes on their way out."""

import asyncio
from collections.abc import AsyncGenerator
from io import BytesIO
from typing import Any, Protocol, cast

from django.core.files.storage import default_storage

from importers.content.outgoing import OutgoingBytes
from importers.content.storage import STORAGE_CHUNK
from importers.errors import SERVICE_ERRORS

AHEAD = 8 * STORAGE_CHUNK  # bytes that one request asks for
SKIPPED = STORAGE_CHUNK // 4  # bytes that are rather read for nothing than asked past


class Incomplete(Exception):
    """The storage has fewer bytes than the content should have. The answer must break off, never look whole."""


class OpenedBytes(Protocol):
    """Opened bytes, from wherever they are read first."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


def open_at(key: str, start: int, stop: int) -> OpenedBytes:
    """The stored bytes from `start` on, of which those up to, not including, `stop` are wanted: a storage that is far
    away sends no more, at the price of one request. Raises what the storage raises when it is gone or does not have
    them."""
    if is_far():
        far: Any = default_storage
        return cast(OpenedBytes, far.open_range(key, start, stop)) if start < stop else BytesIO()
    stored = default_storage.open(key)
    stored.seek(start)
    return cast(OpenedBytes, stored)


def is_far() -> bool:
    """Whether each look into the storage is a request to somewhere else."""
    return hasattr(default_storage, "open_range")  # to name the class would load boto3 into each process without S3


def read_at(key: str, start: int, size: int) -> bytes:
    """`size` stored bytes from `start` on. Raises `Incomplete`, and what the storage raises."""
    reading = SpoolReading(key)
    try:
        return reading.read(start, size, size)
    finally:
        reading.close()


class SpoolReading:
    """Slices of one stored object, which cost no request each: what follows what was read before comes with it, up to
    8 MiB at a time, and nothing of that is held in memory."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._opened: OpenedBytes | None = None
        self._at = self._ends = 0

    def read(self, start: int, size: int, wanted: int = AHEAD) -> bytes:
        """`size` bytes from `start` on. `wanted`: how many from there on will be read next, at most, but for those that
        lie between and were read before. Raises `Incomplete`, and what the storage raises."""
        held = bytearray()
        while len(held) < size:
            at = start + len(held)
            was_open = self._is_open_at(at)
            try:
                chunk = self._from(at, max(size, wanted) - len(held)).read(min(size - len(held), self._ends - at))
            except SERVICE_ERRORS:
                self.close()
                if was_open:  # it has been open for as long as its reader took; the storage may have closed it
                    continue
                raise
            if not chunk:
                self.close()
                raise Incomplete(f"{size - len(held)} bytes are missing in {self._key}")
            self._at += len(chunk)
            held += chunk
        return bytes(held)

    def close(self) -> None:
        """Ends what is read ahead. It may be read on."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _is_open_at(self, at: int) -> bool:
        return self._opened is not None and self._at <= at <= self._at + SKIPPED and at < self._ends

    def _from(self, at: int, wanted: int) -> OpenedBytes:
        if self._is_open_at(at) and self._opened is not None:
            while self._at < at and (skipped := self._opened.read(at - self._at)):
                self._at += len(skipped)
            return self._opened
        self.close()
        # Whoever goes back to what was passed over comes by what was read since.
        behind = self._at - at
        between = behind if 0 < behind <= SKIPPED else 0
        self._at, self._ends = at, at + min(wanted + between, AHEAD)
        self._opened = open_at(self._key, at, self._ends)
        return self._opened


async def chunks(stored: OpenedBytes, size: int, outgoing: OutgoingBytes) -> AsyncGenerator[bytes]:
    """The next `size` bytes, in chunks as `outgoing` asks for them, and then closes what they are read from.

    Each is read when the one before has been taken, so whoever stops asking stops the reading. Raises `Incomplete`, and
    what the storage raises.
    """
    try:
        left = size
        while left:
            held = [await asyncio.to_thread(stored.read, min(outgoing.chunk, left))]
            if not held[0]:
                raise Incomplete(f"{left} bytes are missing at the end")
            left -= len(held[0])
            yield held.pop()
    finally:
        await asyncio.to_thread(stored.close)
