"""A contact as a vCard of another version than it came in: 4.0 (RFC 6350), and 3.0 (RFC 2426) for phones.

Lines go out as they came, but for what the versions say otherwise: types that prefer, bytes, days, places, semicolons
in texts, and names of properties that one of them lacks, which get an `X-` there.
"""

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from functools import lru_cache

from importers.formats.content_lines import escaped, parameter, without_controls
from importers.verticals.contacts.card import DATE, Card
from importers.verticals.contacts.lines import CardLine, Parameters, divided, read_head, unescaped

UNNAMED = "Without a name"
DATA_URI = re.compile(r"data:([^;,]*)(?:;[^;,]*)*?;base64,(.*)", re.IGNORECASE | re.DOTALL)
TEXTS = frozenset({"FN", "NOTE", "TITLE", "ROLE", "LABEL", "EMAIL", "TEL", "MAILER", "SORT-STRING"})
STRUCTURED = frozenset({"N", "ADR", "ORG"})
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # how one begins (RFC 3986, section 3.1)
BINARY_KINDS = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "application"}
SAID = frozenset({"FN", "UID"})  # where one says nothing, it is as if it were not there
FRAME = frozenset({"BEGIN", "END", "VERSION"})
# What a property of the one version is called in the other: Apple's names, where it has some, else an X- before it.
LABEL = {"X-ABLABEL": "X-ABLabel"}  # some programs know it in no other spelling
IN_4 = {"X-ADDRESSBOOKSERVER-KIND": "KIND", "X-ADDRESSBOOKSERVER-MEMBER": "MEMBER"} | {
    name: f"X-{name}" for name in ("AGENT", "LABEL", "MAILER", "CLASS", "NAME", "PROFILE", "SORT-STRING")
}
IN_3 = {"KIND": "X-ADDRESSBOOKSERVER-KIND", "MEMBER": "X-ADDRESSBOOKSERVER-MEMBER"} | {
    name: f"X-{name}" for name in ("ANNIVERSARY", "GENDER", "LANG", "RELATED", "XML", "CLIENTPIDMAP")
}
DAYS = frozenset({"BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "DEATHDATE"})
TOLD_BY_VALUE = frozenset({*BINARY_KINDS, *DAYS, "REV", "GEO"})  # what stands before it may be told by it
ESCAPE = re.compile(r"\\.", re.DOTALL)
HEADS_REMEMBERED = 4_096
NO_YEAR = "1604"  # as Apple writes a birthday without a year in 3.0


class VCardVersion:
    """How one version of vCard is written."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.is_4 = number == "4.0"
        self._names = LABEL | (IN_4 if self.is_4 else IN_3)
        self._remembered_head = lru_cache(HEADS_REMEMBERED)(self._plain_head)

    def lines(self, card: Card, doc_id: str, name: str) -> list[str]:
        """Returns the lines of a contact, neither folded nor encoded. `name`: what it is called where it says no
        name."""
        written = ["BEGIN:VCARD", f"VERSION:{self.number}"]
        said = {line.name for line in card.lines if line.name not in SAID or line.text.strip()}
        if "FN" not in said:
            written.append(f"FN:{self._text(escaped(card.name or name or UNNAMED))}")
        if not self.is_4 and "N" not in said:
            written.append(f"N:;{escaped(card.name or name or UNNAMED)};;;")
        if "UID" not in said:
            written.append(f"UID:{escaped(doc_id)}")
        is_old = card.is_old
        written += [
            self._line(line, is_old=is_old)
            for line in card.lines
            if line.name not in FRAME and (line.name != "FN" or line.text.strip())
        ]
        return [*written, "END:VCARD"]

    def _line(self, line: CardLine, *, is_old: bool) -> str:
        value = self._value(line, is_old=is_old)
        is_address = line.name == "TEL" and not self.is_4 and value[:4].lower() == "tel:"
        if line.head and not is_address and (head := self._remembered_head(line.head)) is not None:
            return _in_one_line(head + value)
        said = _kept(line.parameters)
        if line.is_binary and line.name in BINARY_KINDS:
            value = self._bytes(line.name, line.value, said)
        elif line.name in BINARY_KINDS and not self.is_4 and (data := DATA_URI.fullmatch(value)):
            said.pop("VALUE", None)
            said |= {"ENCODING": ["b"], "TYPE": [data[1].rpartition("/")[2].upper() or "JPEG"]}
            value = data[2]
        elif line.is_binary:
            said["ENCODING"] = ["b"]
        elif line.name in BINARY_KINDS:
            self._say_address(value, said)
        elif line.name in DAYS:
            value = self._day(value, said)
        elif line.name == "REV" and self.is_4:
            value = self._written_at(value)
        elif line.name == "GEO":
            value = self._place(value)
        elif is_address:
            value = value[4:]
            said.pop("VALUE", None)
        return _in_one_line(self._head(line.group, line.name, said) + value)

    def _value(self, line: CardLine, *, is_old: bool) -> str:
        """Returns a value with the escapes of this version."""
        value = _escaped_anew(line) if is_old else line.value
        return self._text(value) if line.name in TEXTS else value

    def _text(self, value: str) -> str:
        """Returns a text that has no parts. In 4.0 its semicolons have no escape (RFC 6350, section 4: `TEXT-CHAR`),
        and some programs show one that is there."""
        return ESCAPE.sub(_without_semicolon, value) if self.is_4 and "\\;" in value else value

    def _plain_head(self, head: str) -> str | None:
        """Returns how a line begins that came with this `head`; None where its value tells."""
        read = read_head(head)
        if read is None:
            return None
        group, name, parameters, _ = read
        if name in TOLD_BY_VALUE or CardLine(group, name, parameters, "").is_binary:
            return None
        return self._head(group, name, _kept(parameters))

    def _head(self, group: str, name: str, said: dict[str, list[str]]) -> str:
        """Returns what stands before a value. `said`: its parameters."""
        self._prefer(said)
        written = "".join(f";{key}={','.join(map(parameter, of))}" for key, of in said.items() if of)
        return f"{f'{group}.' if group else ''}{self._names.get(name, name)}{written}:"

    def _prefer(self, said: dict[str, list[str]]) -> None:
        """Types that prefer became a parameter of its own."""
        types = [one for value in said.get("TYPE", []) for one in value.split(",")]
        if self.is_4 and any(one.lower() == "pref" for one in types):
            types = [one for one in types if one.lower() != "pref"]
            said["PREF"] = ["1"]
        elif not self.is_4 and said.get("PREF") == ["1"]:
            del said["PREF"]  # another place in the order has no type, and stays a parameter
            types.append("PREF")
        if types:
            said["TYPE"] = types
        else:
            said.pop("TYPE", None)

    def _bytes(self, name: str, value: str, said: dict[str, list[str]]) -> str:
        try:
            encoded = b64encode(a2b_base64(value)).decode()
        except Error:  # it breaks off: whoever reads it may make something of it all the same
            encoded = re.sub(r"\s", "", value)
        types = said.pop("TYPE", [])
        said.pop("VALUE", None)
        kind = next((one for one in types if one.lower() != "pref"), "")
        if not self.is_4:
            said |= {"ENCODING": ["b"]} | ({"TYPE": types} if types else {})
            return encoded
        media = kind.lower() if "/" in kind else f"{BINARY_KINDS[name]}/{kind.lower() or _guessed(name, encoded)}"
        return f"data:{media};base64,{encoded}"

    def _say_address(self, value: str, said: dict[str, list[str]]) -> None:
        """A value that is an address of bytes is called a URI; 2.1 calls it a URL. In 3.0 it would be bytes else."""
        kind = said.get("VALUE", [""])[0].lower()
        if kind == "url" or (not kind and not self.is_4 and ADDRESS.match(value)):
            said["VALUE"] = ["uri"]

    def _day(self, value: str, said: dict[str, list[str]]) -> str:
        found = DATE.fullmatch(unescaped(value).strip())
        if found is None or not found["day"] or found["month"] == "-":
            if self.is_4 and not re.fullmatch(r"[-\dTZ:+.]*", value):
                said["VALUE"] = ["text"]
            return value
        omitted = said.pop("X-APPLE-OMIT-YEAR", [""])[0]
        has_year = found["year"] not in ("-", omitted)
        time = value.partition("T")[2] if has_year else ""
        if said.get("VALUE", [""])[0].lower() in ("date", "date-time", "date-and-or-time"):
            del said["VALUE"]
        if self.is_4:
            year = found["year"] if has_year else "--"
            return f"{year}{found['month']}{found['day']}" + (f"T{time.replace(':', '')}" if time else "")
        if not has_year:
            said["X-APPLE-OMIT-YEAR"] = [NO_YEAR]
        year = found["year"] if has_year else NO_YEAR
        return f"{year}-{found['month']}-{found['day']}" + (f"T{time}" if time else "")

    def _written_at(self, value: str) -> str:
        """Returns a moment in the basic format of 4.0; a hyphen of its time says which zone it is in."""
        day, mark, time = value.partition("T")
        if re.fullmatch(r"\d{4}-\d\d-\d\d", day) is None:
            return value
        return day.replace("-", "") + mark + re.sub(r"\.\d+|:", "", time)

    def _place(self, value: str) -> str:
        """Returns coordinates: a URI in 4.0, two parts before."""
        if self.is_4 and (found := re.fullmatch(r"\s*([-+\d.]+)\s*[;,]\s*([-+\d.]+)\s*", value)):
            return f"geo:{found[1]},{found[2]}"
        if not self.is_4 and (found := re.match(r"geo:([-+\d.]+),([-+\d.]+)", value)):
            return f"{found[1]};{found[2]}"
        return value


def _without_semicolon(found: re.Match[str]) -> str:
    return ";" if found[0] == "\\;" else found[0]


def _kept(parameters: Parameters) -> dict[str, list[str]]:
    """Returns the parameters that other versions have, too."""
    return {key: list(of) for key, of in parameters.items() if key not in ("CHARSET", "ENCODING")}


def _in_one_line(line: str) -> str:
    return line if line.isprintable() else without_controls(line)


def _escaped_anew(line: CardLine) -> str:
    """Returns a value of 2.1, where a comma divides nothing, with the escapes of later versions."""
    if line.name in TEXTS:
        return escaped(unescaped(line.value))
    if line.name in STRUCTURED:
        return ";".join(escaped(unescaped(part)) for part in divided(line.value, ";"))
    return line.value


def _guessed(name: str, encoded: str) -> str:
    """Returns the type of bytes that say none, by how those of common types begin."""
    begins = {"/9j/": "jpeg", "iVBOR": "png", "R0lGOD": "gif"}
    found = (kind for begin, kind in begins.items() if encoded.startswith(begin))
    return next(found, "jpeg" if BINARY_KINDS[name] == "image" else "octet-stream")
