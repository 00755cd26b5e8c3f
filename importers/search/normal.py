"""How texts and what is asked for are normalised, before either database sees them: so both find the same.

NFKC, without case (the Unicode Standard, D146), without what nobody sees, and beside each word with accents the same
one without. Three letters and more are looked for as a part of a text; one or two among the beginnings that stand in
`SearchedText.beginnings`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

LONGEST_TEXT = 100_000  # characters of a record that are searched
LONGEST_ASKED = 200  # characters that somebody may ask for
MOST_WORDS = 8
SHORTEST_PART = 3  # letters, from which on any part of a word is found
MOST_HINTS = 8  # beginnings that are looked for besides a longer word

# What has no shape of its own: marks of direction, joiners, soft hyphens, variation selectors.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BLANKS = re.compile("[\\s\x00-\x1f\x7f-\x9f]+")
# Accents of Latin, Greek, Cyrillic, Hebrew and Arabic. In other scripts such marks are letters of their own.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
# Letters with a stroke or a tail, which Unicode does not take apart.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n"}
)
# Scripts without spaces: Thai to Myanmar, Khmer, kana, Bopomofo, Han, Yi, and their later blocks.
_DENSE = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029"
    "\u3038-\u303b\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
# One or two characters where a word begins, or anywhere in those scripts and among symbols.
_ANYWHERE = rf"(?:[{_DENSE}]|[^\w\s]|_)"
_BEGINNING = re.compile(rf"(?=((?:(?<![^\W_])[^\W_]|{_ANYWHERE})\S?))")
_HINT = re.compile(rf"(?=({_ANYWHERE}\S?))")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class SearchedText:
    """What is searched of a record. `text`: all of it, normalised; `beginnings`: one or two characters each, encoded
    in ASCII, with blanks around each."""

    text: str
    beginnings: str


@dataclass(frozen=True)
class AskedWord:
    """A word that is asked for, normalised. `beginnings`: those that a text must have, encoded with a blank on both
    sides; of a short word that is all there is to find it by."""

    letters: str
    beginnings: tuple[str, ...]

    @property
    def is_short(self) -> bool:
        return len(self.letters) < SHORTEST_PART


def normal(text: str) -> str:
    """Returns a text without case, in its compatible form, with single blanks."""
    if text.isascii():
        return _BLANKS.sub(" ", text).lower()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Turkish has two i, and their capitals do not say which where nobody knows the language: here they are one.
    text = text.replace("i\u0307", "i").replace("ı", "i")
    return _BLANKS.sub(" ", _UNSEEN.sub("", text))


@lru_cache(maxsize=10_000)
def without_accents(word: str) -> str:
    """Returns a normalised word without its accents."""
    if word.isascii():
        return word
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN_LETTERS)


def searched_text(texts: Iterable[str]) -> SearchedText:
    """Returns what is searched of a record that says this."""
    text = normal("\n".join(filter(None, texts))[:LONGEST_TEXT]).strip()
    if not text.isascii():
        words = dict.fromkeys(word for word in text.split(" ") if not word.isascii())
        bare = (without_accents(word) for word in words)
        text = " ".join((text, *(plain for plain, word in zip(bare, words, strict=True) if plain != word)))
    found = set(_BEGINNING.findall(text))
    found |= {pair[0] for pair in found}
    return SearchedText(text, f" {' '.join(sorted(map(_encoded, found)))} ")


def asked_words(query: str) -> list[AskedWord]:
    """Returns the words of what somebody asks for, so many at most. Quotation marks around words mean nothing."""
    words = dict.fromkeys(normal(query[:LONGEST_ASKED]).split())
    bare = dict.fromkeys(word.strip("\"'“”„«»‘’") or word for word in words)
    return [AskedWord(word, _beginnings_of(word)) for word in list(bare)[:MOST_WORDS]]


def _beginnings_of(word: str) -> tuple[str, ...]:
    if len(word) < SHORTEST_PART:
        return (f" {_encoded(word)} ",)
    return tuple(f" {_encoded(pair)} " for pair in list(dict.fromkeys(_HINT.findall(word)))[:MOST_HINTS])


def source_mark(source: int) -> str:
    """Returns what stands among the beginnings for the source of a record, by its key."""
    digits = ""
    while source or not digits:
        source, digit = divmod(source, 36)
        digits += _DIGITS[digit]
    return f"~{digits}~"


def positions(text: str, word: AskedWord) -> Iterator[int]:
    """Yields where in a normalised text a word stands, as search finds it."""
    if word.is_short:
        anywhere = re.fullmatch(_ANYWHERE, word.letters[0]) is not None
        pattern = re.escape(word.letters) if anywhere else rf"(?<![^\W_]){re.escape(word.letters)}"
        yield from (found.start() for found in re.finditer(pattern, text))
        return
    at = text.find(word.letters)
    while at >= 0:
        yield at
        at = text.find(word.letters, at + len(word.letters))


@lru_cache(maxsize=50_000)
def _encoded(pair: str) -> str:
    """One or two characters in letters and digits of ASCII, which every database takes for such: `pg_trgm` sees no
    others, and which others it sees hangs on the database's locale."""
    if pair.isascii() and pair.isalnum():
        return pair
    return "".join(_four_digits(ord(one)) for one in pair)


def _four_digits(number: int) -> str:
    """To the base of 36, the lowest digit first: neighbours differ where an index looks first."""
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        digits += _DIGITS[digit]
    return digits
