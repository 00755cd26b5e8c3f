"""The central directory at the end of a zip, compared with the entries that were read before it."""

from collections.abc import Iterator

from accounts.texts import kept_text
from moves.archives.incoming.errors import BYTES_BEHIND, ArchiveDamaged, ArchiveRefused, Problem
from moves.archives.incoming.limits import Limits
from moves.archives.incoming.records import (
    CENTRAL_HEADER,
    END,
    END64,
    END64_RECORD,
    END_RECORD,
    IN_ZIP64,
    LISTED_HEADER,
    LOCATOR64,
    LOCATOR64_RECORD,
    SIGNATURE,
    UNIX_LINK,
    widened,
)
from moves.archives.incoming.source import ReadAhead
from moves.archives.zips import MOST_PLAIN_ENTRIES

LISTS_OTHERS = kept_text(
    "The directory at the end lists %(listed)s entries of %(seen)s that are in the archive. All that are in it were "
    "read."
)
TELLS_OTHERS = kept_text(
    "The directory at the end tells of names, sizes or CRC-32 that the entries themselves don't have. The entries were "
    "taken at their word."
)
OTHER_PLACE = kept_text("The end of the archive says another size or place of its directory.")
LINKS_AS_FILES = kept_text(
    "%(links)s entries, the first one %(first)s, are links: they came in as small files that hold the path they lead "
    "to."
)
LISTS_TOO_MANY = kept_text("The directory at the end lists more than %(most)s entries.")
END_DAMAGED = kept_text("The end of the archive is damaged.")
END_MISSING = kept_text("Behind the directory of the archive its end should stand.")

LARGEST_END64 = 1024 * 1024  # bytes of the zip64 end record, whose length is free; it has 56


class ZipDirectory:
    """What was seen of a zip from `offset` on, and whether the directory lists the same, in whatever order.

    Holds two numbers: how many entries, and the sum of their hashes. Python's hash of bytes has a key that is new in
    every process, so nobody can make entries whose sums are the same.
    """

    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._seen = 0
        self._sum = 0
        self._listed = 0  # all of the directory
        self._links = 0
        self._first_link = b""

    def add(self, raw_name: bytes, crc32: int | None, packed: int | None, size: int | None, at: int) -> None:
        """An entry that was read."""
        self._seen += 1
        self._sum += hash((raw_name, crc32, packed, size, at))

    def read(self, source: ReadAhead, limits: Limits) -> Iterator[Problem]:
        """Reads on from where the directory begins to the end of the archive. Yields what is to be said of it; raises
        `ArchiveCut`, `ArchiveDamaged`, `ArchiveRefused`."""
        begin = source.at
        seen, total = self._listing(source, limits)
        size = source.at - begin
        lies = self._end(source, begin, size)
        if seen != self._seen:
            yield Problem(
                "directory_differs",
                LISTS_OTHERS % {"listed": seen, "seen": self._seen},
            )
        elif total != self._sum:
            yield Problem("directory_differs", TELLS_OTHERS)
        elif lies:
            yield Problem("end_differs", OTHER_PLACE)
        if self._links:
            first = self._first_link.decode(errors="replace")
            yield Problem("links_as_files", LINKS_AS_FILES % {"links": self._links, "first": repr(first)})
        if not source.zeros_follow():
            yield BYTES_BEHIND

    def _listing(self, source: ReadAhead, limits: Limits) -> tuple[int, int]:
        """Returns how many of the entries from `offset` on it lists, and the sum of their hashes."""
        count, total, fixed = 0, 0, LISTED_HEADER.size
        while True:
            if source.ahead(4) < 4:
                raise source.cut()
            if not source.held.startswith(CENTRAL_HEADER, source.pos):
                return count, total
            (_, made_by, _, _, _, _, _, crc32, packed, size, name_size, extra_size, comment_size, _, _, mode, at) = (
                LISTED_HEADER.unpack(source.take(fixed))
            )
            name = source.take(name_size)
            extra = source.take(extra_size)
            if comment_size:
                source.skip(comment_size)
            self._listed += 1
            if self._listed > limits.most_entries:
                raise ArchiveRefused("too_many_entries", LISTS_TOO_MANY % {"most": limits.most_entries})
            if IN_ZIP64 in (packed, size, at):
                size, packed, at = widened(extra, size, packed, at) or (size, packed, at)
            if at < self._offset:
                continue
            count += 1
            total += hash((name, crc32, packed, size, at))
            if made_by >> 8 == 3 and mode >> 16 & 0o170000 == UNIX_LINK:
                self._links += 1
                self._first_link = self._first_link or name

    def _end(self, source: ReadAhead, begin: int, size: int) -> bool:
        """Reads the records behind the listing. Whether they lie about it."""
        wide: tuple[int, int, int] | None = None
        lies = False
        while True:
            if source.ahead(4) < 4:
                raise source.cut()
            at = source.at
            kind = source.held[source.pos : source.pos + 4]
            if kind == END:
                _, _, _, _, count, said, place, comment = END_RECORD.unpack(source.take(END_RECORD.size))
                source.skip(comment)
                if wide is None:
                    true = self._listed & MOST_PLAIN_ENTRIES, size & IN_ZIP64, begin & IN_ZIP64
                    return lies or (count, said, place) != true
                return lies or wide != (self._listed, size, begin)
            if kind == END64:
                _, rest, _, _, _, _, _, count, said, place = END64_RECORD.unpack(source.take(END64_RECORD.size))
                if not END64_RECORD.size - 12 <= rest <= LARGEST_END64:
                    raise ArchiveDamaged("end_damaged", END_DAMAGED)
                source.skip(rest - (END64_RECORD.size - 12))
                wide = count, said, place
                end64_at = at
            elif kind == LOCATOR64:
                _, _, place, _ = LOCATOR64_RECORD.unpack(source.take(LOCATOR64_RECORD.size))
                lies = lies or wide is None or place != end64_at
            elif kind == SIGNATURE:
                source.skip(int.from_bytes(source.take(6)[4:], "little"))
            else:
                raise ArchiveDamaged("end_damaged", END_MISSING)
