"""The vCards in a `.vcf` file, in items that a server takes at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from importers.sending.calendars.text import ics_text
from importers.sending.items import OutgoingItem

EDGE = re.compile(r"^(BEGIN|END)[ \t]*:[ \t]*VCARD[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
MOST_IN_ITEM = 500  # cards
LARGEST_ITEM = 4 * 1024 * 1024  # characters, unless one card is larger


class NotContactsError(Exception):
    """The file holds no vCard, whatever its name says."""


@dataclass(frozen=True)
class ContactsFile:
    """What a `.vcf` file holds. `label`: what a person knows it by; `note`: in which charset it was read, where that is
    worth a word."""

    label: str
    text: str
    note: str = ""

    @classmethod
    def read(cls, path: Path, label: str, charset: str = "") -> "ContactsFile":
        """Reads a file; `charset` of one that is not UTF-8. Raises `NotContactsError` or `OSError`."""
        content = path.read_bytes()
        try:
            text, note = content.decode("utf-8-sig"), ""
        except UnicodeDecodeError:
            try:
                said = ics_text(content, charset)
            except ValueError as error:
                raise NotContactsError(str(error)) from error
            text, note = said.text, said.note
        if EDGE.search(text) is None:
            raise NotContactsError("there is no vCard in it")
        return cls(label, text, note)

    def items(self) -> Iterator[OutgoingItem]:
        """Yields them, some cards in each: a file is cut only where a card begins, so that nothing of it is lost."""
        start = number = 0
        for begin, end in pairwise([0, *self._begins(), len(self.text)]):
            if number and (number >= MOST_IN_ITEM or end - start > LARGEST_ITEM):
                yield self._item(self.text[start:begin])
                start, number = begin, 0
            number += 1
        yield self._item(self.text[start:])

    def _begins(self) -> Iterator[int]:
        """Yields where each card but the first begins. One in another, as an agent's, is part of it."""
        depth, is_first = 0, True
        for edge in EDGE.finditer(self.text):
            if edge[1].upper() == "END":
                depth = max(0, depth - 1)
                continue
            if not depth and not is_first:
                yield edge.start()
            depth, is_first = depth + 1, False

    @property
    def count(self) -> int:
        """How many items `items` yields."""
        return sum(1 for _ in self.items())

    def _item(self, text: str) -> OutgoingItem:
        return OutgoingItem("contacts", f"contacts of {self.label}", {"@type": "ContactsModelWrapper", "vCards": text})
