"""Sizes of data, as people write and read them."""

import re

from django.utils.translation import ngettext

UNITS = {
    "": 1,
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGTP", start=1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGTP", start=1)},
}
KIB = 1024
MIB = 1024**2
GIB = 1024**3
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Z]*)\s*", re.ASCII | re.IGNORECASE)
LARGEST_COLUMN = 2**63 - 1  # what a column of the database holds


def parse_size(text: str) -> int:
    """Bytes of a size such as `5GB`, `1.5 GiB`, `700 kB` or `1024`; decimal units and, with an `i`, binary ones.

    Raises ValueError with a sentence for whoever typed it.
    """
    match = _SIZE.fullmatch(text)
    if not match or match[2].upper() not in UNITS:
        raise ValueError(f"{text!r} is not a size. Write a number and a unit, such as 500MB, 5GB or 2GiB.")
    whole, _, fraction = match[1].partition(".")
    unit = UNITS[match[2].upper()]
    size = int(whole) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
    if size > LARGEST_COLUMN:
        raise ValueError(f"{text!r} is more than can be stored.")
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
    """Bytes in the decimal unit that reads best: `0 bytes`, `1 byte`, `1.5 kB`, `20 GB`."""
    if size < 1000:
        return ngettext("%(size)s byte", "%(size)s bytes", size) % {"size": size}
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        value /= 1000
        if round(value, 1) < 1000 or unit == "PB":
            break
    return f"{value:.1f}".removesuffix(".0") + f" {unit}"
