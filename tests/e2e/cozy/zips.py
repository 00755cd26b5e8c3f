"""Zips as Go's archive/zip streams them: deflated, and sizes and CRC only in data descriptors after the bytes."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

VERSION = 20  # what a reader must understand: 2.0, deflate
CREATOR = 3 << 8 | VERSION  # made on Unix
DESCRIPTOR = 0x8
UTF8 = 0x800
DEFLATED = 8
CHUNK = 32 * 1024


@dataclass
class CozyZipEntry:
    """One entry to write."""

    name: str
    content: bytes
    modified: datetime = datetime(2021, 7, 14, 6, 0, 0, tzinfo=UTC)

    @property
    def flags(self) -> int:
        return DESCRIPTOR | (0 if self.name.isascii() else UTF8)

    @property
    def clock(self) -> tuple[int, int]:
        """MS-DOS time and date."""
        at = self.modified
        return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day

    @property
    def extra(self) -> bytes:
        """The extended timestamp that Go adds."""
        return struct.pack("<HHBI", 0x5455, 5, 1, int(self.modified.timestamp()))


def stream(entries: Iterable[CozyZipEntry]) -> Iterator[bytes]:
    """The bytes of a zip with these entries, as they come."""
    directory = []
    at = 0
    for entry in entries:
        crc, packed, begins = 0, 0, at
        for piece in _local(entry):
            at += len(piece)
            yield piece
        crc = zlib.crc32(entry.content)
        for piece in _deflated(entry.content):
            packed += len(piece)
            yield piece
        at += packed
        yield (tail := struct.pack("<4sIII", b"PK\x07\x08", crc, packed, len(entry.content)))
        at += len(tail)
        directory.append(_central(entry, crc, packed, begins))
    yield from directory
    size = sum(map(len, directory))
    yield struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(directory), len(directory), size, at, 0)


def _local(entry: CozyZipEntry) -> Iterator[bytes]:
    name = entry.name.encode()
    yield struct.pack(
        "<4sHHHHHIIIHH",
        *(b"PK\x03\x04", VERSION, entry.flags, DEFLATED, *entry.clock, 0, 0, 0, len(name), len(entry.extra)),
    )
    yield name + entry.extra


def _deflated(content: bytes) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    for begin in range(0, len(content), CHUNK):
        if piece := packer.compress(content[begin : begin + CHUNK]):
            yield piece
    yield packer.flush()


def _central(entry: CozyZipEntry, crc: int, packed: int, begins: int) -> bytes:
    name = entry.name.encode()
    return (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            *(b"PK\x01\x02", CREATOR, VERSION, entry.flags, DEFLATED, *entry.clock, crc, packed, len(entry.content)),
            *(len(name), len(entry.extra), 0, 0, 0, 0o644 << 16, begins),
        )
        + name
        + entry.extra
    )
