"""Deflated bytes (RFC 1951) on their way out, never many of them at once."""

import zlib

from moves.archives.incoming.source import ARCHIVE_CHUNK, ReadAhead

# Bytes that are given to zlib together. It copies what lies behind the end of an entry, so a small entry must not be
# given with a whole chunk; and it copies what it leaves because its output is full.
FIRST, MOST_INFLATED = 4 * 1024, 128 * 1024


class Inflater:
    """One deflated run of bytes. `packed`: how many they are, None where only their end will tell; `taken`: how many
    have been taken from the source."""

    __slots__ = ("_broken", "_left", "_source", "_tail", "_window", "_zlib", "taken")

    def __init__(self, source: ReadAhead, packed: int | None) -> None:
        self.taken = 0
        self._source = source
        self._left = packed
        self._tail = b""
        self._broken = False
        self._window = FIRST if packed is None else MOST_INFLATED
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)

    def next(self) -> bytes:
        """Returns up to 1 MiB, none at the end. Raises `zlib.error` where the bytes are none that were deflated or go
        on behind their end, and `ArchiveCut`."""
        if self._broken:
            raise zlib.error("broken before")
        inflate = self._zlib
        self._broken = True  # until it has gone well
        while not inflate.eof:
            # With a tail left, or a full output before, zlib may hold more than it gave: it is asked before it is fed.
            feed: bytes | memoryview = self._tail
            if not feed:
                feed = self._fed()
            piece = inflate.decompress(feed, ARCHIVE_CHUNK)
            self._tail = inflate.unconsumed_tail
            if inflate.eof:
                beyond = len(inflate.unused_data)
                self._source.give_back(beyond)
                self.taken -= beyond
            if piece:
                self._broken = False
                return piece
        self._broken = False
        return b""

    def _fed(self) -> memoryview:
        most = self._window if self._left is None else min(self._window, self._left - self.taken)
        if not most:
            raise zlib.error("no end")
        self._window = min(self._window * 4, MOST_INFLATED)
        fed = self._source.some(most)
        self.taken += len(fed)
        return fed
