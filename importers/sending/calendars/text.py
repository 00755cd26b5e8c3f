"""The text of an iCalendar file, whatever charset its bytes are in.

RFC 5545 wants UTF-8 (section 3.1.4). Older programs write what their system has, and those of vCalendar name a charset,
and may quote bytes, line by line.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from quopri import decodestring

from importers.sending.calendars.charset import guessed, spoken
from importers.sending.calendars.seven_bits import in_letters, spelled_charset

BREAK = re.compile(rb"\r\n|\n|\r")
CHARSET = re.compile(rb";\s*CHARSET=\"?([A-Za-z0-9_.+-]{1,40})\"?", re.IGNORECASE)
QUOTED = re.compile(rb";\s*(?:ENCODING=)?QUOTED-PRINTABLE", re.IGNORECASE)
KOREAN = b"\x1b$)C"  # once in a text of ISO-2022-KR, whose letters stand between two bytes without a line's sense
SHIFTS = (b"\x1b$", b"\x1b(")  # between the letters of ISO-2022, whose bytes are all ASCII
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class IcsText:
    """An unfolded text, and what is to be said of how it was read: empty where it was UTF-8."""

    text: str
    note: str = ""


def ics_text(content: bytes, charset: str = "") -> IcsText:
    """Returns the text of a file. `charset`: the one that the person says it has, where it is not UTF-8. Raises
    `ValueError` where the bytes are none of it."""
    name, mark = ("iso2022_kr", b"") if KOREAN in content else _mark_of(content)
    note = f"read as {spoken(name)}" if name and name != "utf-8" else ""
    if name:
        content = content[len(mark) :].decode(name).encode()
    elif any(shift in content for shift in SHIFTS):
        charset = charset or "iso2022_jp_2"
    named: set[str] = set()
    lines = [_line(line, named, charset if not name else "") for line in _unfolded(content)]
    strange = b"\n".join(line for line in lines if isinstance(line, bytes))
    if strange:
        hints = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        guess = guessed(strange, hints.decode("ascii", "ignore"))
        doubt = "" if guess.is_sure else ", which may be wrong: look at the names, and"
        note = f"read as {spoken(guess.name)}, since it is not UTF-8{doubt or ';'} --charset says another"
        lines = [line.decode(guess.name, "replace") if isinstance(line, bytes) else line for line in lines]
    elif named:
        note = f"read as {' and '.join(sorted(map(spoken, named)))}"
    text = "\r\n".join(line for line in lines if isinstance(line, str))
    return _spelled(text) if text.isascii() and not (note or charset) else IcsText(text, note)


def _spelled(text: str) -> IcsText:
    """Returns a text of ASCII with the letters that it spells in these bytes, if it does."""
    spelled, is_sure = spelled_charset(text)
    if not spelled:
        return IcsText(text)
    if is_sure:
        return IcsText(in_letters(text, spelled), f"read as {spoken(spelled)}; --charset says another")
    return IcsText(
        text, f"read as it stands, but it may be {spoken(spelled)}: look at the names, and --charset says so"
    )


def _mark_of(content: bytes) -> tuple[str, bytes]:
    """Returns the charset whose letters have several bytes each, or that a mark at the beginning says; and the mark."""
    for mark, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name, mark
    if content[:4] == b"B\0E\0":
        return "utf-16-le", b""
    return ("utf-16-be", b"") if content[:4] == b"\0B\0E" else ("", b"")


def _unfolded(content: bytes) -> Iterator[bytes]:
    """Yields whole lines. They may be folded within a letter (section 3.1), so this is done before they are text; those
    of quoted bytes end in `=` where they go on (RFC 2045, section 6.7)."""
    first, *pieces = BREAK.split(content)
    line = bytearray(first)
    for piece in pieces:
        if piece[:1] in (b" ", b"\t"):
            line += piece[1:]
        elif line.endswith(b"=") and QUOTED.search(line.partition(b":")[0]):
            line[-1:] = piece
        else:
            yield bytes(line)
            line = bytearray(piece)
    yield bytes(line)


def _line(line: bytes, named: set[str], charset: str) -> str | bytes:
    """Returns a line as text, or as bytes where nothing says what they are; notes in `named` what it says itself."""
    head, colon, value = line.partition(b":")
    said = CHARSET.search(head)
    if colon and QUOTED.search(head):
        quoted = BREAK.sub(b"\\\\n", decodestring(value))
        line = QUOTED.sub(b"", head) + colon + quoted
    if said is not None:
        line = CHARSET.sub(b"", line, count=1)
        charset = said[1].decode()
    if charset:
        try:
            text = line.decode(charset)
        except UnicodeDecodeError:
            if said is None:
                raise
        except LookupError:
            pass  # nobody knows what it says; it may be UTF-8 after all
        else:
            if (name := codecs.lookup(charset).name) not in ("utf-8", "ascii"):
                named.add(name)
            return text
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line
