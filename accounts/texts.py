"""Texts that are put into words when they are shown, in the language of whoever reads them.

A sentence that is written down (why an item was refused, what happened to a move) is written in English, for programs
and the trail. What it was made of is known here, so that whoever reads it later reads it in their own language.
"""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from django.utils import translation
from django.utils.translation import get_language, gettext, ngettext

from accounts.measures import count, said_anew

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text
else:
    Text = str  # or what `gettext_lazy` gives, which is one as soon as it is asked

__all__ = ["KeptText", "Text", "in_english", "kept_plural", "kept_text", "translated"]

ENGLISH = "en"  # in which everything is written
MOST_REMEMBERED = 4096
LONGEST_READ = 1000  # characters of a sentence; a longer one is shown as it was written
MOST_TOGETHER = 12  # sentences that stand side by side
DEEPEST = 4  # sentences inside of one another, or behind one another
_VALUE = re.compile(r"%\((\w+)\)[sd]")
_NUMBER = re.compile(r"[0-9][0-9,]*")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?!)”]) (?=\S)")


class KeptText(NamedTuple):
    """What sentences that are written down are made of: their words; of a plural, its words for many, and which value
    counts; which of the values are such sentences themselves, and which are sizes, numbers or days."""

    words: str
    literals: tuple[str, ...]  # what stands before, between and after the values
    names: tuple[str, ...]  # of the values, in their order; one may come again
    sentences: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()
    many: str = ""
    by: str = ""

    def values_in(self, sentence: str) -> dict[str, str] | None:
        """Returns what a sentence has put in; None for a sentence that is made of other words. Each value is as short
        as can be, so that it takes no longer than to read the sentence once, whatever somebody has written into it."""
        first, *between, last = self.literals if self.names else (*self.literals, "")
        if not self.names:
            return {} if sentence == first else None
        if not (sentence.startswith(first) and sentence.endswith(last)):
            return None  # as nearly all
        values: dict[str, str] = {}
        place, end = len(first), len(sentence) - len(last)
        for name, literal in zip(self.names, (*between, None), strict=True):
            found = end if literal is None else sentence.find(literal, place + 1, end)
            value = sentence[place:found]
            if found <= place or values.setdefault(name, value) != value:
                return None
            place = found + len(literal or "")
        return values if not self.by or _NUMBER.fullmatch(values.get(self.by, "1")) else None

    def say(self, values: dict[str, str], deep: int) -> str:
        """Returns the sentence in the language that is active."""
        said = {name: self._value(name, value, deep) for name, value in values.items()}
        words = ngettext(self.words, self.many, count(values.get(self.by, "1"))) if self.many else gettext(self.words)
        return words % said

    def _value(self, name: str, value: str, deep: int) -> str:
        if name in self.sentences:
            return _in(get_language() or ENGLISH, value, deep)[0]
        return said_anew(value) if name in self.measures or name == self.by else value


_texts: dict[str, KeptText] = {}
# What makes known the words of modules that nobody else may have asked for yet; each is called once, and then gone.
loaders: list[Callable[[], None]] = []
_loading = Lock()


def kept_text(words: str, *, sentences: Collection[str] = (), measures: Collection[str] = ()) -> str:
    """Makes known the words of a sentence that will be written down, and returns them, to be filled in by
    `words % {"name": ...}`. `sentences`: the names of those values which are such sentences, too; `measures`: of those
    which are sizes, numbers or days, written in English (see `in_english`)."""
    _keep(words, KeptText(words, *_shape(words), frozenset(sentences), frozenset(measures)))
    return words


def kept_plural(
    one: str, many: str, *, by: str, sentences: Collection[str] = (), measures: Collection[str] = ()
) -> tuple[str, str]:
    """Makes known the words of a sentence that counts something, as `kept_text` does, and returns both. `by`: the name
    of the value that counts."""
    for words in (one, many):
        _keep(words, KeptText(one, *_shape(words), frozenset(sentences), frozenset(measures), many, by))
    return one, many


def _keep(words: str, text: KeptText) -> None:
    _texts[words] = text
    _in.cache_clear()  # what was looked for before may be known now


@contextmanager
def in_english() -> Iterator[None]:
    """Within it, sizes, numbers and days are said in English, for a sentence that is written down."""
    with translation.override(ENGLISH):
        yield


def _shape(words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns what stands around the values of such a sentence, and their names."""
    pieces = _VALUE.split(words)
    return tuple(piece.replace("%%", "%") for piece in pieces[::2]), tuple(pieces[1::2])


@lru_cache(maxsize=MOST_REMEMBERED)
def _in(language: str, sentence: str, deep: int = DEEPEST) -> tuple[str, int]:
    """Returns what was written down in another language, and how many of its letters were words that are known: of all
    ways to read it, the one that leaves the fewest letters as they are. Several sentences may stand side by side, or
    inside of one another, `deep` of them."""
    best, most = sentence, 0
    if not deep:
        return best, most
    found: tuple[KeptText, dict[str, str]] | None = None
    for text in list(_texts.values()):  # modules that are loaded meanwhile add to them
        if (values := text.values_in(sentence)) is None:
            continue
        inside = sum(_in(language, values[name], deep - 1)[1] for name in text.sentences & values.keys())
        known = len(sentence) - sum(map(len, values.values())) + inside
        if known > most:
            found, most = (text, values), known
    if found is not None:
        with translation.override(language):
            best = found[0].say(found[1], deep - 1)
    for between in islice(_BETWEEN_SENTENCES.finditer(sentence), MOST_TOGETHER):
        first = _in(language, sentence[: between.start()], deep - 1)
        rest = _in(language, sentence[between.end() :], deep - 1)
        if first[1] + rest[1] > most:
            best, most = f"{first[0]} {rest[0]}", first[1] + rest[1]
    return best, most


def translated(sentence: str) -> str:
    """Returns a sentence that was written down in the language that is active; as it is, where it is made of no words
    that are known, such as what an operator or another server wrote."""
    language = get_language() or ENGLISH
    if language == ENGLISH or not sentence or len(sentence) > LONGEST_READ:
        return sentence
    with _loading:  # whoever comes meanwhile waits for the words
        while loaders:
            loaders.pop()()
    return _in(language, sentence)[0]
