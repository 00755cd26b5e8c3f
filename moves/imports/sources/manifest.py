"""The manifest of an archive of ours, fetched before anything else where that can be done, so that the bytes of every
entry are compared with it before their record appears.

It stands in a scratch database on the disk: there may be ten million entries.
"""

import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

from accounts.texts import kept_text
from moves.archives.incoming import ArchiveError, ArchiveTally, Limits, entries
from moves.archives.incoming.records import CENTRAL_HEADER, LISTED_HEADER, directory_place, listed
from moves.archives.layout import EntryKind, place_of, with_slashes
from moves.archives.manifest import ManifestLine, ManifestLines, ManifestUnreadable
from moves.archives.roots import Roots
from moves.imports.sources.parts import ArchivePart
from moves.imports.sources.seeking import Skipping
from moves.imports.sources.seen_names import SeenNames
from moves.scratch import scratch_database

NAMES_TWICE = kept_text("The manifest names an entry twice.")
NAMES_TOO_MANY = kept_text("The manifest names more entries than this server takes at once.")
MANIFEST_UNREADABLE = kept_text("The manifest can't be read: %(why)s", sentences=["why"])

TAIL = 64 * 1024  # bytes of a zip's end that are looked at


class Manifest:
    """Every line of a manifest, and which of its entries have been seen. `head` is what it says of all; `root` the
    folder, with its slash, that all of its lines are in: whoever has packed an archive again may have renamed it."""

    def __init__(self, pieces: Iterable[bytes | memoryview], limits: Limits, roots: Roots, folder: str) -> None:
        """Reads it; `roots` knows where entries are now, and it stands in `folder` itself. Raises `ManifestUnreadable`,
        and what reading raises."""
        self._roots = roots
        self.folder = folder
        lines = ManifestLines(pieces)
        self.head = lines.head
        self._scratch = scratch_database("lines (number INTEGER PRIMARY KEY, path TEXT, part, size, sha256)")
        try:
            count = self._load(lines, limits.most_entries)
        except BaseException:
            self.close()
            raise
        self._seen = bytearray(count // 8 + 1)  # a bit per line
        first = self._scratch.execute("SELECT path FROM lines ORDER BY number LIMIT 1").fetchone()
        self.root = place_of(first[0]).root if first else ""

    def _load(self, lines: ManifestLines, most: int) -> int:
        """Writes the lines down, and returns how many there are."""
        rows = map(tuple, _no_more_than(most, lines))  # plain tuples are bound faster
        self._scratch.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", rows)
        try:
            self._scratch.execute("CREATE UNIQUE INDEX by_path ON lines (path)")
        except sqlite3.IntegrityError as twice:
            raise ManifestUnreadable(NAMES_TWICE) from twice
        last = self._scratch.execute("SELECT max(number) FROM lines").fetchone()[0]
        return 0 if last is None else int(last) + 1

    def close(self) -> None:
        self._scratch.close()

    def find(self, path: str) -> ManifestLine | None:
        """Returns what it says of an entry, if it names it, wherever the folder is now that all is in, and whatever has
        become of capitals."""
        path = with_slashes(path)
        row = self._scratch.execute("SELECT * FROM lines WHERE path = ?", (path,)).fetchone()
        if row is None and (place := self._roots.place_of(path)).kind is not EntryKind.UNKNOWN:
            path = self.root + path[len(place.root) :]
            row = self._scratch.execute("SELECT * FROM lines WHERE path = ?", (path,)).fetchone()
            if row is None and place.kind is not EntryKind.CONTENT:  # which its document tells
                row = self._find_in_other_letters(path)
        return ManifestLine(*row) if row else None

    def _find_in_other_letters(self, path: str) -> tuple[Any, ...] | None:
        """Returns the row of the only path that differs in nothing but small and capital letters."""
        self._scratch.execute("CREATE INDEX IF NOT EXISTS by_letters ON lines (path COLLATE NOCASE)")
        query = "SELECT * FROM lines WHERE path = ? COLLATE NOCASE LIMIT 2"
        rows: list[tuple[Any, ...]] = self._scratch.execute(query, (path,)).fetchall()
        return rows[0] if len(rows) == 1 else None

    def content_of(self, path: str) -> ManifestLine | None:
        """Returns what it says of the bytes that belong to the document at this path: they are the next line."""
        document = self.find(path)
        if document is None:
            return None
        row = self._scratch.execute("SELECT * FROM lines WHERE number = ?", (document.number + 1,)).fetchone()
        return ManifestLine(*row) if row and row[1].startswith(f"{self.root}Files/") else None

    def part_of(self, path: str) -> int | None:
        """Returns the number of the part that has an entry, None where it has none or nobody knows."""
        listed = self.find(path)
        return listed.part if listed is not None else None

    def note_seen(self, number: int) -> bool:
        """This entry came. Returns whether that was the first time."""
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
            "SELECT number FROM lines WHERE part = ? ORDER BY number LIMIT ?", (part, entries)
        ):
            self.note_seen(number)

    def note_seen_among(self, names: SeenNames, root: str) -> None:
        """The entries of these names came, in an archive that is all in the folder `root`."""
        for number, path in self._scratch.execute("SELECT number, path FROM lines"):
            inside = path.removeprefix(self.root)
            if any(names.has(root + one) for one in (inside, inside.lower(), inside.upper())):
                self.note_seen(number)

    def unseen(self) -> Iterator[str]:
        """Yields the paths of entries that should be in the archives, and never came. Readable ones are made of
        others, so they are left out."""
        readable = f"{self.root}Readable/"
        rows = self._scratch.execute("SELECT number, path FROM lines WHERE part IS NOT NULL ORDER BY number")
        for number, path in rows:
            if not self._seen[number // 8] & 1 << number % 8 and not path.startswith(readable):
                yield path

    def lines(self) -> Iterator[ManifestLine]:
        """Yields all of it, in order."""
        yield from map(ManifestLine._make, self._scratch.execute("SELECT * FROM lines ORDER BY number"))


def _no_more_than(most: int, lines: Iterable[ManifestLine]) -> Iterator[ManifestLine]:
    for line in lines:
        if line.number >= most:
            raise ManifestUnreadable(NAMES_TOO_MANY)
        yield line


# Where it is


def fetch(part: ArchivePart, limits: Limits, still_mine: Callable[[], None], roots: Roots) -> Manifest | None:
    """Returns the manifest that ends the first part, which is a zip; None where there is none, or where only reading
    everything before it would tell. Raises `ManifestUnreadable`, and what opening and reading a part raise."""
    with closing(part.open()) as stream:
        if not stream.resumes or not stream.size:
            return None
        size, etag = stream.size, stream.etag
        begin = stream.read(4)
    if begin.startswith(b"PK"):
        at = _last_entry(part, size, etag)
        return None if at is None else _read(part, at, etag, limits, still_mine, roots)
    return None


def _read(
    part: ArchivePart, at: int, etag: str, limits: Limits, still_mine: Callable[[], None], roots: Roots
) -> Manifest | None:
    """Returns the manifest, if it is in one of the entries from the one at `at` on."""
    with Skipping(part, at, etag) as stream:
        if stream.at != at:
            return None
        try:
            for entry in entries(stream, offset=at, limits=limits, tally=ArchiveTally()):
                still_mine()
                place = place_of(entry.name)
                if place.kind is EntryKind.MANIFEST and entry.problem is None:
                    return Manifest(entry.chunks(), limits, roots, place.root)
        except ArchiveError as error:
            if at:
                raise ManifestUnreadable(MANIFEST_UNREADABLE % {"why": error.problem.sentence}) from error
    return None


def _last_entry(part: ArchivePart, size: int, etag: str) -> int | None:
    """Returns where the last entry of a zip is, if it is a manifest: the last record of the directory says so."""
    first = max(0, size - TAIL)
    tail = _piece(part, first, size - first, etag)

    def read(at: int, length: int) -> bytes:
        return tail[at - first :][:length] if at >= first else _piece(part, at, length, etag)

    try:
        place = directory_place(tail, read)
    except struct.error:
        return None
    if place is None:
        return None
    stop = place.at + place.size - first
    return _manifest_in(tail[:stop]) if 0 < stop <= len(tail) else None


def _manifest_in(directory: bytes) -> int | None:
    """Returns where the entry of the last record in the end of a directory is, if it is a manifest."""
    at = directory.rfind(CENTRAL_HEADER)
    while at >= 0:
        if at + LISTED_HEADER.size <= len(directory):
            found = listed(directory, at)
            name_at = at + LISTED_HEADER.size
            extra_at = name_at + found.name_size
            comment_at = extra_at + found.extra_size
            if comment_at + found.comment_size == len(directory):
                name = directory[name_at:extra_at].decode(errors="replace")
                is_manifest = place_of(name).kind is EntryKind.MANIFEST
                return found.widened(directory[extra_at:comment_at]).at if is_manifest else None
        at = directory.rfind(CENTRAL_HEADER, 0, at)
    return None


def _piece(part: ArchivePart, at: int, size: int, etag: str) -> bytes:
    """Returns some bytes of a part; fewer where it has become another one meanwhile."""
    held = bytearray()
    with closing(part.open(at, etag)) as stream:
        if stream.offset != at:
            return b""
        while len(held) < size and (piece := stream.read(size - len(held))):
            held += piece
    return bytes(held)
