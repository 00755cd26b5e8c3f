"""An entry of an archive, and the index that all entries of an export stand in."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from struct import Struct

from importers.content import stored
from importers.errors import SERVICE_ERRORS, may_pass

# Offset in the spool of documents, and of the name in the names; size; where the entry is in its part as zip,
# its record in the central directory, and where it is in its part as tar; time; CRC-32; bytes of the name, of the key;
# whether a zip says the time in UTC as well, which those don't that were laid out by an earlier version.
ENTRY_RECORD = Struct("<6QqI2H?7x")
RECORDS_AT_ONCE = 4096  # records that are read together
INDEX = b"the index of the archive"  # what is said to be missing where that can't be read


class EntryMissing(Exception):
    """The bytes of an entry are missing, too few, others than they were, or can't be read: the archive must break off
    there. `name`: of the entry. `may_pass`: it is the storage that does not answer, which says nothing of the bytes."""

    def __init__(self, name: bytes, cause: Exception) -> None:
        self.name = name.decode()
        self.may_pass = may_pass(cause)
        super().__init__(f"{self.name}: {type(cause).__name__}: {cause}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in an archive.

    `name` is its path in UTF-8; `modified` seconds since the epoch, which a zip has as they are if it is `stamped`. Its
    bytes are the content with the storage key `key`, or, where that is empty, a document in the spool at `at`.
    """

    name: bytes
    size: int
    crc32: int
    modified: int
    key: bytes
    at: int
    zip_at: int
    directory_at: int
    tar_at: int
    stamped: bool


class Index(AbstractContextManager["Index"]):
    """The entries `first` up to `stop` of an index in the storage: those of one part. It reads ahead from the storage,
    which ends with its `with` block, or when it is closed."""

    def __init__(self, records_key: str, names_key: str, first: int, stop: int) -> None:
        self.first, self.stop = first, stop
        self._records = _Slices(records_key)
        self._names = _Slices(names_key)

    def entries_from(self, number: int) -> Iterator[Entry]:
        """Yields the entries from the one of this number (among all of the export) on. Reads some thousand at a time.
        Raises `EntryMissing`."""
        while number < self.stop:
            count = min(RECORDS_AT_ONCE, self.stop - number)
            records = list(ENTRY_RECORD.iter_unpack(self._read(number, count)))
            names_at, last = records[0][1], records[-1]
            names_size = last[1] + last[8] + last[9] - names_at
            names = self._names.read(names_at, names_size, None if number + count < self.stop else names_size)
            for at, name_at, size, zip_at, directory_at, tar_at, modified, crc32, *sizes, stamped in records:
                name_size, key_size = sizes
                begin = name_at - names_at
                middle = begin + name_size
                name, key = names[begin:middle], names[middle : middle + key_size]
                yield Entry(name, size, crc32, modified, key, at, zip_at, directory_at, tar_at, stamped)
            number += count

    def last_not_after(self, offset: int, column: int) -> int:
        """Returns the number of the last entry whose `column` of the record is at most `offset`. Reads one record per
        step, until what is left is read together."""
        low, high = self.first, self.stop - 1
        while low < high:
            if high - low < RECORDS_AT_ONCE:
                self._read(low, high - low + 1)
            middle = (low + high + 1) // 2
            if ENTRY_RECORD.unpack(self._read(middle, 1))[column] <= offset:
                low = middle
            else:
                high = middle - 1
        return low

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is read ahead."""
        self._records.close()
        self._names.close()

    def _read(self, number: int, count: int) -> bytes:
        wanted = (self.stop - number if count > 1 else count) * ENTRY_RECORD.size
        return self._records.read(number * ENTRY_RECORD.size, count * ENTRY_RECORD.size, wanted)


class _Slices:
    """Slices of what every entry stands in. The last one is held, since a small part is all in it."""

    def __init__(self, key: str) -> None:
        self._reading = stored.SpoolReading(key)
        self._at, self._held = 0, b""

    def read(self, start: int, size: int, wanted: int | None) -> bytes:
        """Returns `size` bytes. `wanted`: how many will be read from there on; None where that is not known. Raises
        `EntryMissing`."""
        if not (self._at <= start and start + size <= self._at + len(self._held)):
            try:
                self._held = self._reading.read(start, size, stored.AHEAD if wanted is None else wanted)
            except (stored.Incomplete, *SERVICE_ERRORS) as cause:
                raise EntryMissing(INDEX, cause) from cause
            self._at = start
        return self._held[start - self._at : start - self._at + size]

    def close(self) -> None:
        self._reading.close()


ZIP_AT, DIRECTORY_AT, TAR_AT = 3, 4, 5  # columns of a record
