"""One part of an export as an archive, of which any range of bytes can be read."""

import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Protocol

from importers.content import stored
from importers.errors import SERVICE_ERRORS
from moves.archives import tars, zips
from moves.archives.entry import DIRECTORY_AT, TAR_AT, ZIP_AT, Entry, EntryMissing, Index
from moves.models import Export, Part, Spool

WatchEntry = Callable[[str, bytes], object]
Piece = Callable[[int, int], Iterator[bytes]]  # yields the bytes from one offset within it up to another
# Bytes that are read and sent together: measured, a tenth faster than 1 MiB, and than 4.
DOWNLOAD_CHUNK = 2 * 1024 * 1024
SMALL_PIECE = DOWNLOAD_CHUNK // 4  # bytes; smaller pieces are put together


class Damaged(Exception):
    """The bytes of an entry are others than those that came."""


class Archive(Protocol):
    """A part in one format. `size` in bytes."""

    content_type: str
    suffix: str
    size: int

    def pieces(self, start: int) -> Iterator[tuple[int, int, Piece]]:
        """Yields what the archive is made of, from the piece that has the byte `start` on: its place, its size, its
        bytes."""


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


class ZipArchive:
    """A part as a zip: entries, each after its header, the central directory, and its end."""

    content_type = "application/zip"
    suffix = "zip"

    def __init__(self, part: Part, spools: Spools) -> None:
        self.size = part.zip_size
        self._part = part
        self._documents = spools.documents
        self._index = Index(spools.index, spools.names, part.first_entry, part.first_entry + part.entries)

    def pieces(self, start: int) -> Iterator[tuple[int, int, Piece]]:
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


class TarArchive:
    """A part as a tar: entries, each after its header and filled up to a block, and empty blocks at the end."""

    content_type = "application/x-tar"
    suffix = "tar"

    def __init__(self, part: Part, spools: Spools) -> None:
        self.size = part.tar_size
        self._end = part.tar_at_end
        self._documents = spools.documents
        self._index = Index(spools.index, spools.names, part.first_entry, part.first_entry + part.entries)

    def pieces(self, start: int) -> Iterator[tuple[int, int, Piece]]:
        if start < self._end:
            for entry in self._index.entries_from(self._index.last_not_after(start, TAR_AT)):
                header = tars.header(entry)
                at = entry.tar_at + len(header)
                yield entry.tar_at, len(header), _held(header)
                yield at, entry.size, EntryBody(entry, self._documents)
                yield at + entry.size, tars.padded(entry.size) - entry.size, _zeros
        yield self._end, self.size - self._end, _zeros


FORMATS: dict[str, type[ZipArchive] | type[TarArchive]] = {"zip": ZipArchive, "tar": TarArchive}


def read(
    archive: Archive, start: int, stop: int, *, check: bool = False, watch: WatchEntry | None = None
) -> Generator[bytes]:
    """Yields the bytes from `start` up to, not including, `stop`, in chunks of up to about 2 MiB.

    Raises `EntryMissing` where an entry's bytes are not there: what came before is then not whole, and must not
    look so. `check`: also where those of an entry that is read from its first byte on don't have its CRC-32; downloads
    leave that to whoever unpacks them. `watch` is shown each chunk of an entry that is checked, under its key in the
    storage, and at its end none.
    """
    held = bytearray()
    for chunk in _clipped(archive, start, stop, check=check, watch=watch):
        if len(chunk) < SMALL_PIECE:
            held += chunk
        else:
            if held:
                yield bytes(held)
                held.clear()
            yield chunk
        if len(held) >= DOWNLOAD_CHUNK - SMALL_PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _clipped(archive: Archive, start: int, stop: int, *, check: bool, watch: WatchEntry | None) -> Iterator[bytes]:
    if start >= stop:
        return
    for at, size, piece in archive.pieces(start):
        if at >= stop:
            return
        first, last = max(start - at, 0), min(stop - at, size)
        if first < last and check and isinstance(piece, EntryBody) and (first, last) == (0, size):
            yield from piece.checked(watch)
        elif first < last:
            yield from piece(first, last)


def _held(piece: bytes) -> Piece:
    return lambda first, last: iter((piece[first:last],))


def _zeros(first: int, last: int) -> Iterator[bytes]:
    while first < last:
        yield bytes(min(DOWNLOAD_CHUNK, last - first))
        first += DOWNLOAD_CHUNK


class EntryBody:
    """The bytes of an entry."""

    def __init__(self, entry: Entry, documents: str) -> None:
        self._entry = entry
        self._documents = documents

    def __call__(self, first: int, last: int) -> Iterator[bytes]:
        key, start = self._entry.key.decode(), first
        if not key:
            key, start = self._documents, self._entry.at + first
        try:
            opened = stored.open_at(key, start)
            try:
                while first < last:
                    chunk = opened.read(min(DOWNLOAD_CHUNK, last - first))
                    if not chunk:
                        raise stored.Incomplete(f"{last - first} bytes are missing")
                    first += len(chunk)
                    yield chunk
            finally:
                opened.close()
        except (stored.Incomplete, *SERVICE_ERRORS) as cause:
            raise EntryMissing(self._entry.name, cause) from cause

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
