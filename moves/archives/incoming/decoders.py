"""The decompressors of the standard library behind one face: fed with some bytes, they give so many at most."""

import bz2
import lzma
import zlib
from struct import Struct
from typing import Any, Protocol

LARGEST_DICTIONARY = 64 * 1024 * 1024  # bytes of LZMA's window, which are held while it unpacks: those of `xz -9`
MOST_MEMORY = LARGEST_DICTIONARY + 8 * 1024 * 1024  # bytes, with what the decoder itself needs
ZIP_LZMA = Struct("<2xHBL")  # a version; bytes of the properties; these, the latter of which is the dictionary's size
LZMA_PROPERTIES = 5  # bytes
LZMA_ALONE = Struct("<BLQ")  # the header of a .lzma: properties, and the size of what is in it
ANY_SIZE = 0xFFFFFFFFFFFFFFFF  # an end marker tells


class BrokenBytes(Exception):
    """The bytes are none that were packed so."""


class DictionaryTooLarge(BrokenBytes):
    """They can only be unpacked with more memory than is taken for that."""


class Decoder(Protocol):
    """One run of packed bytes. `hungry`: whether it gives more only if it is fed; `ended`: whether the end was in what
    it was fed with, the last `beyond` bytes of which stand behind it."""

    hungry: bool
    ended: bool
    beyond: int

    def decode(self, fed: bytes | memoryview, most: int) -> bytes:
        """Returns up to `most` bytes; none where it must be fed, or has ended. Raises `BrokenBytes`."""


class ZlibDecoder:
    """Deflated bytes, bare (RFC 1951) or in a member of a gzip (RFC 1952)."""

    __slots__ = ("_tail", "_zlib", "beyond", "ended", "hungry")

    def __init__(self, window: int = -zlib.MAX_WBITS) -> None:
        self.hungry, self.ended, self.beyond = True, False, 0
        self._zlib = zlib.decompressobj(window)
        self._tail = b""

    def decode(self, fed: bytes | memoryview, most: int) -> bytes:
        # With a tail left, or a full output before, zlib may hold more than it gave: it is asked before it is fed.
        try:
            piece = self._zlib.decompress(self._tail or fed, most)
        except zlib.error as cause:
            raise BrokenBytes from cause
        self._tail = self._zlib.unconsumed_tail
        self.hungry = not self._tail
        if self._zlib.eof:
            self.ended, self.beyond = True, len(self._zlib.unused_data)
        return piece


class KeepingDecoder:
    """bzip2 or LZMA, whose decompressors keep what they have not used yet."""

    __slots__ = ("_inner", "beyond", "ended", "hungry")

    def __init__(self, inner: Any) -> None:
        self.hungry, self.ended, self.beyond = True, False, 0
        self._inner = inner

    def decode(self, fed: bytes | memoryview, most: int) -> bytes:
        try:
            piece: bytes = self._inner.decompress(fed, most)
        except (OSError, lzma.LZMAError) as cause:
            raise (DictionaryTooLarge if "limit" in str(cause) else BrokenBytes) from cause
        self.hungry = self._inner.needs_input
        if self._inner.eof:
            self.ended, self.beyond = True, len(self._inner.unused_data)
        return piece


class ZipLzmaDecoder(KeepingDecoder):
    """LZMA in a zip (APPNOTE section 5.8.8), before whose bytes stands how they were packed. `size`: of what is in it,
    None where an end marker stands behind that."""

    __slots__ = ("_begin", "_size")

    def __init__(self, size: int | None) -> None:
        super().__init__(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MOST_MEMORY))
        self._begin = b""
        self._size = ANY_SIZE if size is None else size

    def decode(self, fed: bytes | memoryview, most: int) -> bytes:
        lacking = ZIP_LZMA.size - len(self._begin)
        if not lacking:
            return super().decode(fed, most)
        self._begin += fed[:lacking]
        if len(self._begin) < ZIP_LZMA.size:
            return b""
        length, properties, dictionary = ZIP_LZMA.unpack(self._begin)
        if length != LZMA_PROPERTIES:
            raise BrokenBytes
        return super().decode(LZMA_ALONE.pack(properties, dictionary, self._size) + bytes(fed[lacking:]), most)


def gzip_member() -> Decoder:
    return ZlibDecoder(16 + zlib.MAX_WBITS)


def bzip2_stream() -> Decoder:
    return KeepingDecoder(bz2.BZ2Decompressor())


def xz_stream() -> Decoder:
    return KeepingDecoder(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY))


def lzma_stream() -> Decoder:
    return KeepingDecoder(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MOST_MEMORY))
