"""Checking archives against their manifest, with nothing but the files.

What the manifest says stands in a scratch database on the disk while they are read: an archive may have millions of
entries, in several parts, which may come in any order.
"""

import hashlib
import sqlite3
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from importers.content.storage import STORAGE_CHUNK
from importers.text import keepable
from moves.archives.checked_zip import ArchiveUnreadable, Readable, zip_entries
from moves.archives.layout import EntryKind, is_area, place_of
from moves.archives.manifest import ManifestLines, ManifestUnreadable
from moves.archives.tars import BLOCK
from moves.scratch import scratch_database

END_OF_TAR = 2 * BLOCK  # bytes
MOST_PROBLEMS = 100  # that are told one by one


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
    return name.count("/") == 1 and not is_area(name) and place_of(name).kind is EntryKind.MANIFEST


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
            entries = zip_entries(file, path) if begin.startswith(b"PK") else _tar_entries(file, path, skip)
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


def _tar_entries(file: IO[bytes], path: Path, skip: bool) -> Iterator[tuple[str, Readable]]:
    """Yields one after the other; then the two empty blocks must follow that end a whole archive, and nothing else."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                if not member.isreg() and not member.isdir():
                    raise ArchiveUnreadable(f"{path}: {member.name} is no file, but a link or so.")
                body = archive.extractfile(member)
                if body is not None:
                    yield keepable(member.name), body  # what is no UTF-8 is in no manifest
                archive.members = []  # type: ignore[attr-defined]  # they would all be kept
            ends_at = archive.offset
    except tarfile.TarError as error:
        raise ArchiveUnreadable(f"{path}: it is not whole, or not a tar archive: {error}") from error
    if skip:
        return
    empty = 0
    file.seek(ends_at)
    while chunk := file.read(STORAGE_CHUNK):
        if chunk.strip(b"\0"):
            raise ArchiveUnreadable(f"{path}: bytes follow behind its end.")
        empty += len(chunk)
    if empty < END_OF_TAR:
        raise ArchiveUnreadable(f"{path}: it has no end: it was not downloaded to its last byte.")
