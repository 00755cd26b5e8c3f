"""Checking archives against their manifest, with nothing but the files.

What the manifest says stands in a scratch database on the disk while they are read: an archive may have millions of
entries, in several parts, which may come in any order.
"""

import hashlib
import sqlite3
import stat
import struct
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from importers.content.storage import STORAGE_CHUNK
from moves.archives.incoming.records import (
    CENTRAL_HEADER,
    END,
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
from moves.archives.layout import EntryKind, place_of
from moves.archives.manifest import ManifestLines, ManifestUnreadable
from moves.archives.zips import EXTENDED_TIME, VERSION_STORED
from moves.scratch import scratch_database

NO_FILE = 0x08 | 0x10  # of MS-DOS's attributes: a volume, a folder
MOST_PROBLEMS = 100  # that are told one by one


class ArchiveUnreadable(Exception):
    """An archive that can't be read to its end, or has no manifest beside it. Its text says why."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass
class ArchiveVerdict:
    """What was found: entries and their bytes, and what is wrong with them."""

    entries: int = 0
    size: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)

    def say(self, problem: str) -> None:
        self.wrong += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


def verify(paths: list[Path]) -> Iterator[int | ArchiveVerdict]:
    """Reads every entry of every archive. Yields how many bytes were read, now and then, and at the end the verdict.
    Raises `ArchiveUnreadable`."""
    verdict = ArchiveVerdict()
    scratch = scratch_database("entries (path TEXT PRIMARY KEY, part, size, sha256, seen DEFAULT 0) WITHOUT ROWID")
    try:
        _read_manifest(paths, scratch, verdict)
        for path in paths:
            for name, body in entries_of(path):
                if _is_manifest(name):
                    _drain(body)
                    continue
                yield from _check(name, body, scratch, verdict)
        lost = scratch.execute("SELECT part, path FROM entries WHERE NOT seen ORDER BY part, path")
        for part, name in lost:
            verdict.say(f"missing: {name} (part {part + 1})")
    finally:
        scratch.close()
    yield verdict


def _check(name: str, body: Readable, scratch: sqlite3.Connection, verdict: ArchiveVerdict) -> Iterator[int]:
    running, size = hashlib.sha256(), 0
    while chunk := body.read(STORAGE_CHUNK):
        running.update(chunk)
        size += len(chunk)
        yield len(chunk)
    verdict.entries += 1
    verdict.size += size
    row = scratch.execute("SELECT size, sha256, seen FROM entries WHERE path = ?", (name,)).fetchone()
    if row is None:
        verdict.say(f"not in the manifest: {name}")
    elif row[2]:
        verdict.say(f"there twice: {name}")
    elif (row[0], row[1]) != (size, running.hexdigest()):
        verdict.say(f"other bytes than the manifest says: {name}")
    scratch.execute("UPDATE entries SET seen = 1 WHERE path = ?", (name,))


def _read_manifest(paths: list[Path], scratch: sqlite3.Connection, verdict: ArchiveVerdict) -> None:
    for path in paths:
        for name, body in entries_of(path, skip=True):
            if _is_manifest(name):
                _load(body, scratch, verdict)
                return
    raise ArchiveUnreadable("None of these archives has a manifest.json. Give the first part as well.")


def _is_manifest(name: str) -> bool:
    return name.count("/") == 1 and place_of(name).kind is EntryKind.MANIFEST


def _load(body: Readable, scratch: sqlite3.Connection, verdict: ArchiveVerdict) -> None:
    """Writes down what the manifest says of each entry; those that an earlier export carries are not looked for."""
    try:
        lines = ManifestLines(iter(lambda: body.read(STORAGE_CHUNK), b""))
        verdict.head = lines.head
        scratch.executemany(
            "INSERT INTO entries (path, part, size, sha256) VALUES (?, ?, ?, ?)",
            ((line.path, line.part, line.size, line.sha256) for line in lines if line.part is not None),
        )
    except ManifestUnreadable as bad:
        raise ArchiveUnreadable(str(bad)) from bad
    except sqlite3.IntegrityError as twice:
        raise ArchiveUnreadable("The manifest names an entry twice.") from twice


def _drain(body: Readable) -> None:
    while body.read(STORAGE_CHUNK):
        pass


# Archives


def entries_of(path: Path, skip: bool = False) -> Iterator[tuple[str, Readable]]:
    """Yields name and bytes of every entry, one after the other. `skip`: those that are not read need not be whole.
    Raises `ArchiveUnreadable`."""
    try:
        with path.open("rb") as file:
            begin = file.read(4)
            file.seek(0)
            entries = _zip_entries(file, path) if begin.startswith(b"PK") else _tar_entries(file, path, skip)
            for name, body in entries:
                yield name, _Body(body, name)
    except OSError as error:
        raise ArchiveUnreadable(f"{path}: {error}") from error


class _Body:
    """The bytes of an entry. Raises `ArchiveUnreadable` where they can't be read."""

    def __init__(self, body: Readable, name: str) -> None:
        self._body, self._name = body, name

    def read(self, size: int, /) -> bytes:
        try:
            return self._body.read(size)
        except (OSError, tarfile.TarError) as error:
            raise ArchiveUnreadable(f"{self._name}: the archive can't be read any further: {error}.") from error


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


def _zip_entries(file: IO[bytes], path: Path) -> Iterator[tuple[str, Readable]]:
    """Yields them by the central directory, one record at a time, each of which must say what the header before the
    bytes says, with nothing between one entry and the next."""
    try:
        count, at = _directory(file)
        behind, directory_at = 0, at
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
            file.seek(found.at)
            local = file.read(ENTRY_HEADER.size)
            if not local.startswith(ENTRY):
                raise ArchiveUnreadable(f"{path}: {name} is not where the directory says.")
            *_, local_name_size, local_extra_size = ENTRY_HEADER.unpack(local)
            if file.read(local_name_size) != raw_name:
                raise ArchiveUnreadable(f"{path}: {name} has another name where its bytes are.")
            if _said(local, file.read(local_extra_size)) != _listed(fixed, extra):
                raise ArchiveUnreadable(f"{path}: of {name}, its directory says something else than its header.")
            data_at = found.at + ENTRY_HEADER.size + local_name_size + local_extra_size
            behind = data_at + found.size
            yield name, _Slice(file, data_at, found.size, found.crc32, name)
        if behind != directory_at:
            raise ArchiveUnreadable(f"{path}: its directory is not where its last entry ends.")
    except (struct.error, UnicodeDecodeError) as error:
        raise ArchiveUnreadable(f"{path}: it is not whole, or not a zip archive: {error}") from error


def _require_file(header: bytes, named: str) -> None:
    """Raises `ArchiveUnreadable` unless the directory calls an entry a file (APPNOTE 4.4.15): by its mode, where it has
    one, and by what MS-DOS says of it."""
    attributes = LISTED_HEADER.unpack(header)[-2]
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


def _directory(file: IO[bytes]) -> tuple[int, int]:
    """Returns how many entries the central directory has, and where it is."""
    end_at = file.seek(0, 2) - END_RECORD.size
    file.seek(max(0, end_at))
    end = file.read(END_RECORD.size)
    if not end.startswith(END):
        raise ArchiveUnreadable(
            f"{getattr(file, 'name', 'the archive')}: it has no end: it was not downloaded to its last byte."
        )
    _, _, _, _, count, _, at, _ = END_RECORD.unpack(end)
    if end_at >= LOCATOR64_RECORD.size:
        file.seek(end_at - LOCATOR64_RECORD.size)
        locator = file.read(LOCATOR64_RECORD.size)
        if locator.startswith(LOCATOR64):
            _, _, end64_at, _ = LOCATOR64_RECORD.unpack(locator)
            file.seek(end64_at)
            _, _, _, _, _, _, _, count, _, at = END64_RECORD.unpack(file.read(END64_RECORD.size))
    return count, at


def _tar_entries(file: IO[bytes], path: Path, skip: bool) -> Iterator[tuple[str, Readable]]:
    """Yields one after the other; then the two empty blocks must follow that end a whole archive."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                if not member.isreg() and not member.isdir():
                    raise ArchiveUnreadable(f"{path}: {member.name} is no file, but a link or so.")
                body = archive.extractfile(member)
                if body is not None:
                    yield member.name, body
                archive.members = []  # type: ignore[attr-defined]  # they would all be kept
    except tarfile.TarError as error:
        raise ArchiveUnreadable(f"{path}: it is not whole, or not a tar archive: {error}") from error
    if not skip:
        with suppress(OSError):
            file.seek(-1024, 2)
            if file.read(1024).strip(b"\0"):
                raise ArchiveUnreadable(f"{path}: it has no end: it was not downloaded to its last byte.")
