"""A gzip (RFC 1952) as the stream of what is in it, never much of it at once."""

import zlib

from moves.archives.incoming.errors import ArchiveDamaged, ArchiveRefused
from moves.archives.incoming.limits import ArchiveTally, Limits
from moves.archives.incoming.source import ReadAhead

GZIP = b"\x1f\x8b\x08"
FED = 128 * 1024  # bytes that zlib gets at once; what it leaves, because its output is full, it copies


class Gunzipped:
    """All members of a gzip, one after the other."""

    def __init__(self, source: ReadAhead, limits: Limits, tally: ArchiveTally) -> None:
        self._source = source
        self._limits = limits
        self._tally = tally
        self._given = 0
        self._tail = b""
        self._zlib = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def read(self, size: int) -> bytes:
        """Returns at most `size` bytes, none at the end. Raises `ArchiveCut`, `ArchiveDamaged` and, where it swells too
        much, `ArchiveRefused`."""
        while True:
            if self._zlib.eof and not self._another():
                return b""
            try:
                piece = self._zlib.decompress(self._tail or self._source.some(FED), size)
            except zlib.error as cause:
                raise ArchiveDamaged(
                    "gzip_damaged", f"The gzip can't be unpacked behind byte {self._given} of what is in it."
                ) from cause
            self._tail = self._zlib.unconsumed_tail
            if self._zlib.eof:
                self._source.give_back(len(self._zlib.unused_data))
            if not piece:
                continue
            self._given += len(piece)
            if self._limits.swells(self._source.at, self._given - self._tally.announced):
                raise ArchiveRefused(
                    "archive_swells",
                    f"The archive unpacks to more than {self._limits.most_ratio} times its size, as only an attack "
                    "does.",
                )
            return piece

    def _another(self) -> bool:
        """Whether a member follows. Zeros that fill up a tape, and whatever else stands there, do not."""
        if self._source.ahead(len(GZIP)) < len(GZIP) or not self._source.held.startswith(GZIP, self._source.pos):
            return False
        self._zlib = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return True
