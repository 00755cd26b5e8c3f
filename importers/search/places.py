"""Where an entry stands in the index: a number that says whose it is, of which kind, and of which day.

The entries of one person and kind are a range of numbers, and in it those of later days stand behind. So a range leads
to somebody's records of one kind, or of some days, and the newest are found first by going down. The bits are those of
a positive BIGINT, from the top: 20 of the owner, 6 of the kind, 17 of the day, and 20 that count what is of one day.
Two owners may have the same 20 bits; so whoever reads a range asks for the owner as well.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

OWNER_BITS, KIND_BITS, DAY_BITS, COUNT_BITS = 20, 6, 17, 20
WITHIN_BITS = DAY_BITS + COUNT_BITS  # those that do not say whose it is and of which kind
FIRST_DAY = date(1850, 1, 1)
LAST = (1 << DAY_BITS) - 1  # days after that, which is in 2208
IN_A_DAY = 1 << COUNT_BITS
BEYOND = 3  # days: what finds no room in its own day stands in a later one


@dataclass(frozen=True)
class PlaceRange:
    """Numbers of entries, with both ends, of one person and kind, whose first would be `base`."""

    base: int
    first: int
    last: int


def place_of_day(owner: int, kind: int, moment: datetime) -> int:
    """Returns the first place of what is of this day, for a kind's `search_number`."""
    return _begin(owner, kind) + (_day(moment.astimezone(UTC).date()) << COUNT_BITS)


def places_of(owner: int, kind: int, since: datetime | None = None, until: datetime | None = None) -> PlaceRange:
    """Returns where a person's entries of a kind stand; those of the days from one moment to another, and of some
    beside."""
    begin = _begin(owner, kind)
    first = _day((since - timedelta(days=1)).astimezone(UTC).date()) if since else 0
    last = min(LAST, _day(until.astimezone(UTC).date()) + BEYOND) if until else LAST
    return PlaceRange(begin, begin + (first << COUNT_BITS), begin + (last << COUNT_BITS) + IN_A_DAY - 1)


def is_beside(one: int, other: int) -> bool:
    """Returns whether two places are of the same owner and kind."""
    return (one ^ other) >> WITHIN_BITS == 0


def place_within(place: int) -> int:
    """Returns what a place says but whose it is and of which kind: it may stand in an address."""
    return place & ((1 << WITHIN_BITS) - 1)


def _begin(owner: int, kind: int) -> int:
    whose = owner % (1 << OWNER_BITS)
    return ((whose << KIND_BITS) | kind) << WITHIN_BITS


def _day(day: date) -> int:
    return min(LAST, max(0, (day - FIRST_DAY).days))
