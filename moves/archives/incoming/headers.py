"""Headers of a tar: blocks of fixed fields (POSIX.1-2017, "ustar Interchange Format"), and extended ones ("pax")."""

import zlib
from typing import NamedTuple

from moves.archives.incoming.limits import LARGEST_ENTRY
from moves.archives.tars import BLOCK

EMPTY_BLOCK = bytes(BLOCK)
HALF = BLOCK // 2
CHECKSUM = slice(148, 156)


class Header(NamedTuple):
    """`name` with what GNU or ustar put before it; `kind`: the type flag; `size` in bytes; `link`: what it leads to."""

    name: bytes
    size: int
    kind: bytes
    link: bytes


def parsed(block: bytes) -> Header:
    """Returns what a block says that is a header. Raises `ValueError` where a number is none."""
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0" and block[345]:
        name = block[345:500].partition(b"\0")[0] + b"/" + name
    return Header(name, number(block[124:136]), block[156:157], block[157:257].partition(b"\0")[0])


def checks(block: bytes) -> bool:
    """Whether it is a header: its checksum is that of its bytes, with spaces in the checksum's place. Some programs
    of old took the bytes as signed."""
    try:
        said = number(block[CHECKSUM])
    except ValueError:
        return False
    total = _sum(block) - sum(block[CHECKSUM]) + 8 * ord(" ")
    if said == total:
        return True
    signed = block[:148] + b" " * 8 + block[156:]
    return said == total - 256 * sum(byte > 127 for byte in signed)


def number(field: bytes) -> int:
    """Returns a number: octal digits, or where those are too few, big-endian with the first bit set (GNU). Raises
    `ValueError`."""
    if field[0] & 0x80:
        if field[0] != 0x80:
            raise ValueError("negative, or larger than any file")
        return min(int.from_bytes(field[1:], "big"), LARGEST_ENTRY)
    digits = field.partition(b"\0")[0].strip(b" ")
    if digits and not digits.isdigit():
        raise ValueError("no number")
    return int(digits or b"0", 8)


def records(extended: bytes) -> dict[bytes, bytes]:
    """Returns the records of an extended header, each `LENGTH KEYWORD=VALUE\\n`. Raises `ValueError` where one isn't
    so."""
    found = {}
    at = 0
    while at < len(extended):
        if extended[at] == 0:  # what fills up the block, where a program counted that as well
            break
        space = extended.index(b" ", at, at + 20)
        if not extended[at:space].isdigit():
            raise ValueError("no length")
        stop = at + int(extended[at:space])
        if not space < stop - 1 < len(extended) or extended[stop - 1] != ord("\n"):
            raise ValueError("not of its length")
        keyword, equals, value = extended[space + 1 : stop - 1].partition(b"=")
        if not equals:
            raise ValueError("no value")
        found[keyword] = value
        at = stop
    return found


def _sum(block: bytes) -> int:
    """Returns the sum of the bytes. The lower half of an Adler-32 that begins with 0 is just that, modulo 65,521, which
    half a block can't reach; ten times as fast as `sum`."""
    return (zlib.adler32(block[:HALF], 0) & 0xFFFF) + (zlib.adler32(block[HALF:], 0) & 0xFFFF)
