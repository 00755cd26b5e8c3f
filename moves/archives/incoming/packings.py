"""A file that is packed as a whole, as the stream of what is in it, never much of it at once."""

from collections.abc import Callable
from typing import NamedTuple

from accounts.texts import kept_text
from moves.archives.incoming.decoders import (
    LARGEST_DICTIONARY,
    BrokenBytes,
    Decoder,
    DictionaryTooLarge,
    bzip2_stream,
    gzip_member,
    lzma_stream,
    xz_stream,
)
from moves.archives.incoming.errors import ArchiveDamaged, ArchiveRefused, NotAnArchive
from moves.archives.incoming.limits import ARCHIVE_SWELLS, ArchiveTally, Limits
from moves.archives.incoming.source import ReadAhead

DICTIONARY_TOO_LARGE = kept_text(
    "Unpacking it takes more memory than the %(most)s MiB of `xz -9`. Unpack it, and pack what is in it as a zip."
)
BROKEN_PACKING = kept_text("The %(packing)s can't be unpacked behind byte %(at)s of what is in it.")

FED = 128 * 1024  # bytes that a decoder gets at once; what zlib leaves, because its output is full, it copies


class Packing(NamedTuple):
    """`begin`: what a file begins with that is packed so; `decoder` makes one for what begins there. Streams that were
    packed one by one may follow each other, with zeros between them that fill up `step` bytes."""

    name: str
    begin: bytes
    decoder: Callable[[], Decoder]
    step: int = 0


PACKINGS = (
    Packing("gzip", b"\x1f\x8b\x08", gzip_member),  # RFC 1952
    Packing("bzip2", b"BZh", bzip2_stream),
    Packing("xz", b"\xfd7zXZ\0", xz_stream, step=4),
    Packing("lzma", b"\x5d\0\0", lzma_stream),
)


def packing_of(begin: bytes) -> Packing | None:
    """Returns how a file is packed that begins so, None where it is not."""
    return next((one for one in PACKINGS if begin.startswith(one.begin)), None)


class UnpackedStream:
    """All streams that are packed in a file, one after the other."""

    def __init__(self, source: ReadAhead, packing: Packing, limits: Limits, tally: ArchiveTally) -> None:
        self._source = source
        self._packing = packing
        self._limits = limits
        self._tally = tally
        self._given = 0
        self._decoder = packing.decoder()

    def read(self, size: int) -> bytes:
        """Returns at most `size` bytes, none at the end. Raises `ArchiveCut`, `ArchiveDamaged` and, where it swells too
        much, `ArchiveRefused`; `NotAnArchive` where it takes too much memory."""
        while True:
            if self._decoder.ended and not self._another():
                return b""
            fed = self._source.some(FED) if self._decoder.hungry else b""
            try:
                piece = self._decoder.decode(fed, size)
            except DictionaryTooLarge as cause:
                raise NotAnArchive(
                    "dictionary_too_large",
                    DICTIONARY_TOO_LARGE % {"most": LARGEST_DICTIONARY >> 20},
                    self._packing.begin,
                ) from cause
            except BrokenBytes as cause:
                name = self._packing.name
                raise ArchiveDamaged(
                    f"{name}_damaged",
                    BROKEN_PACKING % {"packing": name, "at": self._given},
                ) from cause
            if self._decoder.ended:
                self._source.give_back(self._decoder.beyond)
            if not piece:
                continue
            self._given += len(piece)
            if self._limits.swells(self._source.at, self._given - self._tally.announced):
                raise ArchiveRefused(
                    "archive_swells",
                    ARCHIVE_SWELLS % {"times": self._limits.most_ratio},
                )
            return piece

    def _another(self) -> bool:
        """Whether another stream follows. Zeros that fill up a tape, and whatever else stands there, are none."""
        begin, step, source = self._packing.begin, self._packing.step, self._source
        while step and source.ahead(step) >= step and not any(source.held[source.pos : source.pos + step]):
            source.pos += step
        if source.ahead(len(begin)) < len(begin) or not source.held.startswith(begin, source.pos):
            return False
        self._decoder = self._packing.decoder()
        return True
