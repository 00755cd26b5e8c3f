"""Bytes as a text of base64 or base64url (RFC 4648, sections 4 and 5) in JSON, decoded as it comes.

The text is not kept: what is noted of how it is written is enough to write it again, to the byte. One that no such note
describes is `IrregularTextError`, and stays a text.
"""

import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from importers.digests import SHA256_HEX
from importers.items.wire import Shape

TO_URL = bytes.maketrans(b"+/", b"-_")
FROM_URL = bytes.maketrans(b"-_", b"+/")
LETTERS = {"base64": b"+/", "base64url": b"-_"}
ESCAPABLE = (b"+", b"/", b"-", b"_", b"=")
LONGEST_LINE = 64 * 1024  # characters
_CHARACTER = re.compile(rb"\\(?:/|u[0-9a-fA-F]{4})")
_LINE_END = re.compile(rb"(?:\\[rnt]|\\u000[aAdD9]| )+")
_PARTIAL = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")


class IrregularTextError(Exception):
    """A text that is no base64, or is written in a way that can't be noted."""


class Written(Shape):
    """How a text of base64 is written, as it stands in the text's place in the JSON that is kept.

    `length`: bytes between its quotation marks; `sha256`: of the bytes that it stands for, in hex. Of one that has more
    than the letters of its alphabet: `padded`, whether there is = at its end; `line`: characters in a line, each of
    which ends with `line_end`, also the last one where `is_ended`; `escapes`: by characters, how JSON has them.
    """

    alphabet: Literal["base64", "base64url"]
    length: int = Field(strict=True, ge=0)
    sha256: Annotated[str, Field(pattern=SHA256_HEX)]
    padded: bool = False
    line: int = Field(default=0, strict=True, ge=0)
    line_end: str = Field(default="", alias="lineEnd")
    is_ended: bool = Field(default=False, alias="ended")
    escapes: dict[str, str] = {}

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    def as_json(self) -> bytes:
        """Returns it as the JSON that stands for the text."""
        return json.dumps(self.model_dump(by_alias=True, exclude_defaults=True), separators=(",", ":")).encode()

    def text(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yields the text again of the bytes that it stands for, without quotation marks."""
        for piece in self._in_lines(self._letters(chunks)):
            for character, escape in self.escapes.items():
                piece = piece.replace(character.encode(), escape.encode())
            yield piece

    def _letters(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        held = b""
        for chunk in chunks:
            held += chunk
            whole = len(held) - len(held) % 3
            yield self._encoded(held[:whole])
            held = held[whole:]
        last = self._encoded(held)
        yield last if self.padded else last.rstrip(b"=")

    def _encoded(self, raw: bytes) -> bytes:
        text = binascii.b2a_base64(raw, newline=False)
        return text.translate(TO_URL) if self.alphabet == "base64url" else text

    def _in_lines(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        if not self.line:
            yield from pieces
            return
        end, held = self.line_end.encode(), b""
        for piece in pieces:
            held += piece
            # A line is written when it is known that another one comes.
            whole = max(0, (len(held) - 1) // self.line * self.line)
            yield b"".join(held[at : at + self.line] + end for at in range(0, whole, self.line))
            held = held[whole:]
        yield held + (end if self.is_ended else b"")


@dataclass
class Base64Reader:
    """Decodes a text as JSON has it, between its quotation marks, piece by piece. Its methods raise
    `IrregularTextError`. `length`: bytes that have come."""

    length: int = 0
    _escape: bytes = b""  # one that has not come whole
    _escapes: dict[bytes, bytes] = field(default_factory=dict)
    _plain: set[int] = field(default_factory=set)  # characters that have come without an escape
    _letters: int = 0  # before the first line's end
    _line: int = 0
    _line_end: bytes = b""
    _rest: bytes = b""  # of a line that has not ended
    _is_short: bool = False  # a line was shorter than the first one, so it must be the last
    _is_ended: bool = False
    _quad: bytes = b""  # letters of which there are not four yet
    _alphabet: str = ""
    _is_padded: bool = False

    def feed(self, raw: bytes) -> bytes:
        """Returns the bytes that have come whole."""
        self.length += len(raw)
        text, self._escape = self._escape + raw, b""
        if b"\\" in text[-6:] and (partial := _PARTIAL.search(text)):
            text, self._escape = text[: partial.start()], text[partial.start() :]
        return self._decoded(self._without_lines(self._unescaped(text)))

    def finish(self) -> bytes:
        """Returns the last of them. The text has ended."""
        if self._escape or not self.length:
            raise IrregularTextError
        found = self._decoded(self._without_lines(b"", is_end=True))
        if not self._quad:
            return found
        if len(self._quad) == 1 or self._is_padded or b"=" in self._quad:
            raise IrregularTextError
        return found + _from_base64(self._quad.ljust(4, b"="))

    def written(self, sha256: str) -> Written:
        """Returns how it was written, when all of it has come. `sha256`: of its bytes, in hex."""
        return Written(
            alphabet="base64" if self._alphabet == "base64" else "base64url",
            length=self.length,
            sha256=sha256,
            padded=self._is_padded,
            line=self._line,
            lineEnd=self._line_end.decode(),
            ended=self._is_ended,
            escapes={character.decode(): escape.decode() for character, escape in self._escapes.items()},
        )

    def _unescaped(self, text: bytes) -> bytes:
        """Returns a text without the escapes of letters, each of which must always be written one way."""
        if b"\\" in text:
            for escape in set(_CHARACTER.findall(text)):
                character = b"/" if escape == b"\\/" else chr(int(escape[2:], 16)).encode("utf-8", "replace")
                if character in (b"\n", b"\r", b"\t"):
                    continue
                if character not in ESCAPABLE or self._escapes.setdefault(character, escape) != escape:
                    raise IrregularTextError
        plain = text.replace(b"\\/", b"")
        self._plain.update(character[0] for character in ESCAPABLE if character in plain)
        for character, escape in self._escapes.items():
            if character[0] in self._plain:
                raise IrregularTextError
            text = text.replace(escape, character)
        return text

    def _without_lines(self, text: bytes, *, is_end: bool = False) -> bytes:
        text, self._rest = self._rest + text, b""
        if self._line:
            return self._lines_of(text, is_end=is_end)
        found = _LINE_END.search(text) if b"\\" in text or b" " in text else None
        if found is None:
            self._letters += len(text)
            return text
        begin = text[: found.start()]
        if found.end() == len(text) and not is_end:  # there may be more of it
            self._rest = found[0]
            self._letters += len(begin)
            return begin
        self._line, self._line_end = self._letters + len(begin), found[0]
        if not 0 < self._line <= LONGEST_LINE:
            raise IrregularTextError
        return begin + self._lines_of(text[found.end() :], is_end=is_end)

    def _lines_of(self, text: bytes, *, is_end: bool) -> bytes:
        """Returns the letters of lines that have ended, and at the end of that which has none."""
        *lines, rest = text.split(self._line_end)
        if self._is_short and (lines or rest):
            raise IrregularTextError
        for number, line in enumerate(lines, 1):
            if len(line) != self._line:
                self._is_short = number == len(lines) and 0 < len(line) < self._line
                if not self._is_short or rest:
                    raise IrregularTextError
        if len(rest) > self._line + (0 if is_end else len(self._line_end)):
            raise IrregularTextError
        if is_end:
            self._is_ended = not rest
            return b"".join([*lines, rest])
        self._rest = rest
        return b"".join(lines)

    def _decoded(self, letters: bytes) -> bytes:
        if not letters:
            return b""
        if self._is_padded:
            raise IrregularTextError
        for name, two in LETTERS.items():
            if two[:1] in letters or two[1:] in letters:
                if self._alphabet not in ("", name):
                    raise IrregularTextError
                self._alphabet = name
        text = self._quad + letters.translate(FROM_URL)
        whole = len(text) - len(text) % 4
        self._quad = text[whole:]
        self._is_padded = text.endswith(b"=", 0, whole)
        if self._is_padded and self._quad:
            raise IrregularTextError
        return _from_base64(text[:whole])


def _from_base64(text: bytes) -> bytes:
    try:
        found = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise IrregularTextError from error
    last = len(text) - 4
    if last >= 0 and binascii.b2a_base64(found[last // 4 * 3 :], newline=False) != text[last:]:
        raise IrregularTextError  # bits at its end that stand for nothing
    return found
