"""What the parser finds in a multipart body: the headers of a part, its bytes, its end."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from python_multipart.multipart import MultipartParser, MultipartState

from accounts.texts import kept_text
from importers import errors
from importers.receiving.transfer_encoding import encoding_name

MAX_HEADERS = 100  # of a part
MAX_HEADER = 64 * 1024  # bytes of one
LINE_ENDS = kept_text("The lines of a multipart body end with CRLF (RFC 2046, section 4.1.1); here some do not.")
IN_HEADERS = (
    MultipartState.HEADER_FIELD_START,
    MultipartState.HEADER_FIELD,
    MultipartState.HEADER_VALUE_START,
    MultipartState.HEADER_VALUE,
    MultipartState.HEADER_VALUE_ALMOST_DONE,
    MultipartState.HEADERS_ALMOST_DONE,
)


@dataclass(frozen=True)
class PartHeaders:
    """What stands before a part's bytes. `content_length` is None where the part does not say it, or no number."""

    content_type: str
    content_length: int | None
    transfer_encoding: str


class FoldedHeader(Exception):
    """A part's header goes on in the next line (RFC 5322, section 2.2.3), which the parser doesn't read."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at  # where its first line ends


class PartEvents:
    """The parser of a body with this boundary, and what it has found and nobody has taken yet."""

    def __init__(self, boundary: bytes) -> None:
        self.events: deque[PartHeaders | memoryview | None] = deque()  # None: the end of a part
        self._field, self._value = bytearray(), bytearray()
        self._around, self._field_end = b"", 0  # the chunk that the last header's name stands in, and where it ends
        self._headers: dict[str, str] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER,
        )

    def write(self, chunk: bytes) -> None:
        """Has the next bytes parsed. Raises `FoldedHeader`, or the parser's error where they are not well formed."""
        self._parser.write(chunk)

    @property
    def have_ended(self) -> bool:
        """Whether the closing boundary has come."""
        return self._parser.state == MultipartState.END

    @property
    def are_in_headers(self) -> bool:
        """Whether the next byte belongs to the headers of a part."""
        return self._parser.state in IN_HEADERS

    @property
    def are_in_plain_bytes(self) -> bool:
        """Whether the next byte belongs to a part's bytes, and none before it may be of a boundary."""
        return self._parser.state == MultipartState.PART_DATA and self._parser.index == 0

    @property
    def held_back(self) -> int:
        """How many bytes the parser still compares with the boundary."""
        return self._parser.index

    @property
    def state(self) -> dict[str, Any]:
        """What `go_back` takes, to parse once more what comes from here on."""
        return vars(self._parser) | {"marks": dict(self._parser.marks)}

    def go_back(self, state: dict[str, Any]) -> None:
        """Forgets what was parsed since then, of which nothing may have been taken."""
        vars(self._parser).update(state | {"marks": dict(state["marks"])})
        self.events.clear()
        self._headers = {}
        self._field, self._value = bytearray(), bytearray()

    # Its callbacks

    def _on_part_begin(self) -> None:
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._around, self._field_end = data, end

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if b"\n" in self._value:
            raise errors.malformed(LINE_ENDS)
        end = self._around.find(b"\r\n", self._field_end)
        if end >= 0 and self._around[end + 2 : end + 3] in (b" ", b"\t"):  # without its LF, the header comes once more
            raise FoldedHeader(end)
        self._headers[self._field.decode("latin-1").lower()] = self._value.decode("latin-1").strip()
        self._field, self._value = bytearray(), bytearray()

    def _on_headers_finished(self) -> None:
        length = self._headers.get("content-length", "")
        known = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
        encoding = self._headers.get("content-transfer-encoding", "")
        self.events.append(
            PartHeaders(self._headers.get("content-type", ""), known, encoding and encoding_name(encoding))
        )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.events.append(memoryview(data)[start:end])

    def _on_part_end(self) -> None:
        self.events.append(None)
