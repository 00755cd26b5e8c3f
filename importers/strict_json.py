"""JSON as RFC 8259 has it: without NaN and Infinity, and with numbers of any size.

Python reads the first, which are no JSON, and refuses whole numbers of thousands of digits, which are.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

MOST_DIGITS = 1000  # of a whole number that is read as one; the time that this takes grows with their square

Decode = Callable[[str], Any]
Number = Callable[[str], float]


def loads(text: str, number: Number = float) -> Any:
    """Returns what a JSON text says. `number`: what is made of numbers that are not whole, or have too many digits.

    Raises `ValueError`, and `RecursionError` where it is nested too deep.
    """
    quick, any_size = _decoders(number)
    try:
        return quick(text)
    except ValueError:
        return any_size(text)


@cache
def _decoders(number: Number) -> tuple[Decode, Decode]:
    """Returns one that is quick and refuses whole numbers of too many digits, and one that takes any."""

    def whole(digits: str) -> int | float:
        return int(digits) if len(digits) < MOST_DIGITS else number(digits)

    strict: dict[str, Any] = {"parse_constant": _refuse, "parse_float": number}
    return json.JSONDecoder(**strict).decode, json.JSONDecoder(**strict, parse_int=whole).decode


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def loads_exactly(text: str) -> Any:
    """Returns what a JSON text says, in which numbers are the digits they were written as: for comparing texts that are
    kept already."""
    return _decode_exactly(text)


def _digits(number: str) -> str:
    return f"\ud800{number}"  # a lone surrogate tells the number 1 from the text "1"


_decode_exactly = json.JSONDecoder(parse_float=_digits, parse_int=_digits).decode


def canonical(value: Any) -> str:
    """Returns one spelling for all texts that say the same: keys in order, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
