"""Time zones: the names that items and files have for them, and their definitions in iCalendar (RFC 5545, section
3.6.5).

A zone is written as a key: the name of an IANA zone (`Europe/Lisbon`), or an offset from UTC (`-05:00`); UTC itself is
the empty one.
"""

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from importers.formats.zone_names import zone_called

OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?", re.ASCII)
KEY_OF_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
NAMES_OF_UTC = frozenset(
    {"utc", "z", "gmt", "etc/utc", "etc/gmt", "etc/zulu", "zulu", "utc+00:00", "tzone://microsoft/utc"}
)
NUMBERED = re.compile(r"\s+\d{1,2}$", re.ASCII)  # of several definitions of one zone, as Exchange calls them
LONGEST_ZONE = 255  # characters of a name that is looked for

# A zone's rule is what every year from the first of these to before the second does alike: 28 years have every weekday
# on every date. A zone that has none is written with each of its changes to before the third.
RULED_FROM, RULED_UNTIL, LISTED_UNTIL = 2038, 2066, 2100
# The years that definitions begin with: few, so that each is made once. Before the first, hardly a clock was set by
# another.
BEGINNINGS = (1880, 1970, 1990, 2000, 2010, 2020)
STEP = timedelta(days=2)  # no zone has changed its clocks and set them back within less


def zone_named(name: str) -> str | None:
    """Returns the key of the zone that a name means: of IANA's list in whatever case, with spaces, or with `-` for `/`
    (`US-Eastern`), one that Windows has (CLDR, windowsZones), also without `Standard Time` or with a number, an offset
    such as `UTC+2`, a longer one that ends in a name of IANA's (section 3.2.19), or what people call one in whatever
    language (see zone_names.py). None where it is none that is known."""
    name = name.strip().strip('"').strip("/")
    lowered = name.lower()
    if not name or len(name) > LONGEST_ZONE:
        return None
    if lowered in NAMES_OF_UTC:
        return ""
    if (offset := OFFSET.fullmatch(name.upper())) is not None:
        sign, *numbers = offset.groups()
        hours, minutes, seconds = (int(number or 0) for number in numbers)
        if hours > 23 or minutes > 59 or seconds > 59:
            return None
        length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return offset_key(-length if sign == "-" else length)
    windows, unnumbered = _windows_names(), NUMBERED.sub("", lowered)
    if unnumbered in windows:
        return windows[unnumbered]
    parts = lowered.replace(" ", "_").split("/")
    spellings = (*("/".join(parts[at:]) for at in range(len(parts))), lowered.replace("-", "/", 1))
    found = (_iana_names().get(one) for one in spellings)
    return next(filter(None, found), None) or windows.get(f"{unnumbered} standard time") or zone_called(name)


@cache
def _iana_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if name not in ("Factory", "localtime")}


@cache
def _windows_names() -> dict[str, str]:
    from icalendar.timezone.windows_to_olson import (
        WINDOWS_TO_OLSON,  # with all of the library, which hardly anyone needs
    )

    return {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}


def offset_key(offset: timedelta) -> str:
    """Returns the key of a zone that is always as far from UTC."""
    if not offset:
        return ""
    sign, length = ("-", -offset) if offset < timedelta(0) else ("+", offset)
    minutes, seconds = divmod(length.days * 86_400 + length.seconds, 60)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


@lru_cache(1_000)
def is_key(zone: str) -> bool:
    """Whether this is the key of a zone that is known; what an archive says may be anything."""
    return not zone or bool(KEY_OF_OFFSET.fullmatch(zone)) or zone in _iana_names().values()


def offset_at(moment: datetime, key: str) -> str | None:
    """Returns how far from UTC a zone is at a moment, as the key of that offset; None at the ends of time."""
    try:
        return offset_key(moment.astimezone(zone_of(key)).utcoffset() or timedelta(0))
    except OverflowError:
        return None


@lru_cache(1_000)
def zone_of(key: str) -> tzinfo:
    """Returns the zone of a key. Raises `ValueError` where it is none (see `is_key`)."""
    if not key:
        return UTC
    if (offset := KEY_OF_OFFSET.fullmatch(key)) is not None:
        sign, hours, minutes, seconds = offset.groups(default="0")
        length = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        return timezone(-length if sign == "-" else length)
    return ZoneInfo(key)


def tzid(key: str) -> str:
    """Returns the name of a zone within a file: plain ASCII without colons, which a parameter need not quote."""
    return f"UTC{key.replace(':', '')}" if key[:1] in ("+", "-") else key


# Definitions


@dataclass(frozen=True)
class Onset:
    """When the clocks of a zone are set; `wall` is what they have shown until then."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool

    @property
    def pattern(self) -> tuple[object, ...]:
        """What a rule does alike every year: all but the day of the month."""
        wall = self.wall
        return self.before, self.after, self.name, self.is_daylight, wall.month, wall.weekday(), wall.time()


def definition(key: str, year: int) -> tuple[str, ...]:
    """Returns the lines of a VTIMEZONE that holds from this year on, neither folded nor encoded."""
    return _definition(key, max((first for first in BEGINNINGS if first <= year), default=BEGINNINGS[0]))


@lru_cache(1_000)
def _definition(key: str, first_year: int) -> tuple[str, ...]:
    began = datetime(first_year, 1, 1, tzinfo=UTC).astimezone(zone_of(key))
    offset = began.utcoffset() or timedelta(0)
    name = tzid(key) if key[:1] in ("+", "-") else str(began.tzname())
    first = Onset(began.replace(tzinfo=None), offset, offset, name, bool(began.dst()))
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid(key)}", *_observance(first)]
    onsets = [] if key[:1] in ("+", "-") else list(_onsets(key, first_year))
    rules = _rules([one for one in onsets if RULED_FROM <= one.wall.year < RULED_UNTIL])
    ruled_from = _first_ruled_year(onsets, rules, first_year) if rules else LISTED_UNTIL
    alike: dict[tuple[object, ...], list[Onset]] = defaultdict(list)
    for one in onsets:
        if one.wall.year < ruled_from:
            alike[one.before, one.after, one.name, one.is_daylight].append(one)
    for same in alike.values():
        lines += _observance(same[0], *(f"RDATE:{_local(one.wall)}" for one in same[1:]))
    for one in onsets:
        if rules and one.wall.year == ruled_from:
            lines += _observance(one, _rule(one, rules[one.pattern]))
    return (*lines, "END:VTIMEZONE")


def _onsets(key: str, first_year: int) -> Iterator[Onset]:
    """Yields each change of the clocks from this year on."""
    zone = zone_of(key)
    here, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(LISTED_UNTIL, 1, 1, tzinfo=UTC)
    before = here.astimezone(zone).utcoffset()
    while here < end:
        there = here + STEP
        if there.astimezone(zone).utcoffset() != before:
            low, high = here, there
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            there, changed = high, high.astimezone(zone)
            after = changed.utcoffset()
            if before is None or after is None:
                return
            wall = (high + before).replace(tzinfo=None)
            yield Onset(wall, before, after, str(changed.tzname()), bool(changed.dst()))
            before = after
        here = there


def _rules(onsets: list[Onset]) -> dict[tuple[object, ...], list[int]]:
    """Returns the days of the month of each pattern, where every year does the same; else nothing."""
    days: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for one in onsets:
        days[one.pattern].append(one.wall.day)
    return dict(days) if all(len(found) == RULED_UNTIL - RULED_FROM for found in days.values()) else {}


def _first_ruled_year(onsets: list[Onset], rules: dict[tuple[object, ...], list[int]], first_year: int) -> int:
    """Returns the year from which on nothing has differed from the rules."""
    by_year: dict[int, list[Onset]] = defaultdict(list)
    for one in onsets:
        by_year[one.wall.year].append(one)
    year = RULED_FROM
    while year > first_year:
        earlier = by_year[year - 1]
        fit = all(
            min(rules.get(one.pattern, [99])) <= one.wall.day <= max(rules.get(one.pattern, [0])) for one in earlier
        )
        if not fit or len(earlier) != len(rules):
            break
        year -= 1
    return year


def _rule(onset: Onset, days: list[int]) -> str:
    """Returns the line of a rule: the nth or the last weekday of a month, or the one within certain days of it."""
    month, weekday = onset.wall.month, ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[onset.wall.weekday()]
    first, last = min(days), max(days)
    rule = f"RRULE:FREQ=YEARLY;BYMONTH={month}"
    if first == last:
        return f"{rule};BYMONTHDAY={first}"
    if last == monthrange(RULED_FROM, month)[1]:
        return f"{rule};BYDAY=-1{weekday}"
    if first % 7 == 1:
        return f"{rule};BYDAY={first // 7 + 1}{weekday}"
    return f"{rule};BYDAY={weekday};BYMONTHDAY={','.join(map(str, range(first, last + 1)))}"


def _observance(onset: Onset, *repeated: str) -> list[str]:
    kind = "DAYLIGHT" if onset.is_daylight else "STANDARD"
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{_local(onset.wall)}",
        f"TZOFFSETFROM:{_offset(onset.before)}",
        f"TZOFFSETTO:{_offset(onset.after)}",
        f"TZNAME:{onset.name}",
        *repeated,
        f"END:{kind}",
    ]


def _local(wall: datetime) -> str:
    return f"{wall.year:04}{wall:%m%dT%H%M%S}"


def _offset(offset: timedelta) -> str:
    """Section 3.3.14."""
    return offset_key(offset).replace(":", "") or "+0000"
