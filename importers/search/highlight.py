"""Where in a text, as it came, a search has found something."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from importers.search.normal import AskedWord, normal, positions, without_accents

MOST_LOOKED_THROUGH = 20_000  # characters of a text in which the place is shown
BEFORE, SHOWN = 60, 240  # characters of a text that are shown: so many before what was found, and in all
_BLANKS = re.compile(r"[\t\n\r]+")
# What is normalised together: a character with the marks behind it, or letters of which Hangul makes one.
_CLUSTER = re.compile(
    "(?s)[\u1100-\u11ff]+|.[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u3099\u309a]*"
)


@dataclass(frozen=True)
class TextPiece:
    """A piece of a text, and whether it is what somebody looks for."""

    text: str
    is_found: bool = False


def marked(text: str, words: Iterable[AskedWord]) -> list[TextPiece]:
    """Returns a text in pieces."""
    return _pieces(text, 0, len(text), _places(text, words))


def extract(text: str, words: Iterable[AskedWord]) -> list[TextPiece]:
    """Returns what stands around the first of the words that is in a text, in pieces; nothing where none is."""
    places = _places(text[:MOST_LOOKED_THROUGH], words)
    if not places:
        return []
    start = max(0, places[0][0] - BEFORE)
    if start and (blank := text.find(" ", start, places[0][0])) >= 0:
        start = blank + 1
    end = min(len(text), start + SHOWN)
    pieces = _pieces(text, start, end, places)
    before, behind = [TextPiece("…")] if start else [], [TextPiece("…")] if end < len(text) else []
    return [*before, *pieces, *behind]


def _pieces(text: str, start: int, end: int, places: list[tuple[int, int]]) -> list[TextPiece]:
    pieces, at = [], start
    for first, last in places:
        if first < at or first >= end:
            continue
        if first > at:
            pieces.append(TextPiece(_in_one_line(text[at:first])))
        pieces.append(TextPiece(_in_one_line(text[first : min(last, end)]), is_found=True))
        at = min(last, end)
    if at < end:
        pieces.append(TextPiece(_in_one_line(text[at:end])))
    return pieces


def _in_one_line(text: str) -> str:
    """Ends of lines and tabs are spaces here: as characters that nobody sees, their names would be shown."""
    return _BLANKS.sub(" ", text)


def _places(text: str, words: Iterable[AskedWord]) -> list[tuple[int, int]]:
    """Where the words stand, from and to, in order."""
    found: set[tuple[int, int]] = set()
    wanted = list(words)
    for said, where in _readings(text):
        for word in wanted:
            for at in positions(said, word):
                found.add((where[at], where[at + len(word.letters)]))
    return sorted(found, key=lambda place: (place[0], -place[1]))


def _readings(text: str) -> Iterator[tuple[str, "list[int] | range"]]:
    """Yields the text as it is searched, with its accents and without, each with where its characters stand, and where
    the text ends."""
    if text.isascii():
        yield text.lower(), range(len(text) + 1)
        return
    clusters = [(found.start(), found.group()) for found in _CLUSTER.finditer(text)]
    for read in (_exact, _plain):
        said: list[str] = []
        where: list[int] = []
        for start, cluster in clusters:
            letters = read(cluster)
            said.append(letters)
            where += [start] * len(letters)
        yield "".join(said), [*where, len(text)]


@lru_cache(maxsize=10_000)
def _exact(cluster: str) -> str:
    return normal(cluster)


@lru_cache(maxsize=10_000)
def _plain(cluster: str) -> str:
    return without_accents(normal(cluster))
