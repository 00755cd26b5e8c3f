"""Where one vCard ends and the next begins, in a text of any number of them. Nothing is parsed here."""

import re
from collections.abc import Iterator

MOST_CARDS = 1_000  # of an item that is taken at once
# Files that were put together may have no line end between the last line of one and the first of the next.
EDGE = re.compile(
    r"(?:(?<=[\r\n])|\A|(?<=END:VCARD))\ufeff?"
    r"(BEGIN|END)[ \t]*:[ \t]*VCARD[ \t]*(?=[\r\n]|\Z|\ufeff?BEGIN:VCARD[\r\n])",
    re.IGNORECASE,
)
AGENT = re.compile(r"(?:^|[\r\n])(?:[\w-]+\.)?AGENT(?:;[^:\r\n]*)?:[ \t\r\n]*\Z", re.IGNORECASE)
LONGEST_AGENT = 1_000  # characters before the card of an agent
NOTHING = " \t\r\n\x00\x1a\ufeff"  # what may stand between cards and means nothing


def split(text: str) -> Iterator[str]:
    """Yields each vCard as it came, and what stands between them as it came, unless it means nothing.

    A card may hold the card of an agent (vCard 2.1). One that has no end goes up to where the next one begins.
    """
    begin, depth = 0, 0
    for edge in EDGE.finditer(text):
        if edge[1].upper() == "BEGIN":
            if depth and AGENT.search(text, max(begin, edge.start() - LONGEST_AGENT), edge.start()):
                depth += 1
                continue
            yield from _said(text[begin : edge.start()])
            begin, depth = edge.start(), 1
        elif depth > 1:
            depth -= 1
        elif depth:
            yield text[begin : edge.end()].strip("\ufeff")
            begin, depth = edge.end(), 0
    yield from _said(text[begin:])


def _said(text: str) -> Iterator[str]:
    if kept := text.strip(NOTHING):
        yield kept


def has_many(text: str) -> bool:
    """Returns whether these may be more cards than are taken at once."""
    found = 0
    for edge in EDGE.finditer(text):
        found += edge[1].upper() == "BEGIN"
        if found > MOST_CARDS:
            return True
    return False


def bunches(text: str) -> Iterator[str]:
    """Yields the cards again, as many at a time as are taken at once."""
    bunch: list[str] = []
    for card in split(text):
        bunch.append(card)
        if len(bunch) == MOST_CARDS:
            yield "\r\n".join(bunch)
            bunch = []
    if bunch:
        yield "\r\n".join(bunch)
