"""The content lines of a vCard: 2.1 of versit, 3.0 (RFC 2426) and 4.0 (RFC 6350).

Names and parameters are read by icalendar, since its grammar is the same. Here stands what vCards have besides: lines
that are folded in the manner of 2.1, its parameters without a name, quoted-printable, and values of several parts.

Other libraries were looked at. vobject 0.9.9 makes 1,200 cards a second of it, and its expressions backtrack: a line of
40 commas keeps it busy for hours, and unfolding a photo takes time that grows with the square of its size; what comes
from outside can't be given to it. pythonvcard4 reads 4.0 only and loses what it doesn't know; pycalendar, jk-vcard and
vcardreader have not been kept for years.
"""

import re
from binascii import a2b_qp
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from icalendar.parser import Contentline
from icalendar.parser import Parameters as NamedValues

FOLD = re.compile(r"\n[ \t]")
HEAD = re.compile(r'(?:[^":\n]|"[^"\n]*+")*+:')
OLD_VERSION = re.compile(r"^VERSION[ \t]*:[ \t]*2\.", re.IGNORECASE | re.MULTILINE)
IN_HEAD = re.compile(r'(?:[^";]|"[^"]*+")++')
ENCODINGS = ("QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT")
PLACES = ("INLINE", "URL", "CONTENT-ID", "CID")
QUOTED, BINARY = "QUOTED-PRINTABLE", ("BASE64", "B")
IN_PARTS = re.compile(r"\\.|[;,]", re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
LONGEST_REMEMBERED = 200  # characters of a line up to its value

Parameters = Mapping[str, tuple[str, ...]]


class CardLine(NamedTuple):
    """One property. `group` is what stands before its name (`item1`), empty where nothing does; `value` is as it came,
    with its escapes, but for quoted-printable, which is undone. `head`: what stood before its colon, where that is
    remembered."""

    group: str
    name: str
    parameters: Parameters
    value: str
    head: str = ""

    @property
    def types(self) -> tuple[str, ...]:
        """Its types, in small letters."""
        return tuple(kind.lower() for value in self.parameters.get("TYPE", ()) for kind in value.split(","))

    @property
    def is_binary(self) -> bool:
        """Whether its value is bytes in base64."""
        return self.parameters.get("ENCODING", ("",))[0].upper() in BINARY

    @property
    def text(self) -> str:
        """Its value, when that is one text."""
        return unescaped(self.value)

    @property
    def parts(self) -> list[str]:
        """The parts of its value (section 3.4 of RFC 6350), each with its escapes."""
        return divided(self.value, ";")

    @property
    def listed(self) -> list[str]:
        """The texts of a list."""
        return [unescaped(one) for one in divided(self.value, ",")]


def unescaped(value: str) -> str:
    """Returns a text (section 3.4 of RFC 6350) without its escapes."""
    if "\\" not in value:
        return value
    return ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def divided(value: str, mark: str) -> list[str]:
    """Returns what stands between marks that are not escaped."""
    if "\\" not in value:
        return value.split(mark)
    parts, begin = [], 0
    for found in IN_PARTS.finditer(value):
        if found[0] == mark:
            parts.append(value[begin : found.start()])
            begin = found.end()
    return [*parts, value[begin:]]


def read_lines(text: str) -> list[CardLine | str]:
    """Returns each line of a card, unfolded; as it came, where it can't be read."""
    return [_line(line) or line for line in _unfolded(text) if line.strip()]


def _unfolded(text: str) -> Iterable[str]:
    """Returns the lines of a card. One of 2.1 keeps the space that it was folded at, unless it is quoted or binary."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    is_old = OLD_VERSION.search(text) is not None
    if "\n " in text or "\n\t" in text:
        text = FOLD.sub("\n " if is_old else "", text)
    lines = text.split("\n")
    return _joined(lines) if is_old else lines


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Yields the lines of 2.1: what is quoted goes on behind an `=`, all else in a line that begins with a space, and
    bytes, as some phones write them, in one that is nothing else."""
    whole: list[str] = []
    goes_on = is_binary = False
    for line in lines:
        if whole and goes_on:
            whole[-1] = whole[-1][:-1]
            whole.append(line)
        elif whole and line.startswith(" "):
            whole.append(line[1:] if is_binary else line)
        elif whole and is_binary and line and ":" not in line:
            whole.append(line)
        else:
            if whole:
                yield "".join(whole)
            whole = [line]
            head = (HEAD.match(line) or [""])[0].upper()
            is_binary = "BASE64" in head or "ENCODING=B" in head
            is_quoted = QUOTED in head
        goes_on = is_quoted and line.endswith("=")
    if whole:
        yield "".join(whole)


def _line(line: str) -> CardLine | None:
    begins, colon, value = line.partition(":")
    if '"' in begins:  # a colon may be quoted
        found = HEAD.match(line)
        begins, value = (found[0][:-1], line[found.end() :]) if found else ("", "")
    if not begins or not colon:
        return None
    is_remembered = len(begins) <= LONGEST_REMEMBERED
    read = read_head(begins) if is_remembered else _read_head(begins)
    if read is None:
        return None
    group, name, parameters, charset = read
    if charset is not None:
        value = _unquoted(value, charset)
    return CardLine(group, name, parameters, value, begins if is_remembered else "")


def _unquoted(value: str, charset: str) -> str:
    """Returns what is quoted; where it is not of the charset that it says, of the one that every byte is of. Line
    breaks become those of a text with escapes."""
    octets = a2b_qp(value.encode("utf-8", "replace"))
    for name in (charset, "utf-8"):
        try:
            said = octets.decode(name)
            break
        except (LookupError, ValueError):
            continue
    else:
        said = octets.decode("latin-1")
    return said.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _read_head(head: str) -> tuple[str, str, Parameters, str | None] | None:
    """Returns group, name and parameters of what stands before a value, and the charset of one that is quoted. A
    parameter may come several times."""
    first, *others = IN_HEAD.findall(head) or [""]
    found: dict[str, list[str]] = {}
    try:
        name, _, _ = Contentline(f"{first.strip()}:").raw_parts()  # type: ignore[no-untyped-call]
        for one in others:
            for key, value in NamedValues.from_ical(_named(one.strip())).items():  # type: ignore[no-untyped-call]
                values = [value] if isinstance(value, str) else value
                found.setdefault(key.upper(), []).extend(map(str, values))
    except (ValueError, AssertionError):
        return None
    said = {key: tuple(values) for key, values in found.items()}
    charset = None
    if said.get("ENCODING", ("",))[0].upper() == QUOTED:
        charset = said.get("CHARSET", ("utf-8",))[0]
        del said["ENCODING"]
    group, _, own = name.rpartition(".")
    return group, own.upper(), said, charset


read_head = lru_cache(4_096)(_read_head)  # most lines begin like others


def _named(parameter: str) -> str:
    """Returns a parameter with its name, which one of 2.1 may lack."""
    if "=" in parameter:
        return parameter
    value = parameter.upper()
    name = "ENCODING" if value in ENCODINGS else "VALUE" if value in PLACES else "TYPE"
    return f"{name}={parameter}"
