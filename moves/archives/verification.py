"""Checking archives against their manifest, with nothing but the files.

What the manifest says stands in a scratch database on the disk while they are read: an archive may have millions of
entries, in several parts, which may come in any order.
"""

import hashlib
import json
import sqlite3
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from importers.content.storage import STORAGE_CHUNK
from moves.archives.layout import MANIFEST

MOST_PROBLEMS = 100  # that are told one by one


class ArchiveUnreadable(Exception):
    """An archive that can't be read to its end, or has no manifest beside it. Its text says why."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass
class Verdict:
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


def verify(paths: list[Path]) -> Iterator[int | Verdict]:
    """Reads every entry of every archive. Gives bytes as they are read, and the verdict at the end. Raises
    `ArchiveUnreadable`."""
    verdict = Verdict()
    scratch = sqlite3.connect("", isolation_level=None)
    scratch.execute("PRAGMA journal_mode=OFF")
    scratch.execute("CREATE TABLE entries (path TEXT PRIMARY KEY, part, size, sha256, seen DEFAULT 0) WITHOUT ROWID")
    scratch.execute("BEGIN")
    try:
        _read_manifest(paths, scratch, verdict)
        for path in paths:
            for name, body in entries_of(path):
                if name.rpartition("/")[2] == MANIFEST and name.count("/") == 1:
                    _drain(body)
                    continue
                yield from _check(name, body, scratch, verdict)
        lost = scratch.execute("SELECT part, path FROM entries WHERE NOT seen ORDER BY part, path")
        for part, name in lost:
            verdict.say(f"missing: {name} (part {part + 1})")
    finally:
        scratch.close()
    yield verdict


def _check(name: str, body: Readable, scratch: sqlite3.Connection, verdict: Verdict) -> Iterator[int]:
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


def _read_manifest(paths: list[Path], scratch: sqlite3.Connection, verdict: Verdict) -> None:
    for path in paths:
        for name, body in entries_of(path, skip=True):
            if name.rpartition("/")[2] == MANIFEST and name.count("/") == 1:
                _load(body, scratch, verdict)
                return
    raise ArchiveUnreadable("None of these archives has a manifest.json. Give the first part as well.")


def _load(body: Readable, scratch: sqlite3.Connection, verdict: Verdict) -> None:
    """The manifest: a line of its own for what it says of all, and one for each entry."""
    lines = _lines_of(body)
    try:
        head = next(lines, b"").decode()
        verdict.head = json.loads(head + "]}")
        for line in lines:
            if line.startswith(b"{"):
                entry = json.loads(line.rstrip().rstrip(b","))
                if entry["part"] is None:  # an earlier export carries it
                    continue
                row = (entry["path"], entry["part"], entry["size"], entry["sha256"])
                scratch.execute("INSERT INTO entries (path, part, size, sha256) VALUES (?, ?, ?, ?)", row)
    except (ValueError, KeyError, sqlite3.IntegrityError) as error:
        raise ArchiveUnreadable(f"The manifest can't be read: {error}") from error


def _lines_of(body: Readable) -> Iterator[bytes]:
    held = b""
    while chunk := body.read(STORAGE_CHUNK):
        *lines, held = (held + chunk).split(b"\n")
        yield from lines
    if held:
        yield held


def _drain(body: Readable) -> None:
    while body.read(STORAGE_CHUNK):
        pass


# Archives


def entries_of(path: Path, skip: bool = False) -> Iterator[tuple[str, Readable]]:
    """Name and bytes of every entry, one after the other. `skip`: those that are not read need not be whole. Raises
    `ArchiveUnreadable`."""
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
    """By the central directory, one record at a time."""
    try:
        count, at = _directory(file)
        for _ in range(count):
            file.seek(at)
            fixed = file.read(46)
            if fixed[:4] != b"PK\1\2":
                raise ArchiveUnreadable(f"{path}: its directory is damaged.")
            method, crc32, packed, size = struct.unpack("<H4xLLL", fixed[10:28])
            name_size, extra_size, comment_size = struct.unpack("<3H", fixed[28:34])
            local_at = struct.unpack("<L", fixed[42:46])[0]
            name, extra = file.read(name_size).decode(), file.read(extra_size)
            at += 46 + name_size + extra_size + comment_size
            if method != 0:
                raise ArchiveUnreadable(f"{path}: {name} is compressed; this checks archives as they were downloaded.")
            size, packed, local_at = _zip64(extra, size, packed, local_at)
            file.seek(local_at)
            local = file.read(30)
            if local[:4] != b"PK\3\4":
                raise ArchiveUnreadable(f"{path}: {name} is not where the directory says.")
            local_name_size, local_extra_size = struct.unpack("<2H", local[26:30])
            if file.read(local_name_size) != name.encode():
                raise ArchiveUnreadable(f"{path}: {name} has another name where its bytes are.")
            data_at = local_at + 30 + local_name_size + local_extra_size
            yield name, _Slice(file, data_at, size, crc32, name)
    except (struct.error, UnicodeDecodeError) as error:
        raise ArchiveUnreadable(f"{path}: it is not whole, or not a zip archive: {error}") from error


def _directory(file: IO[bytes]) -> tuple[int, int]:
    """How many entries the central directory has, and where it is."""
    end_at = file.seek(0, 2) - 22
    file.seek(max(0, end_at))
    end = file.read(22)
    if end[:4] != b"PK\5\6":
        raise ArchiveUnreadable(
            f"{getattr(file, 'name', 'the archive')}: it has no end: it was not downloaded to its last byte."
        )
    count, at = struct.unpack("<H4xL", end[10:20])
    if end_at >= 20:
        file.seek(end_at - 20)
        locator = file.read(20)
        if locator[:4] == b"PK\6\7":
            file.seek(struct.unpack("<Q", locator[8:16])[0])
            count, at = struct.unpack("<Q8xQ", file.read(56)[32:56])
    return count, at


def _zip64(extra: bytes, *values: int) -> Iterable[int]:
    """The values, from the zip64 field where the plain ones say so."""
    large: list[int] = []
    while len(extra) >= 4:
        kind, length = struct.unpack("<2H", extra[:4])
        if kind == 1:
            large = list(struct.unpack(f"<{length // 8}Q", extra[4 : 4 + length]))
        extra = extra[4 + length :]
    return [large.pop(0) if value == 0xFFFFFFFF and large else value for value in values]


def _tar_entries(file: IO[bytes], path: Path, skip: bool) -> Iterator[tuple[str, Readable]]:
    """One after the other, and the two empty blocks that end a whole archive."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
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
