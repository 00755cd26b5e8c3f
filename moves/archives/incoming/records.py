"""The records of a zip that are not an entry's bytes, as PKWARE's APPNOTE 6.3 lays them out."""

from collections.abc import Callable
from struct import Struct, error, unpack_from
from typing import NamedTuple

ENTRY = b"PK\3\4"  # local file header, section 4.3.7
DESCRIPTOR = b"PK\7\x08"  # section 4.3.9
CENTRAL_HEADER = b"PK\1\2"  # central directory header, section 4.3.12
SIGNATURE = b"PK\5\5"  # digital signature, section 4.3.13
END64 = b"PK\6\6"  # section 4.3.14
LOCATOR64 = b"PK\6\7"  # section 4.3.15
END = b"PK\5\6"  # section 4.3.16
SPLIT = (DESCRIPTOR, b"PK00")  # what the first of several files begins with, section 8.5
FOLLOWERS = (ENTRY, CENTRAL_HEADER, END64, END)  # what may stand behind an entry

# Signature, version, flags, method, time, date; CRC-32, packed size, size; bytes of name and extra fields.
ENTRY_HEADER = Struct("<4s5H3L2H")
# Signature, made by, needed, flags, method, time, date; CRC-32, packed, size; name, extra, comment, disk, internal;
# external attributes, where the entry is.
LISTED_HEADER = Struct("<4s6H3L5H2L")
# Signature, size of the rest; versions; disks; entries here and in all; size and place of the directory.
END64_RECORD = Struct("<4sQ2H2L4Q")
LOCATOR64_RECORD = Struct("<4sLQL")  # disk, where the record above is, disks
# Signature, disks, entries here and in all; size and place of the directory; bytes of the comment.
END_RECORD = Struct("<4s4H2LH")

ENCRYPTED, STREAMED, MASKED, UTF8 = 1 << 0, 1 << 3, 1 << 13, 1 << 11  # flags, section 4.4.4
STORED, DEFLATED = 0, 8  # methods, section 4.4.5
IN_ZIP64 = 0xFFFFFFFF  # a number that stands in the zip64 field, section 4.5.3
ZIP64 = 0x0001
UNIX_LINK = 0o120000


def extra_field(extra: bytes, wanted: int) -> bytes | None:
    """Returns one of the extra fields (section 4.5.1), None where it is not there. What is not laid out as such ends
    the search: some programs pad there."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = unpack_from("<2H", extra, at)
        at += 4
        if at + size > len(extra):
            return None
        if kind == wanted:
            return extra[at : at + size]
        at += size
    return None


def widened(extra: bytes, *numbers: int) -> tuple[int, ...] | None:
    """Returns the numbers, those that are `IN_ZIP64` from the zip64 field, where they stand in this order; None where
    it lacks one."""
    if IN_ZIP64 not in numbers:
        return numbers
    field = extra_field(extra, ZIP64)
    try:
        wide = iter(unpack_from(f"<{numbers.count(IN_ZIP64)}Q", field or b""))
    except error:
        return None
    return tuple(next(wide) if number == IN_ZIP64 else number for number in numbers)


class ListedEntry(NamedTuple):
    """What the central directory says of an entry (section 4.3.12), as far as it is needed to find it; name, extra
    fields and comment of these sizes follow."""

    method: int
    crc32: int
    packed: int
    size: int
    name_size: int
    extra_size: int
    comment_size: int
    at: int

    def widened(self, extra: bytes) -> "ListedEntry":
        """Returns it with the numbers of the zip64 field, where it has one and needs it."""
        wide = widened(extra, self.size, self.packed, self.at)
        return self if wide is None else self._replace(size=wide[0], packed=wide[1], at=wide[2])


def listed(held: bytes, at: int = 0) -> ListedEntry:
    """Returns what the header that begins at this place says. Raises `struct.error` where it is not whole."""
    _, _, _, _, method, _, _, crc32, packed, size, name_size, extra_size, comment_size, _, _, _, entry_at = (
        LISTED_HEADER.unpack_from(held, at)
    )
    return ListedEntry(method, crc32, packed, size, name_size, extra_size, comment_size, entry_at)


class ListingPlace(NamedTuple):
    """Where the central directory is, how many `entries` it has, and its size in bytes."""

    at: int
    entries: int
    size: int


def directory_place(tail: bytes, read: Callable[[int, int], bytes]) -> ListingPlace | None:
    """Returns what the end records of a zip (sections 4.3.14 to 4.3.16) say of its directory; None where they are not
    there. `tail`: the last bytes of the zip; `read` returns those from a place on, so many. Raises `struct.error` where
    a record is not whole."""
    end = tail.rfind(END)
    if end < 0:
        return None
    _, _, _, _, count, size, at, _ = END_RECORD.unpack_from(tail, end)
    locator_at = end - LOCATOR64_RECORD.size
    if locator_at >= 0 and tail.startswith(LOCATOR64, locator_at):
        _, _, end64_at, _ = LOCATOR64_RECORD.unpack_from(tail, locator_at)
        found = read(end64_at, END64_RECORD.size)
        if not found.startswith(END64):
            return None
        _, _, _, _, _, _, _, count, size, at = END64_RECORD.unpack_from(found)
    return ListingPlace(at, count, size)
