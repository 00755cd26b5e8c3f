"""Zip archives (PKWARE's APPNOTE 6.3), stored and not deflated, so that their layout is known before a byte is read;
and entries of one that is written while its files are made, deflated, with their sizes behind them."""

import time
from struct import pack

from moves.archives.entry import Entry

LIMIT = 0xFFFFFFFF  # from here on, a number of 32 bits says that the zip64 field has it (section 4.5.3)
MOST_PLAIN_ENTRIES = 0xFFFF  # entries, without zip64
VERSION_STORED = 20  # version needed to extract
VERSION_ZIP64 = 45
UNIX = 3 << 8  # made by, so that the mode of a file counts
UTF8_FLAG = 1 << 11  # section 4.4.4, bit 11
SIZES_FOLLOW = 1 << 3  # bit 3: CRC-32 and sizes stand behind the bytes
DEFLATED = 8  # section 4.4.5
MODE = 0o100644 << 16
EXTENDED_TIME = 0x5455  # Info-ZIP's extra field of times in UTC (its proginfo/extrafld.txt, "extended timestamp")
MODIFIED_ONLY = 1  # its flags: of the three times it has the first
STAMP_SIZE = 9  # bytes
EARLIEST, LATEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # that a DOS time can say


def can_stamp(modified: int) -> bool:
    """Whether an entry can say this time, in seconds since the epoch, in UTC: the field has 32 bits with a sign."""
    return -(2**31) <= modified < 2**31


def header_size(name: bytes, size: int, *, stamped: bool) -> int:
    """Returns how many bytes `header` has."""
    return 30 + len(name) + (20 if size >= LIMIT else 0) + (STAMP_SIZE if stamped else 0)


def header(entry: Entry) -> bytes:
    """Returns the local file header, section 4.3.7; an entry's bytes follow it."""
    large = entry.size >= LIMIT
    extra = (pack("<HHQQ", 1, 16, entry.size, entry.size) if large else b"") + _stamp(entry)
    shown = LIMIT if large else entry.size
    clock, day = _dos_time(entry.modified)
    needed = VERSION_ZIP64 if large else VERSION_STORED
    fixed = pack(
        "<4s5H3L2H", b"PK\3\4", needed, UTF8_FLAG, 0, clock, day, entry.crc32, shown, shown, len(entry.name), len(extra)
    )
    return fixed + entry.name + extra


def directory_record_size(name: bytes, size: int, at: int, *, stamped: bool) -> int:
    """Returns how many bytes `directory_record` has."""
    large, far = size >= LIMIT, at >= LIMIT
    wide = (4 if large or far else 0) + (16 if large else 0) + (8 if far else 0)
    return 46 + len(name) + wide + (STAMP_SIZE if stamped else 0)


def streamed_header(name: bytes, modified: int) -> bytes:
    """Returns the local file header of an entry whose sizes aren't known yet, and may be any: `descriptor` follows its
    deflated bytes. Section 4.4.3.2: what has the zip64 field has sizes of 64 bits there."""
    entry = Entry(name, 0, 0, modified, b"", 0, 0, 0, 0, stamped=True)
    extra = pack("<HHQQ", 1, 16, 0, 0) + _stamp(entry)
    clock, day = _dos_time(modified)
    flags = UTF8_FLAG | SIZES_FOLLOW
    fixed = pack(
        "<4s5H3L2H", b"PK\3\4", VERSION_ZIP64, flags, DEFLATED, clock, day, 0, LIMIT, LIMIT, len(name), len(extra)
    )
    return fixed + name + extra


def descriptor(crc32: int, compressed: int, size: int) -> bytes:
    """Returns what follows the bytes of such an entry, section 4.3.9."""
    return pack("<4sLQQ", b"PK\7\10", crc32, compressed, size)


def directory_record(entry: Entry, compressed: int | None = None) -> bytes:
    """Returns the entry in the central directory, section 4.3.12. `compressed`: the bytes that it has in the archive,
    of one that began with a `streamed_header`."""
    streamed = compressed is not None
    taken = entry.size if compressed is None else compressed
    large, far = max(entry.size, taken) >= LIMIT, entry.zip_at >= LIMIT
    extra = (pack("<QQ", entry.size, taken) if large else b"") + (pack("<Q", entry.zip_at) if far else b"")
    if extra:
        extra = pack("<HH", 1, len(extra)) + extra
    extra += _stamp(entry)
    at = LIMIT if far else entry.zip_at
    clock, day = _dos_time(entry.modified)
    needed = VERSION_ZIP64 if large or far or streamed else VERSION_STORED
    fixed = pack(
        "<4s6H3L5H2L",
        b"PK\1\2",
        UNIX | needed,
        needed,
        UTF8_FLAG | (SIZES_FOLLOW if streamed else 0),
        DEFLATED if streamed else 0,
        clock,
        day,
        entry.crc32,
        LIMIT if large else taken,
        LIMIT if large else entry.size,
        len(entry.name),
        len(extra),
        0,
        0,
        0,
        MODE,
        at,
    )
    return fixed + entry.name + extra


def end(entries: int, directory_at: int, directory_size: int) -> bytes:
    """Returns the end of the central directory, sections 4.3.14 to 4.3.16."""
    zip64 = entries >= MOST_PLAIN_ENTRIES or directory_at >= LIMIT or directory_size >= LIMIT
    before = b""
    if zip64:
        before = pack(
            "<4sQ2H2L4Q",
            b"PK\6\6",
            44,
            UNIX | VERSION_ZIP64,
            VERSION_ZIP64,
            0,
            0,
            entries,
            entries,
            directory_size,
            directory_at,
        )
        before += pack("<4sLQL", b"PK\6\7", 0, directory_at + directory_size, 1)
    count = min(entries, MOST_PLAIN_ENTRIES)
    return before + pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, count, count, min(directory_size, LIMIT), min(directory_at, LIMIT), 0
    )


def _stamp(entry: Entry) -> bytes:
    """Returns the extra field that says the time in UTC, as DOS's can't; the same in both headers, since it has no
    other time."""
    return pack("<HHBl", EXTENDED_TIME, STAMP_SIZE - 4, MODIFIED_ONLY, entry.modified) if entry.stamped else b""


def _dos_time(seconds: int) -> tuple[int, int]:
    """Returns a time in UTC as the two numbers of section 4.4.6."""
    try:
        moment = time.gmtime(seconds)[:6]
    except (OverflowError, OSError, ValueError):
        moment = EARLIEST
    year, month, day, hour, minute, second = min(max(moment, EARLIEST), LATEST)
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
