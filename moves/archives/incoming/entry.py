"""An entry of an archive that comes in: its bytes can be read once, in order."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.texts import kept_text
from moves.archives.incoming.errors import ArchiveDamaged, EntryDamaged, EntryRefused, Problem
from moves.archives.incoming.limits import ArchiveTally, Limits
from moves.archives.incoming.source import ARCHIVE_CHUNK, ArchiveStream, ReadAhead

OTHER_CRC32 = kept_text("Its CRC-32 is %(crc32)s, but the archive says %(said)s: it is damaged.")
END_UNKNOWN = kept_text("Nothing behind %(name)s can be read, since the archive does not say where that entry ends.")
TOO_LARGE = kept_text("It has more than %(most)s bytes, which no document has.")
NO_ENTRY_THERE = kept_text("At byte %(at)s of the archive an entry should begin, but doesn't: it is damaged.")

UNREAD, READING, READ = range(3)


@dataclass(slots=True)
class EntryFacts:
    """What an archive says of an entry before its bytes: see the description of the package.

    `packed`: bytes in the archive, None where only their end will tell.
    """

    name: str
    problem: Problem | None
    size: int | None
    packed: int | None
    crc32: int | None
    at: int
    data_at: int
    next_at: int | None


class IncomingEntry:
    """An entry that is stored as it is; its attributes are those of `EntryFacts`, and what its bytes show.

    `same_as`: the name of an entry before it whose bytes are its own as well, as a hard link in a tar says.

    Formats subclass it for what is packed, and for what follows the bytes.
    """

    compressed = False
    has_crc32 = True

    __slots__ = (
        "_crc_before",
        "_given",
        "_limits",
        "_source",
        "_state",
        "_tally",
        "at",
        "crc32",
        "data_at",
        "folder",
        "name",
        "next_at",
        "packed",
        "problem",
        "same_as",
        "size",
    )

    def __init__(self, source: ReadAhead, limits: Limits, tally: ArchiveTally, facts: EntryFacts) -> None:
        self.name = facts.name
        self.problem = facts.problem
        self.same_as = ""
        self.size = facts.size
        self.packed = facts.packed
        self.crc32 = facts.crc32
        self.at = facts.at
        self.data_at = facts.data_at
        self.next_at = facts.next_at
        self.folder = facts.name[-1:] == "/"
        self._source = source
        self._limits = limits
        self._tally = tally
        self._state = UNREAD
        self._given = 0
        self._crc_before = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} at {self.at}>"

    def announce(self, size: int) -> None:
        """A document says that these are `size` bytes: so many are what it says they are, however well they pack. Must
        come before any of them is read."""
        self._tally.announced += size

    def skip_to(self, size: int, stream: ArchiveStream | None = None, crc32: int = 0) -> None:
        """The first `size` bytes are here already; their CRC-32 is `crc32`. `stream` has been opened behind them, or
        they are read and dropped. Only for entries that are stored, of a known size, and not begun."""
        if self.compressed or self.size is None or size > self.size or self._state != UNREAD:
            raise ValueError(f"can't go on inside of {self.name!r}")
        if stream is None:
            self._source.skip(size, of_entry=True)
        else:
            self._source.continue_with(stream, self.data_at + size)
        self._given = size
        self._crc_before = crc32

    def chunks(self, *, checked: bool = True) -> Iterator[memoryview | bytes]:
        """Yields its bytes, and ends only where all were there. Raises `EntryDamaged`, `EntryRefused`, `ArchiveCut`,
        `ArchiveRefused`. Unless `checked`, `confirm` must follow."""
        pieces = self._begin()
        checked = checked and self.has_crc32
        crc32 = self._crc_before
        for piece in pieces:
            if checked:
                crc32 = zlib.crc32(piece, crc32)
            yield piece
        problem = self._end()
        if problem is not None:
            raise EntryDamaged(problem.code, problem.sentence)
        if checked:
            self.confirm(crc32)

    def whole(self, most: int) -> bytes:
        """Returns all of its bytes. Raises what `chunks` does, and `EntryRefused` where there are more than `most`."""
        if self.size is not None and self.size > most:
            raise _too_large(most)
        if self._lies_here():
            return self._at_once()
        held, size = [], 0
        for piece in self.chunks():
            size += len(piece)
            if size > most:
                raise _too_large(most)
            held.append(piece)
        return bytes(held[0]) if len(held) == 1 else b"".join(held)

    def _lies_here(self) -> bool:
        """Whether it is one of the many small ones whose bytes are in memory already: not worth a generator."""
        source = self._source
        return (
            not self.compressed
            and self.problem is None
            and self._state == UNREAD
            and self._given == 0
            and (self.packed or 0) <= len(source.held) - source.pos
        )

    def _at_once(self) -> bytes:
        """What `chunks` does, in one step."""
        body = self._source.take(self.packed or 0)
        self._given = len(body)
        self._tally.add_bytes(self._limits, len(body), len(body))
        problem = self._end()
        if problem is not None:
            raise EntryDamaged(problem.code, problem.sentence)
        if self.has_crc32:
            self.confirm(zlib.crc32(body))
        return body

    def confirm(self, crc32: int) -> None:
        """Compares the CRC-32 of all of its bytes with the archive's. Raises `EntryDamaged`."""
        if self.crc32 is not None and self.crc32 != crc32:
            raise EntryDamaged("crc_differs", OTHER_CRC32 % {"crc32": f"{crc32:08x}", "said": f"{self.crc32:08x}"})

    def finish(self) -> None:
        """Goes to its end, over what nobody has read. Raises `ArchiveError` where the end can't be found."""
        if self._state == READ:
            return
        self._drain()
        self._end()  # what it says of bytes that nobody wanted is of no interest

    def _begin(self) -> Iterator[memoryview | bytes]:
        if self.problem is not None:
            raise EntryRefused(self.problem.code, self.problem.sentence)
        if self._state != UNREAD:
            raise ValueError(f"{self.name!r} has been read")
        self._state = READING
        return self._unpacked()

    def _unpacked(self) -> Iterator[memoryview | bytes]:
        """Yields the bytes, without a check of the CRC-32."""
        source, size = self._source, self.packed or 0
        while self._given < size:
            piece = source.some(min(size - self._given, ARCHIVE_CHUNK))
            self._given += len(piece)
            self._tally.add_bytes(self._limits, len(piece), self._given)
            yield piece

    def _drain(self) -> None:
        if self.packed is None:
            raise ArchiveDamaged("end_unknown", END_UNKNOWN % {"name": repr(self.name)})
        self._source.skip(self.packed - self._given, of_entry=True)
        self._given = self.packed

    def _end(self) -> Problem | None:
        """Takes what follows the bytes. Returns what it shows to be wrong with them."""
        self._state = READ
        return None


class Remark(IncomingEntry):
    """Not an entry, but something that is to be said of the whole archive. `at`: where its entries end, so that
    whoever goes on there reads the end again."""

    __slots__ = ()

    def __init__(self, source: ReadAhead, limits: Limits, tally: ArchiveTally, problem: Problem, at: int) -> None:
        super().__init__(source, limits, tally, EntryFacts("", problem, 0, 0, None, at, at, at))
        self._state = READ


def _too_large(most: int) -> EntryRefused:
    return EntryRefused("document_too_large", TOO_LARGE % {"most": most})
