"""The time zones of an iCalendar file: those that it defines count before those that are known by their names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Calendar as ParsedCalendar
from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from importers.formats.zones import zone_named, zone_of
from importers.sending.calendars.properties import listed

TOO_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY|DAILY)", re.IGNORECASE)
# By how much definitions are off around a change of clocks that are wrong about when it is: some programs write what
# the clock shows then, or what it would show in the other season, and some the hour in UTC.
OFF_BY = (timedelta(0), timedelta(hours=1), timedelta(hours=-1))
COMPARED = timedelta(days=3653)  # for which one of IANA's list must be the same as a zone that a file defines


def known_zone(name: str) -> tzinfo | None:
    """Returns the zone that a name means to a server as well (see `zone_named`): one of IANA's list, or an offset."""
    key = zone_named(name)
    return None if key is None else zone_of(key)


def _key(zone: tzinfo | None) -> str | None:
    """The name of a zone in IANA's list; None where it has none."""
    return zone.key if isinstance(zone, ZoneInfo) else "UTC" if zone is UTC else None


@dataclass(frozen=True)
class DefinedZone:
    """A zone as a file defines it. `first` and `last`: the years that it tells of; some programs write no more than
    their events need. `last` is None where its rules go on, or its clocks are never set."""

    zone: tzinfo
    first: int
    last: datetime | None


class FileZones:
    """The zones of one VCALENDAR. `floating`: for times that say none."""

    def __init__(self, calendar: ParsedCalendar, floating: tzinfo) -> None:
        self._defined = _defined(calendar)
        self._iana: dict[tuple[str, int], str | None] = {}
        said = str(calendar.get("X-WR-TIMEZONE") or _offset_of_vcalendar(calendar))
        self.said = said if said and self.named(said) is not None else ""
        self.floating = self.named(self.said) or floating

    def named(self, name: str) -> tzinfo | None:
        """Returns the zone that a TZID means; None where nothing says what it is."""
        defined = self._defined.get(name.strip('"'))
        return defined.zone if defined else known_zone(name)

    def is_known_as(self, name: str, year: int) -> bool:
        """Whether a TZID means the same to whoever has no definition of it."""
        return _key(known_zone(name)) == name and self.iana_name(name, year) == name

    def iana_name(self, name: str, year: int) -> str | None:
        """Returns the name in IANA's list of a zone whose clocks are set in the same way from this year on. Without a
        name: of the zone of times that say none. None where there is none."""
        name = name or self.said
        if (name, year) not in self._iana:
            self._iana[name, year] = self._found_in_iana(name, year)
        return self._iana[name, year]

    def _found_in_iana(self, name: str, year: int) -> str | None:
        defined, known = self._defined.get(name.strip('"')), known_zone(name)
        if defined is None:
            return _key(known if name else self.floating)
        begin = datetime(min(max(year, defined.first, 1970), 2090), 1, 1, tzinfo=UTC)
        end = begin + COMPARED if defined.last is None else min(defined.last, begin + COMPARED)
        samples = list(_samples(defined.zone, begin, end))
        if isinstance(known, ZoneInfo) and _is_like(known, samples, OFF_BY):
            return known.key
        if isinstance(known, timezone) and all(offset == known.utcoffset(None) for _, offset in samples):
            return _key(known)  # it is as far from UTC as it is called, and no city's, whose clocks may yet be set
        # What tells only of the years before may be the one that it is called like, and no other.
        names = _usual_names() if len(samples) > 1 else []
        return next((one.key for one in map(ZoneInfo, names) if _is_like(one, samples)), None)


def _offset_of_vcalendar(calendar: ParsedCalendar) -> str:
    """How far from UTC times are in a vCalendar, where no clock is set there; empty where it does not say so."""
    sets_clocks = str(calendar.get("DAYLIGHT", "")).upper().startswith("TRUE")
    return "" if sets_clocks else str(calendar.get("TZ", ""))


def _defined(calendar: ParsedCalendar) -> dict[str, DefinedZone]:
    """The zones that a file defines, as far as the definitions can be understood."""
    zones: dict[str, DefinedZone] = {}
    for component in calendar.walk("VTIMEZONE"):
        if not isinstance(component, Timezone):
            continue
        if TOO_OFTEN.search(component.to_ical().decode()):  # nobody sets clocks every day, and it would take for ever
            continue
        try:
            zone = component.to_tz(lookup_tzid=False)
            zone.utcoffset(datetime(2024, 1, 1))  # noqa: DTZ001 - a clock's time
            zones[str(component["TZID"])] = DefinedZone(zone, *_told(component))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            continue
    return zones


def _told(component: Timezone) -> tuple[int, datetime | None]:
    """The first year that a definition tells of, and when it ends to tell."""
    onsets: list[datetime] = []
    parts: list[Any] = list(component.subcomponents)
    for part in parts:
        onsets.append(part["DTSTART"].dt)
        onsets += [one.dt for dates in listed(part.get("RDATE")) for one in dates.dts]
    goes_on = any("RRULE" in part and "UNTIL" not in part["RRULE"] for part in parts)
    last = None if goes_on or len(onsets) < 2 else max(onsets).replace(tzinfo=UTC) + timedelta(days=1)
    return min(onsets).year, last


def _is_like(
    zone: ZoneInfo, samples: Iterable[tuple[datetime, timedelta | None]], off_by: Sequence[timedelta] = OFF_BY[:1]
) -> bool:
    """Whether a zone is as far from UTC as these moments say, or is that much earlier or later."""
    return all(any((at + off).astimezone(zone).utcoffset() == offset for off in off_by) for at, offset in samples)


def _samples(zone: tzinfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta | None]]:
    """Yields moments, each with how far the zone is from UTC: every week, and around each change, to the minute."""
    here, minute, week = begin, timedelta(minutes=1), timedelta(weeks=1)
    before = here.astimezone(zone).utcoffset()
    yield here, before
    while here < end:
        low, high = here, here + week
        after = high.astimezone(zone).utcoffset()
        if after != before:
            while high - low > minute:
                middle = low + (high - low) // minute // 2 * minute
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            yield low, before
            yield high, after
        here, before = here + week, after
        if here < end:
            yield here, after


@cache
def _usual_names() -> list[str]:
    """Every name of IANA's list, beginning with those that most people live in."""
    usual = dict.fromkeys(WINDOWS_TO_OLSON.values())
    return [*usual, *sorted(available_timezones() - usual.keys() - {"Factory", "localtime"})]
