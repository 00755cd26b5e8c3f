"""Parts of a representation: RFC 9110, section 14, for one range of bytes."""

import re
from dataclasses import dataclass

# Section 14.1.1: `bytes=0-499`, `bytes=500-`, `bytes=-500`. Spaces are allowed around the elements of a list, and a
# list may have empty elements (section 5.6.1.2).
_ONE_RANGE = re.compile(
    r"bytes=[ \t,]*(?:(?P<first>\d+)-(?P<last>\d*)|-(?P<suffix>\d+))[ \t,]*", re.ASCII | re.IGNORECASE
)
_LONGEST = 200  # characters; no honest range of one part comes near


class Unsatisfiable(Exception):
    """The range lies wholly outside the representation: 416, with `content_range` (section 15.5.17)."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the representation has {size} bytes")
        self.content_range = f"bytes */{size}"


@dataclass(frozen=True)
class Span:
    """Bytes `start` up to, not including, `stop` of a representation of `size` bytes."""

    start: int
    stop: int
    size: int

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def content_range(self) -> str:
        """The value of `Content-Range` in a 206 (section 14.4)."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def requested_span(range_header: str | None, if_range: str | None, etag: str, size: int) -> Span | None:
    """The one part that a request asks for, or None where it is to be given the whole.

    Section 14.2 lets a server ignore what it doesn't understand or doesn't want to do: other units, several ranges at
    once, and a `Range` whose `If-Range` names another representation (section 13.1.5; `etag` with its quotes, compared
    strongly; a date never fits, since no `Last-Modified` is given). Raises `Unsatisfiable`.
    """
    if range_header is None or (if_range is not None and if_range.strip() != etag):
        return None
    match = _ONE_RANGE.fullmatch(range_header.strip()) if len(range_header) <= _LONGEST else None
    if match is None:
        return None
    if match["suffix"] is not None:
        return _suffix(int(match["suffix"]), size)
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else size - 1
    if match["last"] and last < first:
        return None  # invalid, so ignored (section 14.1.1)
    if first >= size:
        raise Unsatisfiable(size)
    return Span(first, min(last + 1, size), size)


def _suffix(length: int, size: int) -> Span | None:
    """The last `length` bytes. Of nothing, that is nothing: satisfiable, but no 206 can say so."""
    if length == 0:
        raise Unsatisfiable(size)
    return Span(max(0, size - length), size, size) if size else None
