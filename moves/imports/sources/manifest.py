"""The manifest of an archive of ours, fetched before anything else where that can be done, so that the bytes of every
entry are compared with it before their record appears.

It stands in a scratch database on the disk: there may be ten million entries.
"""

import json
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from importers.text import keepable
from moves.archives.incoming import ArchiveError, ArchiveTally, Limits, entries
from moves.archives.layout import EntryKind, place_of
from moves.imports.proof import Line
from moves.imports.sources.parts import ArchivePart, LocalPart
from moves.imports.sources.seeking import Skipping

LONGEST_LINE = 1024 * 1024  # bytes
LINES_AT_ONCE = 1_000  # lines
TAIL = 64 * 1024  # bytes of a zip's end that are looked at
DIRECTORY, END, END64, LOCATOR = b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7"


class ManifestUnreadable(Exception):
    """There is a manifest, but it is not as ours are. Its text is a sentence."""


@dataclass(frozen=True)
class ManifestLine:
    """What the manifest says of an entry."""

    number: int
    size: int
    sha256: str


class Manifest:
    """Every line of a manifest. `head` is what it says of all; `root` the folder, with its slash, that all is in."""

    def __init__(self, root: str, pieces: Iterable[bytes | memoryview], limits: Limits) -> None:
        """Reads it. Raises `ManifestUnreadable`, and what reading raises."""
        self.root = root
        self.head: dict[str, Any] = {}
        self._scratch = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # a file without a name
        self._scratch.execute("PRAGMA journal_mode=OFF")
        self._scratch.execute("CREATE TABLE lines (n INTEGER PRIMARY KEY, path TEXT, part, size, sha256)")
        self._seen = bytearray()  # a bit per line
        self._scratch.execute("BEGIN")
        try:
            self._load(pieces, limits)
            self._scratch.execute("CREATE UNIQUE INDEX by_path ON lines (path)")
        except sqlite3.IntegrityError as twice:
            self.close()
            raise ManifestUnreadable("The manifest names an entry twice.") from twice
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._scratch.close()

    def find(self, path: str) -> ManifestLine | None:
        """What it says of an entry."""
        row = self._scratch.execute("SELECT n, size, sha256 FROM lines WHERE path = ?", (path,)).fetchone()
        return ManifestLine(*row) if row else None

    def part_of(self, path: str) -> int | None:
        """The number of the part that has an entry."""
        row = self._scratch.execute("SELECT part FROM lines WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def note_seen(self, number: int) -> bool:
        """This entry came. Gives whether that was the first time."""
        bit = 1 << number % 8
        new = not self._seen[number // 8] & bit
        self._seen[number // 8] |= bit
        return new

    def forget_seen(self, path: str) -> None:
        """This entry comes again, since it is read again."""
        if (listed := self.find(path)) is not None:
            self._seen[listed.number // 8] &= ~(1 << listed.number % 8)

    def note_seen_before(self, part: int, entries: int) -> None:
        """The first so many entries of a part came in an earlier run: lines are in the order of the archives."""
        for (number,) in self._scratch.execute(
            "SELECT n FROM lines WHERE part = ? ORDER BY n LIMIT ?", (part, entries)
        ):
            self.note_seen(number)

    def unseen(self) -> Iterator[str]:
        """The paths of entries that should be in the archives, and never came. Readable ones are made of others."""
        readable = f"{self.root}Readable/"
        for number, path in self._scratch.execute("SELECT n, path FROM lines WHERE part IS NOT NULL ORDER BY n"):
            if not self._seen[number // 8] & 1 << number % 8 and not path.startswith(readable):
                yield path

    def lines(self) -> Iterator[Line]:
        """All of it, in order."""
        for path, size, sha256 in self._scratch.execute("SELECT path, size, sha256 FROM lines ORDER BY n"):
            yield Line(path, size, sha256)

    def _load(self, pieces: Iterable[bytes | memoryview], limits: Limits) -> None:
        """A line of its own for what it says of all, and one for each entry."""
        lines = _lines_of(pieces)
        try:
            head = json.loads(next(lines, b"") + b"]}")
            if not isinstance(head, dict) or head.get("version") != 1:
                raise ManifestUnreadable("The manifest is of a kind that this server does not know.")
            self.head = head
            held: list[tuple[Any, ...]] = []
            number = 0
            for line in lines:
                if line.startswith(b"{"):
                    held.append((number, *_row(json.loads(line.rstrip(b", \r")))))
                    number += 1
                elif line.strip() not in (b"]}", b""):
                    raise ManifestUnreadable("The manifest has a line that is no entry.")
                if len(held) >= LINES_AT_ONCE:
                    self._add(held)
                if number > limits.most_entries:
                    raise ManifestUnreadable("The manifest names more entries than this server takes at once.")
            self._add(held)
            self._seen = bytearray(number // 8 + 1)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ManifestUnreadable("The manifest is damaged.") from error

    def _add(self, rows: list[tuple[Any, ...]]) -> None:
        self._scratch.executemany("INSERT INTO lines (n, path, part, size, sha256) VALUES (?, ?, ?, ?, ?)", rows)
        rows.clear()


def _row(entry: dict[str, Any]) -> tuple[str, int | None, int, str]:
    path, part, size, sha256 = entry["path"], entry["part"], entry["size"], entry["sha256"]
    if not (isinstance(path, str) and isinstance(sha256, str) and len(sha256) == 64):
        raise ValueError("not an entry")
    if not isinstance(size, int) or not 0 <= size < 2**63:
        raise ValueError("not an entry")
    if part is not None and not (isinstance(part, int) and 0 <= part < 2**31):
        raise ValueError("not an entry")
    if keepable(path) != path or keepable(sha256) != sha256:
        raise ValueError("not an entry")
    return path, part, size, sha256


def _lines_of(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        *lines, held = (held + piece).split(b"\n")
        yield from lines
        if len(held) > LONGEST_LINE:
            raise ManifestUnreadable("The manifest has a line that is far too long.")
    if held:
        yield held


# Where it is


def fetch(part: ArchivePart, limits: Limits, still_mine: Callable[[], None]) -> Manifest | None:
    """The manifest that ends the first part, or None where there is none, or where only reading everything before it
    would tell. Raises `ManifestUnreadable`, and what opening and reading a part raise."""
    with closing(part.open()) as stream:
        if not stream.resumes or not stream.size:
            return None
        size, etag = stream.size, stream.etag
        begin = stream.read(4)
    if begin.startswith(b"PK"):
        at = _last_entry(part, size, etag)
        return None if at is None else _read(part, at, etag, limits, still_mine)
    if isinstance(part, LocalPart):  # a tar: its headers are gone through, and nothing else
        return _read(part, 0, etag, limits, still_mine)
    return None


def _read(part: ArchivePart, at: int, etag: str, limits: Limits, still_mine: Callable[[], None]) -> Manifest | None:
    """The manifest, from the entry at `at` on."""
    with Skipping(part, at, etag) as stream:
        if stream.at != at:
            return None
        try:
            for entry in entries(stream, offset=at, limits=limits, tally=ArchiveTally()):
                still_mine()
                place = place_of(entry.name)
                if place.kind is EntryKind.MANIFEST and entry.problem is None:
                    return Manifest(place.root, entry.chunks(), limits)
        except ArchiveError as error:
            if at:
                raise ManifestUnreadable(f"The manifest can't be read: {error.problem.sentence}") from error
    return None


def _last_entry(part: ArchivePart, size: int, etag: str) -> int | None:
    """Where the last entry of a zip is, if it is a manifest: that is what the last record of its directory says."""
    first = max(0, size - TAIL)
    tail = _piece(part, first, size - first, etag)
    end = tail.rfind(END)
    try:
        if end < 0:
            return None
        directory_size, directory_at = struct.unpack("<2L", tail[end + 12 : end + 20])
        locator = tail[end - 20 : end] if end >= 20 else b""
        if locator.startswith(LOCATOR):
            end64 = struct.unpack("<Q", locator[8:16])[0]
            found = tail[end64 - first :][:56] if end64 >= first else _piece(part, end64, 56, etag)
            if not found.startswith(END64):
                return None
            directory_size, directory_at = struct.unpack("<2Q", found[40:56])
        stop = directory_at + directory_size - first
        if not 0 < stop <= len(tail):
            return None
        return _manifest_in(tail[:stop])
    except struct.error:
        return None


def _manifest_in(directory: bytes) -> int | None:
    """Where the entry of the last record in the end of a directory is, if it is a manifest."""
    at = directory.rfind(DIRECTORY)
    while at >= 0:
        record = directory[at:]
        if len(record) >= 46:
            name_size, extra_size, comment_size = struct.unpack("<3H", record[28:34])
            if 46 + name_size + extra_size + comment_size == len(record):
                name = record[46 : 46 + name_size].decode(errors="replace")
                if place_of(name).kind is not EntryKind.MANIFEST:
                    return None
                return _local_at(record, name_size, extra_size)
        at = directory.rfind(DIRECTORY, 0, at)
    return None


def _local_at(record: bytes, name_size: int, extra_size: int) -> int:
    """Where a record of the directory says that its entry is; far ones say it in the zip64 field."""
    packed, unpacked = struct.unpack("<2L", record[20:28])
    at = int(struct.unpack("<L", record[42:46])[0])
    extra = record[46 + name_size : 46 + name_size + extra_size]
    while at == 0xFFFFFFFF and len(extra) >= 4:
        kind, length = struct.unpack("<2H", extra[:4])
        if kind == 1:
            before = 8 * (unpacked == 0xFFFFFFFF) + 8 * (packed == 0xFFFFFFFF)
            return int(struct.unpack("<Q", extra[4 + before : 12 + before])[0])
        extra = extra[4 + length :]
    return at


def _piece(part: ArchivePart, at: int, size: int, etag: str) -> bytes:
    """Some bytes of a part. Fewer where it has become another one meanwhile."""
    held = bytearray()
    with closing(part.open(at, etag)) as stream:
        if stream.offset != at:
            return b""
        while len(held) < size and (piece := stream.read(size - len(held))):
            held += piece
    return bytes(held)
