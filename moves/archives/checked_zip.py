"""The entries of a zip that say the same wherever the archive tells of them.

Programs look for them in several ways: by the directory, whose place the end tells or which ends where that begins, or
one after the other. What each of them finds must be what was checked.
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from moves.archives.incoming.records import (
    CENTRAL_HEADER,
    END,
    END64,
    END64_RECORD,
    END_RECORD,
    ENTRY,
    ENTRY_HEADER,
    IN_ZIP64,
    LISTED_HEADER,
    LOCATOR64,
    LOCATOR64_RECORD,
    STORED,
    extra_field,
    listed,
    widened,
)
from moves.archives.zips import EXTENDED_TIME, LIMIT, MOST_PLAIN_ENTRIES, VERSION_STORED

NO_FILE = 0x08 | 0x10  # of MS-DOS's attributes: a volume, a folder


class ArchiveUnreadable(Exception):
    """An archive that can't be read to its end, or has no manifest beside it. Its text says why."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Slice:
    """The bytes of an entry of a zip. Raises `ArchiveUnreadable` where they are too few, or others than the CRC-32
    says."""

    def __init__(self, file: IO[bytes], at: int, size: int, crc32: int, name: str) -> None:
        self._file, self._at, self._left, self._crc32, self._name = file, at, size, crc32, name
        self._running = 0

    def read(self, size: int, /) -> bytes:
        if not self._left:
            return b""
        self._file.seek(self._at)
        chunk = self._file.read(min(size, self._left))
        if not chunk:
            raise ArchiveUnreadable(f"{self._name}: the archive ends within it.")
        self._at += len(chunk)
        self._left -= len(chunk)
        self._running = zlib.crc32(chunk, self._running)
        if not self._left and self._running != self._crc32:
            raise ArchiveUnreadable(f"{self._name}: its bytes are others than its CRC-32 says.")
        return chunk


def zip_entries(file: IO[bytes], path: Path) -> Iterator[tuple[str, Readable]]:
    """Yields them by the central directory, one record at a time, each of which must say what the header before the
    bytes says, with nothing between one entry and the next, nor behind the last. Raises `ArchiveUnreadable`."""
    try:
        count, directory_at, ends_at = _directory(file, path)
        behind, at = 0, directory_at
        for _ in range(count):
            file.seek(at)
            fixed = file.read(LISTED_HEADER.size)
            if not fixed.startswith(CENTRAL_HEADER):
                raise ArchiveUnreadable(f"{path}: its directory is damaged.")
            found = listed(fixed)
            raw_name = file.read(found.name_size)
            name = raw_name.decode()
            extra = file.read(found.extra_size)
            at += LISTED_HEADER.size + found.name_size + found.extra_size + found.comment_size
            if found.method != STORED:
                raise ArchiveUnreadable(f"{path}: {name} is compressed; this checks archives as they were downloaded.")
            _require_file(fixed, f"{path}: of {name}")
            found = found.widened(extra)
            if found.at != behind:
                raise ArchiveUnreadable(f"{path}: {name} is not where the entry before it ends.")
            data_at = _bytes_at(file, path, found.at, raw_name, _listed(fixed, extra))
            behind = data_at + found.size
            yield name, _Slice(file, data_at, found.size, found.crc32, name)
        if behind != directory_at:
            raise ArchiveUnreadable(f"{path}: its directory is not where its last entry ends.")
        if at != ends_at:
            raise ArchiveUnreadable(f"{path}: its directory does not end where the end of the archive begins.")
    except (struct.error, UnicodeDecodeError) as error:
        raise ArchiveUnreadable(f"{path}: it is not whole, or not a zip archive: {error}") from error


def _bytes_at(file: IO[bytes], path: Path, at: int, raw_name: bytes, listed_as: tuple[object, ...]) -> int:
    """Returns where the bytes of an entry begin, behind a header that must say what the directory says."""
    file.seek(at)
    local, name = file.read(ENTRY_HEADER.size), raw_name.decode()
    if not local.startswith(ENTRY):
        raise ArchiveUnreadable(f"{path}: {name} is not where the directory says.")
    *_, name_size, extra_size = ENTRY_HEADER.unpack(local)
    if file.read(name_size) != raw_name:
        raise ArchiveUnreadable(f"{path}: {name} has another name where its bytes are.")
    if _said(local, file.read(extra_size)) != listed_as:
        raise ArchiveUnreadable(f"{path}: of {name}, its directory says something else than its header.")
    return at + ENTRY_HEADER.size + name_size + extra_size


def _require_file(header: bytes, named: str) -> None:
    """Raises `ArchiveUnreadable` unless the directory calls an entry a file (APPNOTE 4.4.15): by its mode, where it has
    one, and by what MS-DOS says of it. It has no comment, and is in no other disk's archive."""
    *_, comment_size, disk, _, attributes, _ = LISTED_HEADER.unpack(header)
    if comment_size or disk:
        raise ArchiveUnreadable(f"{named}, its directory has a comment, or says that it is elsewhere.")
    if stat.S_IFMT(attributes >> 16) not in (0, stat.S_IFREG) or attributes & NO_FILE:
        raise ArchiveUnreadable(f"{named}, its directory says that it is no file, but a link or so.")


def _said(header: bytes, extra: bytes) -> tuple[object, ...]:
    """Returns what the header before an entry's bytes says (APPNOTE 4.3.7): version, flags, method, time and date, its
    CRC-32, its sizes, and its time in UTC."""
    _, *facts, crc32, packed, size, _, _ = ENTRY_HEADER.unpack(header)
    return (*facts, crc32, *_sizes(extra, size, packed), extra_field(extra, EXTENDED_TIME))


def _listed(header: bytes, extra: bytes) -> tuple[object, ...]:
    """Returns the same as the directory says it (section 4.3.12). Where the entry is far behind, that is why it needs a
    higher version, which its own header does not."""
    _, _, needed, *facts, crc32, packed, size, _, _, _, _, _, _, at = LISTED_HEADER.unpack(header)
    if at == IN_ZIP64 and IN_ZIP64 not in (packed, size):
        needed = VERSION_STORED
    return (needed, *facts, crc32, *_sizes(extra, size, packed), extra_field(extra, EXTENDED_TIME))


def _sizes(extra: bytes, size: int, packed: int) -> tuple[int, ...]:
    return widened(extra, size, packed) or (size, packed)


def _directory(file: IO[bytes], path: Path) -> tuple[int, int, int]:
    """Returns how many entries the central directory has, where it is, and where the records behind it begin. Raises
    `ArchiveUnreadable` unless these say so in each way that there is (sections 4.3.14 to 4.3.16)."""
    end_at = file.seek(0, 2) - END_RECORD.size
    file.seek(max(0, end_at))
    end = file.read(END_RECORD.size)
    if not end.startswith(END):
        raise ArchiveUnreadable(f"{path}: it has no end: it was not downloaded to its last byte.")
    *_, count, size, at, _ = END_RECORD.unpack(end)
    behind_at, are_right = end_at, True
    file.seek(max(0, end_at - LOCATOR64_RECORD.size))
    locator = file.read(LOCATOR64_RECORD.size)
    if locator.startswith(LOCATOR64):
        _, _, behind_at, _ = LOCATOR64_RECORD.unpack(locator)
        file.seek(behind_at)
        wide = END64_RECORD.unpack(file.read(END64_RECORD.size))
        kind, rest, _, _, *disks, here, count, size, at = wide
        are_right = (kind, rest, *disks, here) == (END64, END64_RECORD.size - 12, 0, 0, count)
        are_right = are_right and behind_at + END64_RECORD.size + LOCATOR64_RECORD.size == end_at
        are_right = are_right and locator == LOCATOR64_RECORD.pack(LOCATOR64, 0, behind_at, 1)
    shown = min(count, MOST_PLAIN_ENTRIES)
    right = END_RECORD.pack(END, 0, 0, shown, shown, min(size, LIMIT), min(at, LIMIT), 0)
    if not are_right or end != right or at + size != behind_at:
        raise ArchiveUnreadable(f"{path}: the records at its end contradict each other.")
    return count, at, behind_at
