"""What one vCard says, for columns, for documents, and for telling cards apart."""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from importers.digests import digest
from importers.items.wire import ReplacedText
from importers.text import keepable
from importers.verticals.contacts.lines import CardLine, divided, read_lines, unescaped
from importers.verticals.contacts.splitting import NOTHING

# What other programs write anew each time, and what only frames the rest: no part of what a card says.
EDGES = ("BEGIN", "END")
FRAME = frozenset({"BEGIN", "END", "VERSION", "REV", "PRODID"})
APPLES_LABEL = re.compile(r"_\$!<(.*)>!\$_")
NO_LABELS = frozenset({"pref", "internet", "voice", "x-internet"})  # types that tell nobody anything
MOST_SHOWN, LONGEST_SHOWN = 100, 500  # lines that nobody can read, and characters of each, in the column
DATE = re.compile(r"(?P<year>\d{4}|-)-?(?P<month>\d\d|-)-?(?P<day>\d\d)?(?:T.*)?", re.DOTALL)


@dataclass(frozen=True)
class Card:
    """One vCard. `unread`: lines that can't be read, as they came; all of what is no card."""

    text: str
    lines: list[CardLine] = field(default_factory=list, repr=False)
    unread: list[str] = field(default_factory=list, repr=False)

    @classmethod
    def read(cls, text: str) -> "Card":
        """Reads a card, of which nothing is lost: what an agent's card says, which stands inside, is not its own."""
        card, depth, is_whole = cls(text), 0, False
        for line in read_lines(text.strip(NOTHING)):
            if isinstance(line, str):
                card.unread.append(line)
                continue
            if line.name in EDGES and line.value.strip().upper() == "VCARD":
                depth += 1 if line.name == "BEGIN" else -1
                is_whole = not depth
            elif depth == 1:
                card.lines.append(line)
        if not is_whole or not card.lines:
            return cls(text, [], text.splitlines())
        return card

    def of(self, *names: str) -> Iterator[CardLine]:
        """Yields its properties of these names, in the order of the names."""
        for name in names:
            yield from (line for line in self.lines if line.name == name)

    def first(self, *names: str) -> str:
        """Returns the first text that one of these properties has; empty where none has any."""
        return next((text for line in self.of(*names) if (text := line.text.strip())), "")

    # What identifies it

    @property
    def uid(self) -> str:
        """Its identifier, in one spelling: 4.0 writes one that is a UUID as a URN."""
        uid = self.first("UID")
        plain = uid[9:] if uid[:9].lower() == "urn:uuid:" else uid
        try:
            return str(uuid.UUID(plain)) if len(plain) == 36 else uid
        except ValueError:
            return uid

    @cached_property
    def identity(self) -> str:
        """Returns the digest of what identifies it at its source: its identifier, else all that it says."""
        return digest("uid", self.uid) if self.uid else digest("card", self.says)

    @property
    def says(self) -> str:
        """Returns one spelling for all cards that say the same, however they are folded and when they were written."""
        if not self.lines:
            return self.text.strip()
        said = [
            f"{line.group}\t{line.name}\t{sorted(line.parameters.items())}\t{line.value}"
            for line in self.lines
            if line.name not in FRAME
        ]
        return "\n".join([*said, *self.unread])

    # What people look for

    @property
    def name(self) -> str:
        """What it is called; by something else that it says, where it has no name."""
        own = self.first("FN") or self.name_in_parts or self.first("NICKNAME")
        return own or self.organization or self.first("EMAIL", "TEL")

    @property
    def name_in_parts(self) -> str:
        """Its name, put together."""
        names = self.names
        order = ("namePrefix", "givenName", "additionalName", "familyName", "nameSuffix")
        return " ".join(names[part] for part in order if part in names)

    @property
    def names(self) -> dict[str, str]:
        """The parts of its name that it says, as a Cozy calls them."""
        line = next(self.of("N"), None)
        parts = ("familyName", "givenName", "additionalName", "namePrefix", "nameSuffix")
        said = [self._spaced(one) for one in line.parts] if line else []
        return {part: text for part, text in zip(parts, said, strict=False) if text}

    @property
    def organization(self) -> str:
        """Organisation and its units."""
        line = next(self.of("ORG"), None)
        return ", ".join(filter(None, (unescaped(one).strip() for one in line.parts))) if line else ""

    @property
    def birthday(self) -> str:
        """The day as RFC 3339 writes it, `--12-10` where no year is said; else what it says."""
        line = next(self.of("BDAY"), None)
        if line is None:
            return ""
        text = line.text.strip()
        found = DATE.fullmatch(text)
        if found is None or not found["day"] or found["month"] == "-":
            return text
        omitted = line.parameters.get("X-APPLE-OMIT-YEAR", ("",))[0]
        year = "-" if found["year"] in ("-", omitted) else found["year"]
        return f"{year}-{found['month']}-{found['day']}"

    @property
    def addresses(self) -> list[dict[str, str]]:
        """Its postal addresses, as a Cozy has them."""
        parts = ("pobox", "extendedAddress", "street", "city", "region", "postcode", "country")
        found = []
        for line in self.of("ADR"):
            said = [self._spaced(one) for one in line.parts]
            address = {part: text for part, text in zip(parts, said, strict=False) if text}
            if address:
                address["formattedAddress"] = ", ".join(address.values())
                found.append(address | self._marks(line))
        return found

    def values(self, name: str, called: str) -> list[dict[str, Any]]:
        """Returns telephones, e-mail or other addresses as a Cozy has them: the value as `called`, and its label."""
        said = ((line, line.text.strip()) for line in self.of(name))
        return [{called: _plain(text)} | self._marks(line) for line, text in said if text]

    @property
    def is_old(self) -> bool:
        """Whether it is of version 2.1, in which a comma divides nothing."""
        return self.first("VERSION").startswith("2.")

    def _spaced(self, part: str) -> str:
        """Returns a part of a value, which may be a list, as one text."""
        texts = [part] if self.is_old else divided(part, ",")
        return " ".join(filter(None, (unescaped(one).strip() for one in texts)))

    def _marks(self, line: CardLine) -> dict[str, Any]:
        label = self._labels.get(line.group, "") if line.group else ""
        kinds = [kind for kind in line.types if kind not in NO_LABELS]
        marks: dict[str, Any] = {"type": label or " ".join(kinds)} if label or kinds else {}
        is_first = "pref" in line.types or line.parameters.get("PREF", ("",))[0] == "1"
        return marks | ({"primary": True} if is_first else {})

    @cached_property
    def _labels(self) -> dict[str, str]:
        """The labels that the person has given, by the group that says what is labelled."""
        found = {}
        for line in self.of("X-ABLABEL"):
            own = APPLES_LABEL.fullmatch(line.text)
            found[line.group] = own[1].lower() if own else line.text
        return found

    @property
    def categories(self) -> list[str]:
        """The names of the groups that it is in."""
        names = (name.strip() for line in self.of("CATEGORIES") for name in line.listed)
        return list(dict.fromkeys(filter(None, names)))

    def columns(self) -> dict[str, Any]:
        """Returns the columns of its record."""
        addresses = (_labelled(one["formattedAddress"], one) for one in self.addresses)
        return {
            "uid": kept(self.uid),
            "name": kept(self.name),
            "organization": kept(self.organization),
            "telephones": kept_lines(_labelled(one["number"], one) for one in self.values("TEL", "number")),
            "emails": kept_lines(_labelled(one["address"], one) for one in self.values("EMAIL", "address")),
            "addresses": kept_lines(addresses),
            "birthday": kept(self.birthday),
            "groups": kept_lines(self.categories),
            "unread": kept_lines(line[:LONGEST_SHOWN] for line in self.unread[:MOST_SHOWN]),
        }


def kept(text: str) -> str:
    """Returns a text as a column can hold it."""
    return text if text.isascii() and "\x00" not in text else str(ReplacedText(keepable(text)))


def kept_lines(texts: Iterable[str]) -> str:
    """Returns a line for each of these texts."""
    return "\n".join(kept(" ".join(text.splitlines())) for text in texts)


def _labelled(text: str, of: dict[str, Any]) -> str:
    return f"{text} ({of['type']})" if of.get("type") else text


def _plain(value: str) -> str:
    """Returns an address without the scheme that 4.0 writes before it."""
    scheme, _, rest = value.partition(":")
    return rest if rest and scheme.lower() in ("tel", "mailto") else value
