"""JSON as RFC 8259 has it: without NaN and Infinity, with numbers of any size, and with no more values than are read.

Python reads the first, which are no JSON, refuses whole numbers of thousands of digits, which are, and makes a hundred
bytes of each `{}`: a text of 10 MiB may take a gigabyte. So values are counted before one is made, which costs next to
nothing. Whatever comes from outside is read here.
"""

import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings

from accounts.sizes import LARGEST_COLUMN

MOST_DIGITS = 1000  # of a whole number that is read as one; the time that this takes grows with their square
# Levels of any JSON. Pythons differ in how many they read, from about as many as these to ten thousand.
DEEPEST = 910
DEEPEST_FITTING = 64  # levels of a protocol's JSON, which is gone through by functions that call themselves
VALUE_WEIGHT = 100  # bytes that a value takes: an empty object 64, a number 24, an object of one member 184

Decode = Callable[[str], Any]
Number = Callable[[str], float]

# A string, with its end or without one, so that what stands in it is not counted; or what a value stands behind.
_BEFORE_VALUES = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)


class TooManyValues(ValueError):
    """A text with more values than are read; `most` is how many are."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it has more than {most:,} values")
        self.most = most


def loads(text: str, number: Number = float) -> Any:
    """Returns what a JSON text says. `number`: what is made of numbers that are not whole, or have too many digits.

    Raises `ValueError`, `TooManyValues` among them, and `RecursionError` where it is nested too deep.
    """
    require_few_values(text)
    quick, any_size = _decoders(number)
    try:
        found = quick(text)
    except ValueError:
        found = any_size(text)
    if text.count("[") + text.count("{") > DEEPEST and not _is_within(found, DEEPEST):
        raise RecursionError("it is nested too deep")
    return found


def loads_fitting(text: str) -> Any:
    """Returns what the JSON text of a protocol says, in which every number is one that a field holds: whole ones of 64
    bits, others of a float's range; and nothing is nested deeper than 64 levels. Raises as `loads` does."""
    require_few_values(text)
    found = _decode_fitting(text)
    if not _is_within(found, DEEPEST_FITTING):
        raise ValueError("it is nested too deep")
    return found


def loads_exactly(text: str) -> Any:
    """Returns what a JSON text says, in which numbers are the digits they were written as, and nothing is
    lost of an object that says a name twice (`SAID_TWICE`): for comparing texts that are kept already. Raises as
    `loads` does."""
    require_few_values(text)
    return _decode_exactly(text)


def require_few_values(text: str) -> None:
    """Raises `TooManyValues` where a JSON text has more than `WHARF_JSON_MOST_VALUES`: each list, object, member and
    element counts."""
    most: int = settings.WHARF_JSON_MOST_VALUES
    if len(text) < most or most_values(text) <= most:
        return
    values = 1
    for found in _BEFORE_VALUES.finditer(text):
        values += found[0][0] != '"'
        if values > most:
            raise TooManyValues(most)


def most_values(text: str) -> int:
    """Returns a number of values that a JSON text has at most, at the speed of memory."""
    return 1 + text.count(",") + text.count("[") + text.count("{")


@cache
def _decoders(number: Number) -> tuple[Decode, Decode]:
    """Returns one that is quick and refuses whole numbers of too many digits, and one that takes any."""

    def whole(digits: str) -> int | float:
        return int(digits) if len(digits) < MOST_DIGITS else number(digits)

    strict: dict[str, Any] = {"parse_constant": _refuse, "parse_float": number}
    return json.JSONDecoder(**strict).decode, json.JSONDecoder(**strict, parse_int=whole).decode


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _fitting_whole(digits: str) -> int:
    number = int(digits) if len(digits) < MOST_DIGITS else LARGEST_COLUMN + 1
    if abs(number) > LARGEST_COLUMN:
        raise ValueError("it has a number that no field holds")
    return number


def _fitting_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("it has a number that no field holds")
    return number


_decode_fitting = json.JSONDecoder(parse_constant=_refuse, parse_int=_fitting_whole, parse_float=_fitting_float).decode


def _is_within(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        containers = [one for one in level if isinstance(one, dict | list)]
        if not containers:
            return True
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
    return False


def _digits(number: str) -> str:
    return f"\ud800{number}"  # a lone surrogate tells the number 1 from the text "1"


SAID_TWICE = "\ud800said twice"  # what `loads_exactly` calls the members of an object that a later one replaced


def _with_every_member(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The last of a name counts (RFC 8259, section 4, leaves that open). What those before it said tells texts apart,
    too."""
    found = dict(members)
    if len(found) < len(members):
        found.clear()
        before = []
        for name, value in members:
            if name in found:
                before.append([name, found[name]])
            found[name] = value
        found[SAID_TWICE] = before
    return found


_decode_exactly = json.JSONDecoder(parse_float=_digits, parse_int=_digits, object_pairs_hook=_with_every_member).decode


def canonical(value: Any) -> str:
    """Returns one spelling for all texts that say the same: keys in order, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def object_in(raw: bytes) -> dict[str, Any] | None:
    """Returns the JSON object that bytes are; None where they are none, or none that is read."""
    try:
        found = loads(raw.decode())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def weight(raw: bytes) -> int:
    """Returns about how many bytes a JSON text takes with all that is made of it."""
    return len(raw) + VALUE_WEIGHT * (raw.count(b",") + raw.count(b"[") + raw.count(b"{"))
