"""Tar archives in the pax format (POSIX.1-2017, "pax Interchange Format"), whose layout is known beforehand."""

from moves.archives.entry import Entry

BLOCK = 512
TAPE_RECORD = 20 * BLOCK  # what an archive is padded to
LARGEST_PLAIN_SIZE = 8**11 - 1  # a size that the plain header can say
LONGEST_PLAIN_NAME = 100  # bytes of a name in the plain header


def header_size(name: bytes, size: int) -> int:
    """Returns how many bytes `header` has."""
    extended = _extended(name, size)
    return BLOCK + (BLOCK + padded(len(extended)) if extended else 0)


def header(entry: Entry) -> bytes:
    """Returns what an entry's bytes follow: its header, and before that an extended one where the plain one can't say
    it."""
    extended = _extended(entry.name, entry.size)
    plain = _block(
        _short(entry.name),
        min(entry.size, LARGEST_PLAIN_SIZE) if entry.size <= LARGEST_PLAIN_SIZE else 0,
        entry.modified,
        b"0",
    )
    if not extended:
        return plain
    before = _block(b"PaxHeaders/entry", len(extended), entry.modified, b"x")
    return before + extended.ljust(padded(len(extended)), b"\0") + plain


def padded(size: int) -> int:
    """Returns `size`, up to the end of its last block."""
    return -(-size // BLOCK) * BLOCK


def total_size(at_end: int) -> int:
    """Returns how many bytes an archive has whose last entry ends at `at_end`: two empty blocks, and what fills the
    last record."""
    return -(-(at_end + 2 * BLOCK) // TAPE_RECORD) * TAPE_RECORD


def _extended(name: bytes, size: int) -> bytes:
    """Returns the records of an extended header, empty where none is needed."""
    records = b""
    if len(name) > LONGEST_PLAIN_NAME or not name.isascii():
        records += _pax_record(b"path", name)
    if size > LARGEST_PLAIN_SIZE:
        records += _pax_record(b"size", b"%d" % size)
    return records


def _pax_record(keyword: bytes, value: bytes) -> bytes:
    """`LENGTH KEYWORD=VALUE\\n`, where the length counts its own digits."""
    rest = len(keyword) + len(value) + 3
    length = rest + len(str(rest))
    if rest + len(str(length)) != length:
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, keyword, value)


def _short(name: bytes) -> bytes:
    """Returns the name for readers that don't know extended headers."""
    return (
        name
        if len(name) <= LONGEST_PLAIN_NAME and name.isascii()
        else name.decode().encode("ascii", "replace")[-LONGEST_PLAIN_NAME:]
    )


def _block(name: bytes, size: int, modified: int, kind: bytes) -> bytes:
    """Returns a ustar header."""
    seconds = min(max(modified, 0), LARGEST_PLAIN_SIZE)
    fields = [
        name.ljust(100, b"\0"),
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        b"%011o\0" % size,
        b"%011o\0" % seconds,
        b" " * 8,
        kind,
        bytes(100),
        b"ustar\00000",
        bytes(32 + 32),
        b"0000000\0",
        b"0000000\0",
        bytes(155 + 12),
    ]
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]
