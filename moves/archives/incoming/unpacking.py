"""Packed bytes of an entry on their way out, never many of them at once."""

from moves.archives.incoming.decoders import BrokenBytes, Decoder
from moves.archives.incoming.source import ARCHIVE_CHUNK, ReadAhead

# Bytes that are given to a decoder together. It copies what lies behind the end of an entry, so a small entry must not
# be given with a whole chunk; and zlib copies what it leaves because its output is full.
FIRST, MOST_FED = 4 * 1024, 128 * 1024


class Unpacker:
    """One packed run of bytes. `packed`: how many they are, None where only their end will tell; `taken`: how many have
    been taken from the source."""

    __slots__ = ("_broken", "_decoder", "_left", "_source", "_window", "taken")

    def __init__(self, source: ReadAhead, packed: int | None, decoder: Decoder, taken: int = 0) -> None:
        self.taken = taken
        self._source = source
        self._left = packed
        self._broken = False
        self._window = FIRST if packed is None else MOST_FED
        self._decoder = decoder

    def next(self) -> bytes:
        """Returns up to 1 MiB, none at the end. Raises `BrokenBytes` where the bytes are none that were packed so or go
        on behind their end, and `ArchiveCut`."""
        if self._broken:
            raise BrokenBytes
        decoder = self._decoder
        self._broken = True  # until it has gone well
        while not decoder.ended:
            piece = decoder.decode(self._fed() if decoder.hungry else b"", ARCHIVE_CHUNK)
            if decoder.ended:
                self._source.give_back(decoder.beyond)
                self.taken -= decoder.beyond
            if piece:
                self._broken = False
                return piece
        self._broken = False
        return b""

    def _fed(self) -> memoryview:
        most = self._window if self._left is None else min(self._window, self._left - self.taken)
        if not most:
            raise BrokenBytes
        self._window = min(self._window * 4, MOST_FED)
        fed = self._source.some(most)
        self.taken += len(fed)
        return fed
