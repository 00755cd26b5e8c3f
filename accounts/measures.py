"""Sizes, numbers and days that stand in a sentence in English, in the language of whoever reads it."""

import re
from collections.abc import Callable
from datetime import date

from accounts.dates import MONTHS, day_words
from accounts.numbers import thousands
from accounts.sizes import human_size, parse_size

_NUMBER = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*|[0-9]+")
_SIZE = re.compile(r"[0-9]+(?:\.[0-9])? (?:bytes?|[kMGTP]B)")
_DAY = re.compile(rf"([0-9]{{1,2}}) ({'|'.join(MONTHS)}) ([0-9]{{4}})(.*)")  # and the time, if it is said


def said_anew(measure: str) -> str:
    """Returns "1,5 Mo" of "1.5 MB", "26 novembre 2026, 11:04 CET" of "26 November 2026, 11:04 CET", and so on; what is
    none of these as it is."""
    for pattern, words in _MEASURES:
        if match := pattern.fullmatch(measure):
            return words(match)
    return measure


def count(number: str) -> int:
    """Returns the number that is written in English, as "12,345"; 0 where none is."""
    return int(number.replace(",", "")) if _NUMBER.fullmatch(number) else 0


def _day(match: re.Match[str]) -> str:
    try:
        of = date(int(match[3]), MONTHS.index(match[2]) + 1, int(match[1]))
    except ValueError:  # there is no such day
        return match[0]
    return day_words(of) + match[4]


_MEASURES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_NUMBER, lambda match: thousands(count(match[0])) if "," in match[0] else match[0]),
    (_SIZE, lambda match: human_size(parse_size(match[0].replace(" ", "")))),
    (_DAY, _day),
)
