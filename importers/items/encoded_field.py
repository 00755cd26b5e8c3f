"""A text in an item's JSON that is bytes in base64, found while the JSON comes: none of it need be in memory.

The text is a member of the item, or of what an envelope holds. Nothing here judges the JSON: what is found is believed
only where the item, parsed without the text, has it where it should be.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto

from accounts.strict_json import TooManyValues

MOST_MARKS = 4  # times the values that are parsed: each of them has a comma, a colon, and a bracket at both ends
LONGEST_KEY = 256  # bytes of a name that may be the one looked for, however it is escaped
_MARK = re.compile(rb'["\[\]{},:]')
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_ESCAPE = re.compile(rb"\\u([0-9a-fA-F]{4})")


class PieceKind(Enum):
    """What a piece of JSON is."""

    REST = auto()
    TEXT = auto()  # between the quotation marks, which belong to neither
    END = auto()  # of the text


class FieldFinder:
    """Divides the JSON of an item into its text and the rest, as it comes. `name`: of the member; `most`: values that
    are parsed of it. The first such text counts."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name.encode()
        self._left = MOST_MARKS * most
        self._most = most
        self._open = bytearray()  # the brackets around what comes
        self._keys = [b"", b""]  # the last ones at the first two levels
        self._key: bytearray | None = None  # the name that is coming
        self._is_name = False  # whether a string would be a name
        self._in_string = self._in_text = self._is_escaped = False
        self.is_found = self.is_through = False

    def feed(self, chunk: bytes) -> Iterator[tuple[PieceKind, bytes]]:
        """Yields the pieces of what comes. Raises `TooManyValues`."""
        if self.is_through:
            yield PieceKind.REST, chunk
            return
        at = begin = 0
        while at < len(chunk):
            if self._in_string:
                end = self._string_end(chunk, at)
                if self._key is not None and len(self._key) <= LONGEST_KEY:
                    self._key += chunk[at:end]
                at = end
                if self._in_string:
                    continue
                if self._in_text:
                    yield PieceKind.TEXT, chunk[begin : at - 1]
                    self._in_text, self.is_through = False, True
                    yield PieceKind.END, b""
                    yield PieceKind.REST, chunk[at:]
                    return
                continue
            mark = _MARK.search(chunk, at)
            if mark is None:
                break
            at = mark.end()
            self._count()
            if self._meets_text(mark[0]):
                self.is_found = True
                yield PieceKind.REST, chunk[begin : at - 1]
                begin = at
        if begin < len(chunk):
            yield (PieceKind.TEXT if self._in_text else PieceKind.REST), chunk[begin:]

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooManyValues(self._most)

    def _string_end(self, chunk: bytes, at: int) -> int:
        """Returns the place behind a string's end, or that of the chunk where the string goes on."""
        if self._is_escaped:
            self._is_escaped = False
            at += 1
        found = _IN_STRING.match(chunk, at)
        end = found.end() if found else at
        if end < len(chunk):
            if chunk[end] == 0x22:
                self._in_string = False
            else:
                self._is_escaped = True  # its backslash is the last byte
            return end + 1
        return len(chunk)

    def _meets_text(self, mark: bytes) -> bool:
        """Notes a mark outside of strings. Returns whether it begins the text that is looked for."""
        level = len(self._open)
        match mark:
            case b'"':
                self._in_string = True
                if self._is_name:
                    self._key = bytearray() if level <= len(self._keys) else None
                    return False
                self._key = None
                self._in_text = self._is_here(level)
                return self._in_text
            case b"{" | b"[":
                self._open += mark
                self._is_name = mark == b"{"
            case b"}" | b"]":
                del self._open[-1:]
                self._is_name = False
            case b",":
                self._is_name = self._open[-1:] == b"{"
            case b":":
                if self._is_name and self._key is not None:
                    self._keys[level - 1 :] = [_unescaped(self._key)] + [b""] * (len(self._keys) - level)
                self._is_name, self._key = False, None
        return False

    def _is_here(self, level: int) -> bool:
        if level == 1:
            return self._open == b"{" and self._keys[0] == self._name
        return level == 2 and self._open == b"{{" and self._keys == [b"payload", self._name]


def _unescaped(key: bytearray) -> bytes:
    """Returns a name of ASCII letters, which may be escaped."""
    text = bytes(key).removesuffix(b'"')
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)).encode("utf-8", "replace"), text) if b"\\" in text else text
