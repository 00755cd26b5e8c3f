"""A part as it is read: what nobody wants of it is not fetched, where that can be done."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from accounts.texts import kept_text
from moves import watch
from moves.archives.incoming.listing import NoListing, listed_names
from moves.archives.incoming.source import FAR
from moves.imports.sources.parts import ArchivePart, LocalPart, PartStream, StreamInterrupted
from moves.scratch import scratch_database

CHANGED_ON_ITS_WAY = kept_text("The archive has changed while it was fetched.")


class EndlessEntries:
    """The entries of a zip on this machine that are stored, and were written where nobody knew their sizes yet."""

    def __init__(self, part: LocalPart) -> None:
        self._scratch = scratch_database("entries (at INTEGER PRIMARY KEY, crc32, packed, size)")
        with Path(part.path).open("rb") as file, suppress(NoListing):
            found = ((one.at, *one.sizes) for one in listed_names(file) if one.sizes is not None)
            self._scratch.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?)", found)

    def close(self) -> None:
        self._scratch.close()

    def find(self, at: int) -> tuple[int, int, int] | None:
        """Returns CRC-32, packed size and size of the one at a place."""
        found = self._scratch.execute("SELECT crc32, packed, size FROM entries WHERE at = ?", (at,)).fetchone()
        return tuple(found) if found else None


class Skipping:
    """The bytes of a part from `offset` on, or from 0 where it can't begin there: `at` says where the next byte is.

    `begun_at` is where it really began. `note` is told where the next byte is, whenever that changes. Raises what
    opening and reading a part raise, and what ends the job (`moves/watch.py`).
    """

    def __init__(
        self, part: ArchivePart, offset: int = 0, etag: str = "", note: Callable[[int], None] = lambda at: None
    ) -> None:
        self._part = part
        self._note = note
        self._stream: PartStream = part.open(offset, etag)
        self.at = self.begun_at = self._stream.offset
        self._sizes: EndlessEntries | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        if self._sizes is not None:
            self._sizes.close()

    @property
    def size(self) -> int | None:
        return self._stream.size

    @property
    def etag(self) -> str:
        return self._stream.etag

    @property
    def resumes(self) -> bool:
        return self._stream.resumes

    def read(self, size: int, /) -> bytes:
        watch.look()
        piece = self._stream.read(size)
        self.at += len(piece)
        self._note(self.at)
        return piece

    def sizes_at(self, at: int) -> tuple[int, int, int] | None:
        """Returns CRC-32, packed size and size of an entry of a zip that doesn't say them, but its directory does; that
        can be read where the archive is a file of this machine."""
        if not isinstance(self._part, LocalPart):
            return None
        if self._sizes is None:
            self._sizes = EndlessEntries(self._part)
        return self._sizes.find(at)

    def skip(self, size: int) -> None:
        """Goes on `size` bytes further inside of an entry: with a new request where the peer can ranges."""
        if self.resumes and size >= FAR and (self.size is None or self.at + size <= self.size):
            self.go_to(self.at + size)
            watch.came(FAR)  # however many they are said to be: none of them came
            return
        while size:
            piece = self.read(min(size, FAR))
            if not piece:
                return  # whoever reads on finds the end
            watch.came(len(piece))
            size -= len(piece)

    def go_to(self, offset: int) -> None:
        """Goes on at another place. Raises `StreamInterrupted` where the part has become another one."""
        self._stream.close()
        self._stream = self._part.open(offset, self.etag)
        if self._stream.offset != offset:
            raise StreamInterrupted(CHANGED_ON_ITS_WAY)
        self.at = offset
        self._note(offset)
