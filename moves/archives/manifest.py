"""The manifest of an archive: a line for what it says of all, and one for each entry (see "Exports" of the move
protocol)."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from accounts import strict_json
from accounts.sizes import LARGEST_COLUMN
from accounts.texts import kept_text
from importers.text import keepable

MANIFEST_OF_OTHER_KIND = kept_text("The manifest is of a kind that this server does not know.")
NO_ENTRY_IN_LINE = kept_text("The manifest has a line that is no entry.")
MANIFEST_DAMAGED = kept_text("The manifest is damaged.")
LINE_TOO_LONG = kept_text("The manifest has a line that is far too long.")

MANIFEST_VERSION = 1
LONGEST_LINE = 1024 * 1024  # bytes
LARGEST_PART_NUMBER = 2**31 - 1


class ManifestUnreadable(Exception):
    """There is a manifest, but it is not as ours are. Its text is a sentence."""


class ManifestLine(NamedTuple):
    """What a manifest says of an entry: its number among all, its path, the part of the export that has it (None where
    an earlier export carries it), its bytes, and their SHA-256 in hex."""

    number: int
    path: str
    part: int | None
    size: int
    sha256: str


class ManifestLines:
    """A manifest as it is read: `head` is what it says of all; iterating over it, once, yields each `ManifestLine`.

    Both raise `ManifestUnreadable` where it is not as ours are, and what reading its bytes raises.
    """

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        self._lines = _lines_of(pieces)
        head = strict_json.object_in(next(self._lines, b"") + b"]}")
        if head is None:
            raise _damaged()
        if head.get("version") != MANIFEST_VERSION:
            raise ManifestUnreadable(MANIFEST_OF_OTHER_KIND)
        self.head: dict[str, Any] = head

    def __iter__(self) -> Iterator[ManifestLine]:
        number = 0
        for line in self._lines:
            if line.startswith(b"{"):
                try:
                    yield _parsed(number, strict_json.loads(line.rstrip(b", \r").decode()))
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    raise _damaged() from error
                number += 1
            elif line.strip() not in (b"]}", b""):
                raise ManifestUnreadable(NO_ENTRY_IN_LINE)


def _parsed(number: int, entry: dict[str, Any]) -> ManifestLine:
    path, part, size, sha256 = entry["path"], entry["part"], entry["size"], entry["sha256"]
    if not (isinstance(sha256, str) and len(sha256) == 64 and sha256.isascii() and sha256.isalnum()):
        raise ValueError("not an entry")
    if not isinstance(path, str) or not (path.isprintable() or keepable(path) == path):
        raise ValueError("not an entry")
    if not isinstance(size, int) or not 0 <= size <= LARGEST_COLUMN:
        raise ValueError("not an entry")
    if part is not None and not (isinstance(part, int) and 0 <= part <= LARGEST_PART_NUMBER):
        raise ValueError("not an entry")
    return ManifestLine(number, path, part, size, sha256)


def _damaged() -> ManifestUnreadable:
    return ManifestUnreadable(MANIFEST_DAMAGED)


def _lines_of(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        *lines, held = (held + piece).split(b"\n")
        yield from lines
        if len(held) > LONGEST_LINE:
            raise ManifestUnreadable(LINE_TOO_LONG)
    if held:
        yield held
