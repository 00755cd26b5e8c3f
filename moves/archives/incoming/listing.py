"""The names in a zip that can be read at any place, by its central directory alone."""

from collections.abc import Iterator
from struct import error
from typing import BinaryIO, NamedTuple

from moves.archives.incoming import names
from moves.archives.incoming.records import (
    CENTRAL_HEADER,
    END_RECORD,
    LISTED_HEADER,
    STORED,
    STREAMED,
    UTF8,
    ListingPlace,
    directory_place,
    extra_field,
    listed,
)

LONGEST_END = END_RECORD.size + 0xFFFF  # bytes, with the longest comment (APPNOTE 4.3.16)
READ_TOGETHER = 1024 * 1024  # bytes of a directory


class NoListing(Exception):
    """The central directory is not there, or can't be followed."""


class ListedName(NamedTuple):
    """An entry as the directory names it, and where its header is. `sizes`: CRC-32, packed size and size, where its own
    header can't say them and nothing in its bytes shows where they end."""

    name: str
    at: int
    sizes: tuple[int, int, int] | None


def listed_names(file: BinaryIO) -> Iterator[ListedName]:
    """Yields what the central directory of a zip lists, in its order. Raises `NoListing`."""
    try:
        begin, count, size = _place_of(file)
        file.seek(begin)
        held, at = b"", 0
        for _ in range(count):
            while len(held) - at < LISTED_HEADER.size or len(held) - at < _length(held, at):
                more = file.read(min(READ_TOGETHER, size))
                if not more:
                    raise NoListing
                size -= len(more)
                held, at = held[at:] + more, 0
            yield _name_of(held, at)
            at += _length(held, at)
    except (error, OverflowError) as cause:
        raise NoListing from cause


def _place_of(file: BinaryIO) -> ListingPlace:
    def read(at: int, length: int) -> bytes:
        file.seek(at)
        return file.read(length)

    size = file.seek(0, 2)
    place = directory_place(read(max(0, size - LONGEST_END), LONGEST_END), read)
    if place is None:
        raise NoListing
    return place


def _length(held: bytes, at: int) -> int:
    found = listed(held, at)
    return LISTED_HEADER.size + found.name_size + found.extra_size + found.comment_size


def _name_of(held: bytes, at: int) -> ListedName:
    if not held.startswith(CENTRAL_HEADER, at):
        raise NoListing
    found, flags = listed(held, at), LISTED_HEADER.unpack_from(held, at)[3]
    name_at = at + LISTED_HEADER.size
    extra_at = name_at + found.name_size
    extra = held[extra_at : extra_at + found.extra_size]
    unicode_path = extra_field(extra, names.UNICODE_PATH) if extra else None
    name, _ = names.in_zip(held[name_at:extra_at], utf8=bool(flags & UTF8), unicode_path=unicode_path)
    found = found.widened(extra)
    endless = flags & STREAMED and found.method == STORED
    return ListedName(name, found.at, (found.crc32, found.packed, found.size) if endless else None)
