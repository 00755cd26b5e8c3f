"""A `multipart/related` body (RFC 2387), read as it comes: the JSON part, then the file, never all at once."""

import re
from collections.abc import Iterator
from typing import Protocol, cast

from python_multipart.exceptions import MultipartParseError

from accounts.texts import kept_text
from importers import errors
from importers.receiving.part_events import LINE_ENDS, MAX_HEADER, FoldedHeader, PartEvents, PartHeaders
from importers.receiving.transfer_encoding import changes_size, decoded, decoded_size

BODY_CHUNK = 1024 * 1024
MAX_PREAMBLE = 64 * 1024
MAX_BOUNDARY = 70  # RFC 2046, section 5.1.1
PARTS = 2
MOST_LINE_ENDS_MISSING = 3  # bytes that a closing boundary with a bare LF before it, and nothing after it, is shorter
MAX_BEHIND = 200  # bytes behind a part that are looked at

CUT_SHORT = kept_text("The body ended before its Content-Length.")
BOUNDARY = kept_text("The boundary of multipart/related must have 1 to %(most)s characters.")
NO_PARTS = kept_text("The multipart/related body has no parts.")
THREE_PARTS = kept_text("A multipart/related body has two parts here: the item, then its file.")
NO_BOUNDARY_THERE = kept_text(
    "The Content-Length of the first part says %(said)s bytes, but the boundary that ends it does not stand there."
)
OTHER_BOUNDARY = kept_text(
    "A line of the first part begins with --, which no JSON has, and is not the boundary that the Content-Type"
    " announces."
)
NOT_WELL_FORMED = kept_text("The multipart/related body is not well formed: %(error)s")
HEADERS_GO_ON = kept_text("The headers of a part don't end, or there are more parts than two.")
NO_CLOSING_BOUNDARY = kept_text("The body has its whole Content-Length, but its closing boundary is missing.")
NO_BOUNDARY = kept_text("No line at the beginning of the body is the boundary that the Content-Type announces.")
FILE_TOO_LONG = kept_text("The Content-Length of the file's part says %(said)s bytes, more than the body brings.")
LESS_CAME = kept_text("The Content-Length of the file's part says %(said)s bytes, but %(came)s came.")
MORE_CAME = kept_text("The Content-Length of the file's part says %(said)s bytes, but %(came)s or more came.")


class ReadableBody(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes: ...


class CutShort(errors.Refusal):
    """The body ended before its Content-Length: the sender is gone, or the length is wrong."""

    def __init__(self) -> None:
        super().__init__(400, "invalid_request", CUT_SHORT)


class RelatedBody:
    """Two parts in order. Every method reads from the socket just as far as it must.

    `length` is the request's Content-Length in bytes. Raises `Refusal` where the body is not what it says, and
    `CutShort` where it ends too early; after either, nothing that came from it may be kept. `item` is what has been
    read of the JSON part, or the beginning of a body that is not what it says.
    """

    def __init__(self, stream: ReadableBody, boundary: str, length: int) -> None:
        if not 0 < len(boundary) <= MAX_BOUNDARY:
            raise errors.malformed(BOUNDARY % {"most": MAX_BOUNDARY})
        self._stream = stream
        self._boundary = boundary.encode("latin-1", "replace")
        self._left = length
        self._tail = b""  # the last bytes that were read, as many as a closing boundary has
        self._unfolded = 0  # parts whose headers were
        self.item = bytearray()
        self._parts = PartEvents(self._boundary)
        self._started = False

    def json_part(self, limit: int) -> bytes:
        """The first part, whole. Raises 413 above `limit` bytes.

        Its Content-Length is not looked at: that in the specification's own example is four bytes short, and JSON
        that is not whole is not JSON.
        """
        headers = self._next_headers()
        if headers is None:
            raise errors.malformed(NO_PARTS)
        try:
            for chunk in decoded(headers.transfer_encoding, self.part()):
                self.item += chunk
                if len(self.item) > limit:
                    raise self._too_large(headers, limit)
        finally:
            self._require_delimiters(self.item)
        return bytes(self.item)

    def file_part(self) -> "FilePart | None":
        """The second part, or None where the body ends after the first."""
        headers = self._next_headers()
        return None if headers is None else FilePart(self, headers)

    def finish(self) -> None:
        """Reads to the end. Raises unless the closing boundary and the whole length came, and no third part."""
        if self._next_headers() is not None:
            raise errors.malformed(THREE_PARTS)
        while self._left:
            self._read()  # the epilogue
        if not self._parts.have_ended:
            raise CutShort

    def part(self, announced: int | None = None) -> Iterator[memoryview]:
        """The bytes of the current part.

        Where its length is `announced`, so many bytes pass by the parser, which need not look for the boundary in them;
        if it does not stand right after them, the part is not what it says.
        """
        left = announced or 0
        while True:
            while not self._parts.events:
                if left > 0 and self._parts.are_in_plain_bytes:
                    passed = self._read(left)
                    left -= len(passed)
                    yield memoryview(passed)
                else:
                    self._feed()
            event = cast(memoryview | None, self._parts.events.popleft())
            if event is None:
                return
            left -= len(event)
            yield event

    def most_to_come(self) -> int:
        """How many bytes the current part can still have, at most: all that is left but the closing boundary."""
        parsed = [event for event in self._parts.events if event is None or isinstance(event, memoryview)]
        if None in parsed:  # the part has ended already
            return sum(len(chunk) for chunk in parsed[: parsed.index(None)] if chunk is not None)
        here = sum(len(chunk) for chunk in parsed if chunk is not None) + self._parts.held_back
        closing = len(self._boundary) + len(b"\r\n----\r\n")
        return max(0, here + self._left - closing)

    def _too_large(self, headers: PartHeaders, limit: int) -> errors.Refusal:
        """Why the first part is longer than an item may be: it may not be, and the boundary behind it is wrong."""
        if headers.content_length is not None and headers.content_length <= limit:
            return errors.malformed(NO_BOUNDARY_THERE % {"said": headers.content_length})
        return errors.payload_too_large(errors.JSON_TOO_LARGE, limit)

    def _require_delimiters(self, read: bytearray) -> None:
        """Raises where what should stand between two parts has come as a part of one: JSON has no line like it."""
        self._require_line_ends(read)
        if b"\n--" in read:
            raise errors.malformed(OTHER_BOUNDARY)

    def _require_line_ends(self, read: bytes | bytearray) -> None:
        """Raises where the boundary is a line, but it or the one before it ends otherwise than with CRLF."""
        if re.search(rb"(?:\A|[\r\n])--" + re.escape(self._boundary) + rb"(?:--)?[ \t]*(?:[\r\n]|\Z)", read):
            raise errors.malformed(LINE_ENDS)

    def require_end_of_part(self, behind: bytes) -> None:
        """Raises where the boundary stands right behind a part's announced bytes, but for the right line end."""
        if re.match(rb"[\r\n]*--" + re.escape(self._boundary) + rb"(?:--)?[ \t]*(?:[\r\n]|\Z)", behind):
            raise errors.malformed(LINE_ENDS)

    def _next_headers(self) -> PartHeaders | None:
        while not self._parts.events:
            if self._parts.have_ended:
                return None
            self._feed()
        return cast(PartHeaders, self._parts.events.popleft())

    def _feed(self) -> None:
        """One more chunk through the parser. Headers go through it whole: a folded one shows by what comes after it."""
        chunk = self._read() if self._started else self._read_preamble()
        before = self._parts.state
        while True:
            try:
                self._parts.write(chunk)
                if not self._parts.are_in_headers or not self._left:
                    return
                try:
                    chunk += self._read()
                except CutShort:
                    if self._parts.events:
                        return  # what comes before the headers is there; the next one to read will find the end
                    raise
            except FoldedHeader as folded:
                chunk = self._unfold(chunk, folded.at)
            except MultipartParseError as error:
                if chunk[error.offset : error.offset + 1] == b"\n":
                    raise errors.malformed(LINE_ENDS) from error
                raise errors.malformed(NOT_WELL_FORMED % {"error": error}) from error
            # Once more from here on: nothing has been taken of what the parser found.
            self._parts.go_back(before)

    def _unfold(self, chunk: bytes, at: int) -> bytes:
        """Returns a chunk whose headers from `at` on have a line each."""
        while (end := chunk.find(b"\r\n\r\n", at)) < 0 and len(chunk) - at <= MAX_HEADER:
            chunk += self._read()
        self._unfolded += 1
        if end < 0 or self._unfolded > PARTS:
            raise errors.malformed(HEADERS_GO_ON)
        return chunk[:at] + re.sub(rb"\r\n[ \t]+", b" ", chunk[at:end]) + chunk[end:]

    def _read(self, most: int = BODY_CHUNK) -> bytes:
        if not self._left:
            if not re.search(rb"\r\n--" + re.escape(self._boundary) + rb"[ \t]*(?:\r\n?)?\Z", self._tail):
                self._require_line_ends(self._tail)
            raise errors.malformed(NO_CLOSING_BOUNDARY)
        at_once = getattr(self._stream, "at_once", BODY_CHUNK)  # less, where many bodies come in
        chunk = self._stream.read(min(at_once, most, self._left))
        if not chunk:
            raise CutShort
        self._left -= len(chunk)
        longest = len(self._boundary) + len(b"\n----\r\n")
        self._tail = chunk[-longest:] if len(chunk) >= longest else (self._tail + chunk)[-longest:]
        return chunk

    def _read_preamble(self) -> bytes:
        """Skips what may stand before the first boundary (RFC 2046, section 5.1.1), which the parser doesn't."""
        # The first delimiter, at the start of a line, with the white space behind it that transports may add.
        delimiter = re.compile(rb"(?:\A|\r\n)(--" + re.escape(self._boundary) + rb")[ \t]*(\r\n|--)")
        held = bytearray()
        while self._left and len(held) <= MAX_PREAMBLE:
            held += self._read()
            if found := delimiter.search(held):
                self._started = True
                return bytes(found[1] + found[2] + held[found.end() :])
        self.item = held
        self._require_line_ends(held)
        raise errors.malformed(NO_BOUNDARY)


class WholePart:
    """A file that has come whole. `size_at_most` in bytes."""

    def __init__(self, content: bytes) -> None:
        self.size_at_most = len(content)
        self._content = memoryview(content)

    def chunks(self) -> Iterator[memoryview]:
        """Yields all of it."""
        yield self._content


class FilePart:
    """The file of an item, as it comes. `mime` is what the sender says; `size_at_most` in bytes, from the lengths.

    Raises `Refusal` where the part says more than the body can bring, or is in an encoding that is not known here.
    """

    def __init__(self, body: RelatedBody, headers: PartHeaders) -> None:
        self.mime = headers.content_type
        # Of an encoded part some senders say how long it comes, others how long it is: its boundary ends it.
        self.announced = None if changes_size(headers.transfer_encoding) else headers.content_length
        self._body = body
        most = body.most_to_come()
        if self.announced is not None and self.announced > most + MOST_LINE_ENDS_MISSING:
            raise errors.malformed(FILE_TOO_LONG % {"said": self.announced})
        self.size_at_most = decoded_size(headers.transfer_encoding, most if self.announced is None else self.announced)
        self._decoded = decoded(headers.transfer_encoding, self._encoded())

    def chunks(self) -> Iterator[memoryview]:
        """The bytes, to the end of the body. Raises `Refusal` or `CutShort`, also after the last one."""
        yield from self._decoded
        self._body.finish()

    def _encoded(self) -> Iterator[memoryview]:
        size = 0
        for chunk in self._body.part(self.announced):
            size += len(chunk)
            if self.announced is not None and size > self.announced:
                self._body.require_end_of_part(bytes(chunk[self.announced - size :][:MAX_BEHIND]))
                break
            yield chunk
        if self.announced is not None and size != self.announced:
            words = MORE_CAME if size > self.announced else LESS_CAME
            raise errors.malformed(words % {"said": self.announced, "came": size})
