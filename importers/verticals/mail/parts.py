"""The parts of a message (RFC 2046, section 5.1), found while it is read: none of them need be in memory."""

import binascii
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from accounts.texts import kept_text
from importers.verticals.mail.headers import Headers, decoded

LONGEST_HEAD = 256 * 1024  # bytes of headers that are read of a part
LONGEST_HEAD_OF_PART = 16 * 1024
MOST_HEADS = 1024 * 1024  # bytes of all headers that are read
LONGEST_BOUNDARY = 1000
MOST_PARTS = 1_000
# Each part that has parts makes its boundary one more that is looked for, and all of them are looked for anew.
MOST_LEVELS, MOST_WITH_PARTS = 20, 100
MOST_LOOKED_FOR = 128 * 1024  # bytes of all boundaries, each as often as one is made anew that is looked for beside it
TEXT_READ = 8 * 1024  # bytes of the first text
# What is broken of a message.
ENDS_EARLY = kept_text("It ends before its last part does.")
MORE_PARTS = kept_text("It has more parts than are read.")
NO_HEADERS = kept_text("It has no headers.")
NO_BOUNDARY = kept_text("It says that it has parts, and not what stands between them.")
NO_END = kept_text("Some of its parts have no end.")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_BLANKS = b" \t\r\n"
_TAG = re.compile(r"(?s)<(?:style|script)\b.*?</(?:style|script)\s*>|<[^<>]*>", re.IGNORECASE)


@dataclass(eq=False)
class MessagePart:
    """One part that has no parts itself. `size`: of what it holds, decoded, in bytes, as its encoding tells; `begin`:
    its first bytes, where it is text."""

    headers: Headers
    size: int = 0
    begin: bytes = b""
    _letters: int = 0
    _is_cut: bool = False  # more of its text came than `begin`

    @cached_property
    def is_attachment(self) -> bool:
        """Whether it is something else than a text of the message."""
        headers = self.headers
        if headers.disposition == "attachment" or headers.file_name:
            return True
        return not headers.media_type.startswith("text/")

    def take(self, raw: bytes) -> None:
        """Counts some of what it holds."""
        match self.headers.transfer_encoding:
            case "base64":
                self._letters += len(raw.translate(None, _BLANKS + b"="))
                self.size = self._letters * 3 // 4
            case "quoted-printable":
                self.size += len(raw) - 2 * raw.count(b"=") - raw.count(b"=\r\n")
            case _:
                self.size += len(raw)
        if self.is_attachment or self._is_cut:
            return
        room = TEXT_READ - len(self.begin)
        self.begin += raw[:room]
        self._is_cut = len(raw) > room

    @property
    def text(self) -> str:
        """How its text begins."""
        raw = self.begin
        match self.headers.transfer_encoding:
            case "base64":
                letters = raw.translate(None, _BLANKS)
                try:
                    raw = binascii.a2b_base64(letters[: len(letters) // 4 * 4])
                except binascii.Error:
                    return ""
            case "quoted-printable":
                raw = binascii.a2b_qp(raw)
        text = decoded(raw, self.headers.charset, is_cut=self._is_cut)
        return html.unescape(_TAG.sub(" ", text)) if self.headers.media_type == "text/html" else text


@dataclass(eq=False)
class MessageParts:
    """A message, read piece by piece. `headers`: its own, when they have come; `problems`: sentences."""

    headers: Headers | None = None
    parts: list[MessagePart] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _held: bytes = b"\n"  # what has come and is still needed, with the line end before it
    _at: int = 1
    _boundaries: list[bytes] = field(default_factory=list)
    _edges: list[re.Pattern[bytes]] = field(default_factory=list)  # what finds these boundaries, up to each of them
    _looked_for: int = 0  # bytes of the boundaries in all that were made
    _part: MessagePart | None = None
    _before: MessagePart | None = None
    _is_head: bool = True
    _heads: int = 0  # bytes of headers that have been read
    _with_parts: int = 0  # parts that have parts, so far
    _is_full: bool = False

    @classmethod
    def read(cls, chunks: Iterable[bytes]) -> "MessageParts":
        """Reads a message to its end."""
        message = cls()
        for chunk in chunks:
            message.feed(chunk)
        message.finish()
        return message

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes."""
        kept = max(0, self._at - 1)  # with the line end that may be that before a boundary
        self._held = self._held[kept:] + chunk
        self._at -= kept
        self._go_on(is_end=False)

    def finish(self) -> None:
        """The message has ended."""
        self._go_on(is_end=True)
        if self._boundaries:
            self.problems.append(ENDS_EARLY)
        if not self.parts and self._before is not None and self._before.size:
            self.parts.append(self._before)
        if self._is_full:
            self.problems.append(MORE_PARTS)
        if not self.headers:
            self.problems.append(NO_HEADERS)

    def _go_on(self, *, is_end: bool) -> None:
        while (self._head if self._is_head else self._body)(is_end):
            pass

    def _head(self, is_end: bool) -> bool:
        """Reads the headers of a part. Returns whether to go on."""
        found = _EMPTY_LINE.search(self._held, self._behind_line)
        edge = self._next_edge(is_end)
        if edge is not None and (found is None or edge.start() < found.start()):
            end = behind = edge.start()
        elif found is not None:
            end, behind = found.start() + 1, found.end()
        elif is_end or len(self._held) - self._at > LONGEST_HEAD:
            end = behind = min(len(self._held), self._at + LONGEST_HEAD)
        else:
            return False
        head = self._held[self._at : min(end, self._at + (LONGEST_HEAD_OF_PART if self.headers else LONGEST_HEAD))]
        self._heads += len(head)
        self._at, self._is_head = behind, False
        self._begin(Headers(head))
        return True

    def _begin(self, headers: Headers) -> None:
        if self.headers is None:
            self.headers = headers
        boundary = headers.boundary if headers.media_type.startswith("multipart/") else b""
        if headers.media_type.startswith("multipart/") and not 0 < len(boundary) <= LONGEST_BOUNDARY:
            self.problems.append(NO_BOUNDARY)
        elif boundary and not self._may_have_parts(boundary):
            self._is_full = True
        elif boundary:
            self._look_for(boundary)
            # What stands before the first part is for programs that know no parts, and all there is if none comes.
            self._part = None if self.parts or self._before else MessagePart(Headers(b""))
            self._before = self._before or self._part
            return
        self._part = MessagePart(headers)
        self.parts.append(self._part)

    def _may_have_parts(self, boundary: bytes) -> bool:
        made = self._looked_for + len(boundary) + sum(map(len, self._boundaries))
        levels = len(self._boundaries)
        return levels < MOST_LEVELS and self._with_parts < MOST_WITH_PARTS and made <= MOST_LOOKED_FOR

    def _look_for(self, boundary: bytes) -> None:
        self._with_parts += 1
        self._boundaries.append(boundary)
        self._looked_for += sum(map(len, self._boundaries))
        every = b"|".join(re.escape(one) for one in reversed(self._boundaries))
        self._edges.append(re.compile(rb"\n--(%b)(--)?[ \t]*\r?(?:\n|\Z)" % every))

    def _keep_levels(self, levels: int) -> None:
        """Looks for no more than so many of the boundaries, the outermost ones."""
        del self._boundaries[levels:], self._edges[levels:]

    def _next_edge(self, is_end: bool) -> re.Match[bytes] | None:
        """Returns where a part begins or ends; one at the end of what has come may go on."""
        if not self._edges:
            return None
        found = self._edges[-1].search(self._held, self._behind_line)
        return found if found is None or is_end or found.end() < len(self._held) else None

    @property
    def _behind_line(self) -> int:
        """Where to look from: the line end before what has not been read may begin what is looked for."""
        return self._at - 1 if self._at and self._held[self._at - 1] == 0x0A else self._at

    def _body(self, is_end: bool) -> bool:
        """Reads what a part holds. Returns whether to go on."""
        edge = self._next_edge(is_end)
        if edge is None:
            left = 0 if is_end or not self._edges else max(map(len, self._boundaries)) + 16
            end = max(self._at, len(self._held) - left)
            self._take(end)
            return False
        self._take(edge.start() - (self._held[edge.start() - 1 : edge.start()] == b"\r"))
        self._at = edge.end()
        level = self._boundaries.index(edge[1])
        if any(self._boundaries[level + 1 :]):
            self.problems.append(NO_END)
        self._part = None
        if edge[2]:
            self._keep_levels(level)
            return True
        self._keep_levels(level + 1)
        if len(self.parts) >= MOST_PARTS or self._heads > MOST_HEADS:
            self._is_full = True
            self._keep_levels(0)
        else:
            self._is_head = True
        return True

    def _take(self, end: int) -> None:
        if self._part is not None and end > self._at:
            self._part.take(self._held[self._at : end])
        self._at = max(self._at, end)

    @property
    def text(self) -> str:
        """How the first of its texts begins: of plain text, if there is one."""
        texts = [part for part in self.parts if not part.is_attachment]
        plain = (part for part in texts if part.headers.media_type == "text/plain")
        first = next(plain, texts[0] if texts else None)
        return first.text if first else ""

    @property
    def attachments(self) -> Iterator[MessagePart]:
        """Those of its parts that are no text of its own."""
        return (part for part in self.parts if part.is_attachment)
