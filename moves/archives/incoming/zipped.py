"""An entry of a zip: stored or packed, with its sizes before its bytes or behind them."""

from collections.abc import Iterator
from typing import Any

from accounts.texts import kept_text
from moves.archives.incoming import descriptors
from moves.archives.incoming.decoders import (
    BrokenBytes,
    Decoder,
    DictionaryTooLarge,
    ZipLzmaDecoder,
    ZlibDecoder,
    bzip2_stream,
)
from moves.archives.incoming.entry import READ, UNREAD, EntryFacts, IncomingEntry
from moves.archives.incoming.errors import ArchiveDamaged, EntryDamaged, EntryRefused, Problem
from moves.archives.incoming.limits import FREE, ArchiveTally, Limits
from moves.archives.incoming.source import ReadAhead
from moves.archives.incoming.unpacking import Unpacker

SWELLS = "entry_swells"  # the code of what unpacks to too much for its size
SKIPPED = -1  # a state: nobody has seen the bytes, so nothing can be said of them
LIES = Problem(
    "sizes_lie", kept_text("It is not of the size that the archive says: it is damaged, or made to deceive.")
)
BROKEN = Problem("entry_damaged", kept_text("It can't be unpacked: it is damaged."))
TOO_MUCH_MEMORY = Problem(
    "dictionary_too_large",
    kept_text("Unpacking it takes too much memory. Pack it again, deflated or with a smaller dictionary."),
)
SIZES_MISSING = kept_text("Behind %(name)s its sizes should follow, but don't: the archive is damaged from there on.")
DAMAGED_BEFORE = kept_text("Nothing behind %(name)s can be read, since that entry is damaged.")
ENTRY_SWELLS = kept_text("It unpacks to more than %(times)s times its size, as only an attack does.")


class ZipEntry(IncomingEntry):
    """One that is stored, or whose method nobody here knows.

    `raw_name`: its name as the directory will repeat it; `streamed`: its sizes are behind its bytes.
    """

    __slots__ = ("_streamed", "raw_name")

    def __init__(
        self,
        source: ReadAhead,
        limits: Limits,
        tally: ArchiveTally,
        facts: EntryFacts,
        raw_name: bytes,
        streamed: bool,
    ) -> None:
        super().__init__(source, limits, tally, facts)
        self.raw_name = raw_name
        self._streamed = streamed

    def _end(self) -> Problem | None:
        lie = None
        if self._streamed:
            found = descriptors.read(self._source, self.packed or 0, self.size)
            if found is None:
                raise ArchiveDamaged(
                    "descriptor_missing",
                    SIZES_MISSING % {"name": repr(self.name)},
                )
            said, true = found
            self.crc32, self.size = said.crc32, said.size
            lie = None if true else LIES
        return self._ended() or lie

    def _ended(self) -> Problem | None:
        self._state = READ
        self.next_at = self._source.at
        self._tally.packed += self.next_at - self.at
        return None


class PackedEntry(ZipEntry):
    """One that is packed. Its pieces never have more than 1 MiB, whatever it swells to."""

    __slots__ = ("_announced", "_unpacker")

    compressed = True
    exact = True  # whether its packed bytes end where what is in them does

    _unpacker: Unpacker

    def __init__(self, *facts: Any) -> None:
        super().__init__(*facts)
        self._announced = 0

    def announce(self, size: int) -> None:
        """Here they count one by one, since an entry that is not wanted may never be unpacked."""
        self._announced = size
        if self.problem is not None and self.problem.code == SWELLS and self.size is not None and self.size <= size:
            self.problem = None

    def _begin(self) -> Iterator[memoryview | bytes]:
        pieces = super()._begin()
        self._unpacker = Unpacker(self._source, self.packed, self._decoder())
        return pieces

    def _decoder(self) -> Decoder:
        """Returns what unpacks its bytes."""
        raise NotImplementedError

    def _unpacked(self) -> Iterator[memoryview | bytes]:
        while piece := self._next():
            if self.size is not None and self._given > self.size:
                raise EntryDamaged(LIES.code, LIES.sentence)
            packed, swells = max(self.packed or 0, self._unpacker.taken), self._given > max(FREE, self._announced)
            if swells and self._limits.swells(packed, self._given):
                raise EntryRefused(SWELLS, swollen(self._limits))
            yield piece

    def _next(self) -> bytes:
        """Returns the next bytes, none at the end."""
        try:
            piece = self._unpacker.next()
        except BrokenBytes as cause:
            raise _broken(cause) from cause
        self._given += len(piece)
        if self._given <= self._announced:
            self._tally.announced += len(piece)
        self._tally.add_bytes(self._limits, len(piece), self._unpacker.taken)
        return piece

    def _drain(self) -> None:
        begun = self._state != UNREAD
        if self.packed is not None:
            self._source.skip(self.packed - (self._unpacker.taken if begun else 0), of_entry=True)
            self._state = SKIPPED
            if begun:
                del self._unpacker  # with the memory that it takes
            return
        if not begun:
            self._unpacker = Unpacker(self._source, None, self._decoder())
        try:
            while self._next():
                pass
        except EntryDamaged as cause:
            raise ArchiveDamaged("end_unknown", DAMAGED_BEFORE % {"name": repr(self.name)}) from cause

    def _end(self) -> Problem | None:
        if self._state == SKIPPED:
            return super()._end()
        left = 0
        if self.packed is None:
            self.packed, self.size = self._unpacker.taken, self._given
        else:
            left = self.packed - self._unpacker.taken
            self._source.skip(left)
        del self._unpacker
        lie = super()._end()
        return LIES if (left and self.exact) or self._given != self.size else lie


class DeflatedEntry(PackedEntry):
    """One that is deflated, as nearly all are."""

    __slots__ = ()

    def _decoder(self) -> Decoder:
        return ZlibDecoder()


class Bzip2Entry(PackedEntry):
    """One that is packed with bzip2."""

    __slots__ = ()

    def _decoder(self) -> Decoder:
        return bzip2_stream()


class LzmaEntry(PackedEntry):
    """One that is packed with LZMA. Behind its last byte an end marker may stand, or not."""

    __slots__ = ()

    exact = False

    def _decoder(self) -> Decoder:
        return ZipLzmaDecoder(self.size)


def _broken(cause: BrokenBytes) -> EntryDamaged:
    problem = TOO_MUCH_MEMORY if isinstance(cause, DictionaryTooLarge) else BROKEN
    return EntryDamaged(problem.code, problem.sentence)


def swollen(limits: Limits) -> str:
    """Returns what is said of an entry that is too much for its size."""
    return ENTRY_SWELLS % {"times": limits.most_ratio}
