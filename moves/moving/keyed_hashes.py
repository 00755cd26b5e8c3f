"""Keyed hashes of stored bytes, which say that somebody has the bytes: unlike a hash of theirs, which many may know."""

import hashlib
import hmac
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from importers.content import stored
from importers.content.storage import STORAGE_CHUNK

BEAT = 5.0  # seconds between two signs of life


@dataclass(frozen=True)
class KeyedHash:
    """Of some bytes, both in hex: `hmac`, HMAC-SHA-256 (RFC 2104) under a nonce, and their plain `sha256`."""

    hmac: str
    sha256: str


def keyed_hash(nonce: str, key: str, size: int, beat: Callable[[], None]) -> KeyedHash:
    """Returns the hash of the stored bytes with this key in the storage, under a nonce in hex. Reads them once, a chunk
    at a time; calls `beat` every few seconds.

    Raises `Incomplete` where there are fewer bytes, and what the storage and `beat` raise.
    """
    keyed, plain, beaten = hmac.new(bytes.fromhex(nonce), digestmod=hashlib.sha256), hashlib.sha256(), time.monotonic()
    with closing(_chunks(key, size)) as chunks:
        for chunk in chunks:
            keyed.update(chunk)
            plain.update(chunk)
            if time.monotonic() - beaten >= BEAT:
                beaten = time.monotonic()
                beat()
    return KeyedHash(keyed.hexdigest(), plain.hexdigest())


def _chunks(key: str, size: int) -> Generator[bytes]:
    opened = stored.open_at(key, 0, size)
    try:
        while size:
            chunk = opened.read(min(STORAGE_CHUNK, size))
            if not chunk:
                raise stored.Incomplete(f"{size} bytes are missing in {key}")
            size -= len(chunk)
            yield chunk
    finally:
        opened.close()
