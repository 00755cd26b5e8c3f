"""One part of an export as an archive, of which any range of bytes can be read."""

import os
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from importers.content import stored
from importers.content.outgoing import LARGEST_CHUNK
from importers.errors import SERVICE_ERRORS
from moves.archives import tars, zips
from moves.archives.entry import DIRECTORY_AT, TAR_AT, ZIP_AT, Entry, EntryMissing, Index
from moves.models import Export, Part, Spool

WatchEntry = Callable[[str, bytes], object]
Piece = Callable[[int, int], Iterator[bytes]]  # yields the bytes from one offset within it up to another
ChunkSize = Callable[[], int]
Placed = tuple[int, int, Piece]  # where it is, its size in bytes, and what it is
SMALL_FILE = 128 * 1024  # bytes up to which a file is fetched before its turn
FETCHED_AT_ONCE = 8  # such files of one download...
HELD_AT_ONCE = 64  # ...among so many pieces
SMALL_PIECE = 4  # what is less than one part in so many of a chunk is put together with what follows


class Damaged(Exception):
    """The bytes of an entry are others than those that came."""


class Archive(Protocol):
    """A part in one format. `size` in bytes; `spooled`: how many of them at most are no stored files."""

    content_type: str
    suffix: str
    size: int
    spooled: int

    def pieces(self, start: int) -> Iterator[Placed]:
        """Yields what the archive is made of, from the piece that has the byte `start` on: its place, its size, its
        bytes."""

    def close(self) -> None:
        """Ends what is read ahead."""


@dataclass(frozen=True)
class Spools:
    """Where the spool of an export is stored."""

    documents: str
    index: str
    names: str

    @classmethod
    def of(cls, export: Export) -> "Spools":
        """Returns those of the last run that made it."""
        keys = dict(Spool.objects.filter(export=export, epoch=export.epoch).values_list("kind", "storage_key"))
        return cls(keys[Spool.Kind.DOCUMENTS], keys[Spool.Kind.INDEX], keys[Spool.Kind.NAMES])

    def index_of(self, part: Part) -> Index:
        """Returns the index of a part's entries, which whoever has asked for it closes."""
        return Index(self.index, self.names, part.first_entry, part.first_entry + part.entries)


class ZipArchive:
    """A part as a zip: entries, each after its header, the central directory, and its end."""

    content_type = "application/zip"
    suffix = "zip"

    def __init__(self, part: Part, spools: Spools) -> None:
        self.size = part.zip_size
        self.spooled = part.directory_at - part.files_size
        self._part = part
        self._documents = stored.SpoolReading(spools.documents)
        self._index = spools.index_of(part)

    def pieces(self, start: int) -> Iterator[Placed]:
        directory_at, directory_size = self._part.directory_at, self._part.directory_size
        if start < directory_at:
            first = self._index.last_not_after(start, ZIP_AT)
            for entry in self._index.entries_from(first):
                header = zips.header(entry)
                yield entry.zip_at, len(header), _held(header)
                yield entry.zip_at + len(header), entry.size, EntryBody(entry, self._documents)
        if start < directory_at + directory_size:
            first = self._index.last_not_after(max(0, start - directory_at), DIRECTORY_AT)
            for entry in self._index.entries_from(first):
                record = zips.directory_record(entry)
                yield directory_at + entry.directory_at, len(record), _held(record)
        end = zips.end(self._part.entries, directory_at, directory_size)
        yield directory_at + directory_size, len(end), _held(end)

    def close(self) -> None:
        self._index.close()
        self._documents.close()


class TarArchive:
    """A part as a tar: entries, each after its header and filled up to a block, and empty blocks at the end."""

    content_type = "application/x-tar"
    suffix = "tar"

    def __init__(self, part: Part, spools: Spools) -> None:
        self.size = part.tar_size
        self.spooled = part.tar_at_end - part.files_size
        self._end = part.tar_at_end
        self._documents = stored.SpoolReading(spools.documents)
        self._index = spools.index_of(part)

    def pieces(self, start: int) -> Iterator[Placed]:
        if start < self._end:
            for entry in self._index.entries_from(self._index.last_not_after(start, TAR_AT)):
                header = tars.header(entry)
                at = entry.tar_at + len(header)
                yield entry.tar_at, len(header), _held(header)
                yield at, entry.size, EntryBody(entry, self._documents)
                yield at + entry.size, tars.padded(entry.size) - entry.size, _zeros
        yield self._end, self.size - self._end, _zeros

    def close(self) -> None:
        self._index.close()
        self._documents.close()


FORMATS: dict[str, type[ZipArchive] | type[TarArchive]] = {"zip": ZipArchive, "tar": TarArchive}


def _largest() -> int:
    return LARGEST_CHUNK


def read(
    archive: Archive,
    start: int,
    stop: int,
    *,
    check: bool = False,
    watch: WatchEntry | None = None,
    chunk_size: ChunkSize = _largest,
) -> Generator[bytes]:
    """Yields the bytes from `start` up to, not including, `stop`, in chunks of up to about `chunk_size()` bytes, which
    is asked before each.

    Raises `EntryMissing` where an entry's bytes are not there: what came before is then not whole, and must not
    look so. `check`: also where those of an entry that is read from its first byte on don't have its CRC-32; downloads
    leave that to whoever unpacks them. `watch` is shown each chunk of an entry that is checked, under its key in the
    storage, and at its end none.
    """
    held = bytearray()
    for chunk in _clipped(archive, start, stop, chunk_size, check=check, watch=watch):
        large = chunk_size()
        if len(chunk) < large // SMALL_PIECE:
            held += chunk
        else:
            if held:
                yield bytes(held)
                held.clear()
            given = [chunk]
            del chunk  # nobody holds what was given away
            yield given.pop()
        if len(held) >= large - large // SMALL_PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _clipped(
    archive: Archive, start: int, stop: int, chunk_size: ChunkSize, *, check: bool, watch: WatchEntry | None
) -> Iterator[bytes]:
    if start >= stop:
        return
    try:
        for at, size, piece in fetched_ahead(archive.pieces(start), start, stop):
            if isinstance(piece, EntryBody):
                piece.wanted, piece.chunk_size = min(stop - at, archive.spooled), chunk_size
            first, last = max(start - at, 0), min(stop - at, size)
            if first < last and check and isinstance(piece, EntryBody) and (first, last) == (0, size):
                yield from piece.checked(watch)
            elif first < last:
                yield from piece(first, last)
    finally:
        archive.close()


def fetched_ahead(pieces: Iterator[Placed], start: int, stop: int) -> Generator[Placed]:
    """Yields the pieces before `stop`. From a storage that is far away small files that follow each other are fetched
    side by side, before it is their turn: else each would wait for its own request."""
    held: deque[Placed] = deque()
    fetching: deque[EntryBody] = deque()
    try:
        for at, size, piece in pieces:
            if at >= stop:
                break
            held.append((at, size, piece))
            if isinstance(piece, EntryBody) and start <= at and at + size <= stop and piece.fetch_ahead():
                fetching.append(piece)
            while held and (len(fetching) >= FETCHED_AT_ONCE or not fetching or len(held) > HELD_AT_ONCE):
                placed = held.popleft()
                yield placed
                if fetching and placed[2] is fetching[0]:
                    fetching.popleft()
        yield from held
    finally:
        for body in fetching:
            body.forget()


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """Those of this process: a child has none of its parent's."""
    return ThreadPoolExecutor(2 * FETCHED_AT_ONCE, thread_name_prefix="fetch")


def _held(piece: bytes) -> Piece:
    return lambda first, last: iter((piece[first:last],))


def _zeros(first: int, last: int) -> Iterator[bytes]:
    while first < last:
        yield bytes(min(LARGEST_CHUNK, last - first))
        first += LARGEST_CHUNK


class EntryBody:
    """The bytes of an entry. `wanted`: how many of the archive are read from its first one on; `chunk_size`: how many
    are read at once."""

    def __init__(self, entry: Entry, documents: stored.SpoolReading) -> None:
        self._entry = entry
        self._documents = documents
        self._fetching: Future[bytes] | None = None
        self.wanted = entry.size
        self.chunk_size: ChunkSize = _largest

    def fetch_ahead(self) -> bool:
        """Begins to fetch a small file that is far away. Returns whether it did."""
        if not self._entry.key or not 0 < self._entry.size <= SMALL_FILE or not stored.is_far():
            return False
        key, size = self._entry.key.decode(), self._entry.size
        self._fetching = _threads(os.getpid()).submit(stored.read_at, key, 0, size)
        return True

    def forget(self) -> None:
        """Nobody will read it any more."""
        if self._fetching is not None:
            self._fetching.cancel()

    def __call__(self, first: int, last: int) -> Iterator[bytes]:
        try:
            if self._fetching is not None:
                yield self._fetching.result()[first:last]
            elif self._entry.key:
                yield from self._stored(self._entry.key.decode(), first, last)
            else:
                yield from self._spooled(first, last)
        except (stored.Incomplete, *SERVICE_ERRORS) as cause:
            raise EntryMissing(self._entry.name, cause) from cause

    def _spooled(self, first: int, last: int) -> Iterator[bytes]:
        while first < last:
            size = min(self.chunk_size(), last - first)
            yield self._documents.read(self._entry.at + first, size, self.wanted - first)
            first += size

    def _stored(self, key: str, first: int, last: int) -> Iterator[bytes]:
        opened = stored.open_at(key, first, last)
        try:
            while first < last:
                held = [opened.read(min(self.chunk_size(), last - first))]
                if not held[0]:
                    raise stored.Incomplete(f"{last - first} bytes are missing")
                first += len(held[0])
                yield held.pop()
        finally:
            opened.close()

    def checked(self, watch: WatchEntry | None = None) -> Iterator[bytes]:
        """Yields all of them, and the last only if they are those that came. Raises `EntryMissing`."""
        crc32 = done = 0
        for chunk in self(0, self._entry.size):
            crc32, done = zlib.crc32(chunk, crc32), done + len(chunk)
            if done == self._entry.size and crc32 != self._entry.crc32:
                raise EntryMissing(self._entry.name, Damaged("its bytes have another CRC-32"))
            if watch is not None:
                watch(self._entry.key.decode(), chunk)
            yield chunk
        if watch is not None:
            watch(self._entry.key.decode(), b"")
