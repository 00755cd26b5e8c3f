"""Stored bytes on their way out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from django.core.files.storage import default_storage

from importers.content.storage import STORAGE_CHUNK


class Incomplete(Exception):
    """The storage has fewer bytes than the content should have. The answer must break off, never look whole."""


class OpenedBytes(Protocol):
    """Opened bytes, from wherever they are read first."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


def open_at(key: str, start: int) -> OpenedBytes:
    """The stored bytes from `start` on. Raises what the storage raises when it is gone or does not have them.

    An S3 file is copied whole to the disk before its first byte is given, so there the part is asked for instead.
    """
    stored = default_storage.open(key)
    if hasattr(stored, "obj"):  # an `S3File`; to name the class would load boto3 into each process that never needs it
        return stored.obj.get(Range=f"bytes={start}-")["Body"] if start < stored.size else stored
    stored.seek(start)
    return stored


def read_at(key: str, start: int, size: int) -> bytes:
    """`size` stored bytes from `start` on. Raises `Incomplete`, and what the storage raises."""
    stored = open_at(key, start)
    try:
        held = bytearray()
        while len(held) < size:
            chunk = stored.read(size - len(held))
            if not chunk:
                raise Incomplete(f"{size - len(held)} bytes are missing in {key}")
            held += chunk
    finally:
        stored.close()
    return bytes(held)


async def chunks(stored: OpenedBytes, size: int) -> AsyncIterator[bytes]:
    """The next `size` bytes, in chunks of up to 1 MiB, and then closes what they are read from.

    Each is read when the one before has been taken, so whoever stops asking stops the reading. Raises `Incomplete`, and
    what the storage raises.
    """
    try:
        left = size
        while left:
            chunk = await asyncio.to_thread(stored.read, min(STORAGE_CHUNK, left))
            if not chunk:
                raise Incomplete(f"{left} bytes are missing at the end")
            left -= len(chunk)
            yield chunk
    finally:
        await asyncio.to_thread(stored.close)
