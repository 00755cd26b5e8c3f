"""Sizes of data, as people write and read them."""

import re

from django.utils.formats import get_format, number_format
from django.utils.translation import gettext, gettext_lazy, ngettext

_UNIT_OF = {"B": ("B", "BYTE", "BYTES"), "O": ("O", "OCTET", "OCTETS")}  # in English and in French
UNITS = {
    "": 1,
    **dict.fromkeys((word for words in _UNIT_OF.values() for word in words), 1),
    **{f"{prefix}{unit}": 1000**power for unit in _UNIT_OF for power, prefix in enumerate("KMGTP", start=1)},
    **{f"{prefix}I{unit}": 1024**power for unit in _UNIT_OF for power, prefix in enumerate("KMGTP", start=1)},
}
KIB = 1024
MIB = 1024**2
GIB = 1024**3
_SIZE = re.compile(r"\s*([0-9]+)(?:([.,])([0-9]+))?\s*([A-Za-z]*)\s*")
LARGEST_COLUMN = 2**63 - 1  # what a column of the database holds
_WRITTEN = (
    gettext_lazy("%(number)s kB"),
    gettext_lazy("%(number)s MB"),
    gettext_lazy("%(number)s GB"),
    gettext_lazy("%(number)s TB"),
    gettext_lazy("%(number)s PB"),
)


def parse_size(text: str) -> int:
    """Bytes of a size such as `5GB`, `1.5 GiB`, `700 kB`, `5 Go` or `1024`; decimal units and, with an `i`, binary
    ones. A comma is a decimal one where the language that is active has such.

    Raises ValueError with a sentence for whoever typed it.
    """
    match = _SIZE.fullmatch(text)
    point = match[2] if match else None
    if not match or match[4].upper() not in UNITS or point not in (None, ".", get_format("DECIMAL_SEPARATOR")):
        sentence = gettext("%(text)s is not a size. Write a number and a unit, such as 500MB, 5GB or 2GiB.")
        raise ValueError(sentence % {"text": repr(text)})
    whole, fraction = match[1], match[3]
    unit = UNITS[match[4].upper()]
    size = int(whole) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
    if size > LARGEST_COLUMN:
        raise ValueError(gettext("%(text)s is more than can be stored.") % {"text": repr(text)})
    return size


def as_count(value: object) -> int | None:
    """Returns a number of things or of bytes that another program says, None where it is none that a column holds."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COLUMN else None


def as_size(value: object) -> int | None:
    """Returns a size of any magnitude that another program says: as a number, or in decimal digits, as a Cozy does."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def human_size(size: int) -> str:
    """Bytes in the decimal unit that reads best, in the language that is active: `0 bytes`, `1 byte`, `1.5 kB`,
    `20 GB`."""
    if size < 1000:
        return ngettext("%(size)s byte", "%(size)s bytes", size) % {"size": size}
    value = float(size)
    for written in _WRITTEN:
        value /= 1000
        if round(value, 1) < 1000 or written is _WRITTEN[-1]:
            break
    return written % {"number": number_format(f"{value:.1f}".removesuffix(".0"))}
