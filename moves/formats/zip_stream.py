"""Any number of files as a zip that is written as they come, with no file in between (PKWARE's APPNOTE 6.3).

Stored bytes, which are photos for the most part, are stored; what is written on the way is deflated, and says its size
behind itself (section 4.3.9). What the directory at the end says of each file is kept in memory, deflated, some 30
bytes for each.
"""

import time
import zlib
from collections.abc import Generator, Iterator

from importers.formats.format import FormatBytes, StoredFile
from moves.archives import zips
from moves.archives.entry import Entry
from moves.formats.stored_files import bytes_of, entry_of

PIECE = 16 * 1024  # bytes of the deflated directory that are inflated together
LEVEL = 1  # of zlib: texts shrink to a third by it, ten times as fast as they are made


class _Deflater:
    """Bytes on their way into a deflated entry, and what is known of them so far."""

    def __init__(self) -> None:
        self.size = self.compressed = self.crc32 = 0
        self._deflate = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)

    def pieces(self, content: Iterator[bytes]) -> Iterator[bytes]:
        for piece in content:
            self.size += len(piece)
            self.crc32 = zlib.crc32(piece, self.crc32)
            yield from self._counted(self._deflate.compress(piece))
        yield from self._counted(self._deflate.flush())

    def _counted(self, deflated: bytes) -> Iterator[bytes]:
        self.compressed += len(deflated)
        if deflated:
            yield deflated


class _Directory:
    """The directory of the archive, which grows with it."""

    def __init__(self) -> None:
        self.entries = self.size = 0
        self._held = bytearray()
        self._deflate = zlib.compressobj()

    def add(self, record: bytes) -> None:
        self.entries += 1
        self.size += len(record)
        self._held += self._deflate.compress(record)

    def pieces(self) -> Iterator[bytes]:
        self._held += self._deflate.flush()
        inflate, held = zlib.decompressobj(), memoryview(self._held)
        for start in range(0, len(held), PIECE):
            yield inflate.decompress(held[start : start + PIECE])


def zipped(files: Iterator[tuple[str, FormatBytes]]) -> Generator[bytes]:
    """Yields the archive. Raises `EntryMissing` where stored bytes are not those that came."""
    directory, at, now = _Directory(), 0, int(time.time())
    for name, content in files:
        if isinstance(content, StoredFile):
            entry = entry_of(name, content, at)
            header = zips.header(entry)
            yield header
            yield from bytes_of(name, content)
            directory.add(zips.directory_record(entry))
            at += len(header) + entry.size
            continue
        header = zips.streamed_header(name.encode(), now)
        yield header
        deflater = _Deflater()
        yield from deflater.pieces(content)
        descriptor = zips.descriptor(deflater.crc32, deflater.compressed, deflater.size)
        yield descriptor
        entry = Entry(name.encode(), deflater.size, deflater.crc32, now, b"", 0, at, 0, 0, stamped=True)
        directory.add(zips.directory_record(entry, deflater.compressed))
        at += len(header) + deflater.compressed + len(descriptor)
    yield from directory.pieces()
    yield zips.end(directory.entries, at, directory.size)
