"""The headers of a message, or of a part of one, as the standard library reads them (RFC 5322, RFC 2045 to 2047, RFC
2231): in any charset, and as far as they can be read."""

import codecs
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message
from email.parser import Parser
from email.policy import compat32, default
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property
from typing import Any, TypeVar

from importers.items.wire import ReplacedText
from importers.text import keepable

# What the standard library raises at headers that nobody can read, besides what it says it does.
UNREADABLE = (
    MessageError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    OverflowError,
)
LONGEST_PARSED = 4 * 1024  # characters of a header that is parsed by its grammar, which takes the square of its length
LONGEST_READ = 256 * 1024  # characters of one that is read in a simpler manner
LONGEST_DATE = 200
# Charsets that are wider than the one that programs say, and names that only other programs know.
WIDER = {
    "iso-8859-1": "windows-1252",
    "latin-1": "windows-1252",
    "latin1": "windows-1252",
    "us-ascii": "windows-1252",
    "ascii": "windows-1252",
    "iso-8859-9": "windows-1254",
    "iso-8859-11": "windows-874",
    "tis-620": "windows-874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "utf8mb4": "utf-8",
    "x-unknown": "utf-8",
    "unknown": "utf-8",
    "unknown-8bit": "utf-8",
    "default": "utf-8",
}
SAFEST = "windows-1252"  # what bytes mostly are that are no UTF-8 and say nothing
ISO_2022 = "iso2022_jp_2"  # RFC 1554
SHIFTS = (b"\x1b$", b"\x1b(")  # from one of its sets of letters to another
_ENCODED_CHARSET = re.compile(r"=\?([^?*\s]{1,60})(\*[^?\s]*)?\?(?=[bBqQ]\?)")
_CHARSET = re.compile(rb"""(?i)charset\s*=\s*["']?([^\s"';]{1,60})""")
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")
_NO_HEADER_LINE = re.compile(rb"\A(?:From |>From )[^\n]*\n")

# Addresses that no grammar is needed for: no comments, groups, quoted or encoded words.
_NOT_PLAIN = re.compile(r"[()\"\\:;\[\]]|=\?")
_PLAIN_ADDRESS = re.compile(
    r"\s*(?:(?P<name>[^<>@]*?)\s*<(?P<in>[^<>@\s]+@[^<>@\s]+)>|(?P<bare>[^<>@\s]+@[^<>@\s]+))\s*"
)
_LISTED = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,"]+)')

T = TypeVar("T")


def codec_of(charset: str) -> str:
    """Returns the codec that decodes a charset; empty where nobody knows it."""
    name = charset.strip().strip("\"'").lower()
    try:
        return codecs.lookup(WIDER.get(name, name)).name
    except (LookupError, ValueError):  # a NUL in it
        return ""


def decoded(raw: bytes, charset: str = "", *, is_cut: bool = False) -> str:
    """Returns the text that bytes are, in the charset that is said, else in the one that they look like. `is_cut`: they
    may end within a character, which is left out."""
    said = codec_of(charset)
    # Whose letters are all ASCII's, so that old programs did not say it.
    shifted = [ISO_2022] if said in ("", "ascii", "utf-8") and any(shift in raw for shift in SHIFTS) else []
    for name in filter(None, (*shifted, said, "utf-8")):
        try:
            return codecs.getincrementaldecoder(name)().decode(raw) if is_cut else raw.decode(name)
        except (ValueError, LookupError):  # LookupError: a codec of bytes to bytes
            continue
    return raw.decode(SAFEST, "replace")


def shown(text: str) -> str:
    """Returns a text of one line as a column can hold it."""
    line = " ".join(text.split())
    return line if line.isascii() and "\x00" not in line else str(ReplacedText(keepable(line)))


class Headers:
    """The headers in the bytes `head`, up to the empty line behind them.

    They are read by the modern policy of the standard library, which takes a millisecond for each. Plain ones, which
    say the same without it, are read as they stand, since there are five in most messages, and thousands of these.
    """

    def __init__(self, head: bytes) -> None:
        head = _NO_HEADER_LINE.sub(b"", head.removeprefix(BOM_UTF8))
        found = None if head.isascii() else _CHARSET.search(head)
        is_plain = head.isascii() and b"\x1b" not in head
        text = head.decode() if is_plain else decoded(head, found[1].decode("ascii", "replace") if found else "")
        if "=?" in text:
            text = _ENCODED_CHARSET.sub(_known_charset, text)
        self._message: Message = Parser(policy=compat32).parsestr(text, headersonly=True)
        for name in ("Content-Type", "Content-Disposition"):
            if len(said := self.raw(name)) > LONGEST_PARSED:
                self._message.replace_header(name, said[:LONGEST_PARSED])

    def __bool__(self) -> bool:
        """Whether there is any header."""
        return bool(self._message.keys())

    def text(self, name: str) -> str:
        """Returns what a header says, on one line; empty where there is none."""
        raw = self.raw(name)
        if "=?" not in raw:
            return shown(raw)
        return _read(lambda: shown(str(_parsed(name, raw))), shown(raw))

    def raw(self, name: str) -> str:
        """Returns what stands in a header."""
        return str(self._message.get(name, ""))

    def all_raw(self, name: str) -> list[str]:
        """Returns what stands in all headers of a name."""
        return list(map(str, self._message.get_all(name, [])))

    def addresses(self, *names: str) -> list[str]:
        """Returns the addresses in headers, each with the name before it."""
        raw = [(name, raw) for name in names for raw in self.all_raw(name)]
        return list(dict.fromkeys(filter(None, (one for name, said in raw for one in _addresses(name, said)))))

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent: by its own date, else by that with which the first server received it."""
        dates = [self.raw("Date"), *(line.rpartition(";")[2] for line in reversed(self.all_raw("Received")))]
        return next((found for date in dates if (found := _moment(date)) is not None), None)

    def ids(self, name: str) -> list[str]:
        """Returns the identifiers of messages in a header, as in `References` (RFC 5322, section 3.6.4)."""
        raw = "".join(self.raw(name).splitlines())
        found: list[str] = _MESSAGE_ID.findall(raw)
        return found or ([raw.strip()] if name == "Message-ID" and raw.strip() else [])

    def listed(self, name: str) -> list[str]:
        """Returns what stands between the commas of a header, as in `Keywords`."""
        return [said for one in _LISTED.findall(self.text(name)) if (said := "".join(one).strip())]

    # Of a part

    @cached_property
    def media_type(self) -> str:
        """The type, in small letters; `text/plain` where none is said, or none that is one."""
        return _read(self._message.get_content_type, "text/plain").lower()

    @cached_property
    def boundary(self) -> bytes:
        """What stands between the parts of one that has some; empty where it says nothing."""
        found = _read(self._message.get_boundary, None)
        return str(found).rstrip().encode("utf-8", "surrogateescape") if found else b""

    @property
    def charset(self) -> str:
        """The charset of a text."""
        return str(_read(self._message.get_content_charset, None) or "")

    @cached_property
    def transfer_encoding(self) -> str:
        """In small letters; empty where none is said."""
        return self.raw("Content-Transfer-Encoding").partition("(")[0].strip().lower()

    @cached_property
    def disposition(self) -> str:
        """`attachment` or `inline`; empty where none is said."""
        return str(_read(self._message.get_content_disposition, None) or "").lower()

    @cached_property
    def file_name(self) -> str:
        """What it is called (RFC 2231, and as many programs say it, RFC 2047); empty where it says nothing."""
        name = str(_read(self._message.get_filename, None) or "")
        if "=?" in name:
            name = _read(lambda: str(_parsed("Subject", name)), name)
        return shown(name)


def _parsed(name: str, raw: str) -> Any:
    """Returns a header as the modern policy reads it. Raises one of `UNREADABLE`."""
    return default.header_factory(name, " ".join(raw[:LONGEST_PARSED].splitlines()))


def _addresses(name: str, raw: str) -> list[str]:
    if not _NOT_PLAIN.search(raw):
        found = [_PLAIN_ADDRESS.fullmatch(one) for one in raw.split(",")]
        if all(found):
            return [_address(one["name"] or "", one["in"] or one["bare"]) for one in found if one]
    parsed: list[tuple[str, str]]
    if len(raw) <= LONGEST_PARSED:
        parsed = _read(lambda: [(one.display_name, one.addr_spec) for one in _parsed(name, raw).addresses], [])
    else:
        parsed = _read(lambda: getaddresses([raw[:LONGEST_READ]]), [])
    return [_address(*one) for one in parsed] or [shown(raw[:LONGEST_PARSED])]


def _address(called: str, address: str) -> str:
    return shown(f"{called} <{address}>" if called.strip() and address else called or address)


def _read(read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except UNREADABLE:
        return otherwise


def _known_charset(word: re.Match[str]) -> str:
    """Returns the beginning of an encoded word with a charset that the standard library knows."""
    return f"=?{codec_of(word[1]) or SAFEST}{word[2] or ''}?"


def _moment(date: str) -> datetime | None:
    if not date.strip():
        return None
    found = _read(lambda: parsedate_to_datetime(" ".join(date[:LONGEST_DATE].split())), None)
    if found is None:
        return None
    return _read(lambda: (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC), None)
