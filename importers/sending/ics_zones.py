"""The time zones of an iCalendar file: those that it defines count before those that are known by their names."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from icalendar import Calendar as ParsedCalendar
from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

TOO_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY|DAILY)", re.IGNORECASE)
COMPARED_YEARS = 10  # of a zone that a file defines, for which one of IANA's list must be the same


def known_zone(name: str) -> ZoneInfo | None:
    """Returns the zone of IANA's list that a name means: its own, the one that Windows has, or a longer one that ends
    in it (RFC 5545, section 3.2.19)."""
    name = name.strip().strip('"').strip("/")
    parts = WINDOWS_TO_OLSON.get(name, name).split("/")
    for at in range(len(parts)):
        try:
            return ZoneInfo("/".join(parts[at:]))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


class FileZones:
    """The zones of one VCALENDAR. `floating`: for times that say none."""

    def __init__(self, calendar: ParsedCalendar, floating: tzinfo) -> None:
        self._defined = _defined(calendar)
        self._iana: dict[tuple[str, int], str | None] = {}
        said = calendar.get("X-WR-TIMEZONE")
        self.said = str(said) if said and self.named(str(said)) is not None else ""
        self.floating = self.named(self.said) or floating

    def named(self, name: str) -> tzinfo | None:
        """Returns the zone that a TZID means; None where nothing says what it is."""
        return self._defined.get(name.strip('"')) or known_zone(name)

    def is_known_as(self, name: str, year: int) -> bool:
        """Whether a TZID means the same to whoever has no definition of it."""
        zone = known_zone(name)
        return zone is not None and zone.key == name and self.iana_name(name, year) == name

    def iana_name(self, name: str, year: int) -> str | None:
        """Returns the name in IANA's list of a zone whose clocks are set in the same way from this year on. Without a
        name: of the zone of times that say none. None where there is none."""
        if (name, year) not in self._iana:
            zone = self.named(name) if name else self.floating
            self._iana[name, year] = _same_in_iana(zone, known_zone(name), year) if zone else None
        return self._iana[name, year]


def _defined(calendar: ParsedCalendar) -> dict[str, tzinfo]:
    """The zones that a file defines, as far as the definitions can be understood."""
    zones: dict[str, tzinfo] = {}
    for component in calendar.walk("VTIMEZONE"):
        if not isinstance(component, Timezone):
            continue
        if TOO_OFTEN.search(component.to_ical().decode()):  # nobody sets clocks every day, and it would take for ever
            continue
        try:
            zone = component.to_tz(lookup_tzid=False)
            zone.utcoffset(datetime(2024, 1, 1))  # noqa: DTZ001 - a clock's time
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            continue
        zones[str(component["TZID"])] = zone
    return zones


def _same_in_iana(zone: tzinfo, likely: ZoneInfo | None, year: int) -> str | None:
    if isinstance(zone, ZoneInfo):
        return zone.key
    if zone is UTC:
        return "UTC"
    samples = list(_samples(zone, min(max(year, 1970), 2090)))
    for candidate in [*filter(None, [likely]), *map(ZoneInfo, _usual_names())]:
        if all(at.astimezone(candidate).utcoffset() == offset for at, offset in samples):
            return candidate.key
    return None


def _samples(zone: tzinfo, year: int) -> Iterator[tuple[datetime, timedelta | None]]:
    """Yields moments, each with how far the zone is from UTC: every week, and around each change, to the minute."""
    here, minute = datetime(year, 1, 1, tzinfo=UTC), timedelta(minutes=1)
    before = here.astimezone(zone).utcoffset()
    for _ in range(52 * COMPARED_YEARS):
        low, high = here, here + timedelta(weeks=1)
        after = high.astimezone(zone).utcoffset()
        yield high, after
        if after != before:
            while high - low > minute:
                middle = low + (high - low) // minute // 2 * minute
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            yield low, before
            yield high, after
        here, before = here + timedelta(weeks=1), after


@cache
def _usual_names() -> list[str]:
    """Every name of IANA's list, beginning with those that most people live in."""
    usual = dict.fromkeys(WINDOWS_TO_OLSON.values())
    return [*usual, *sorted(available_timezones() - usual.keys() - {"Factory", "localtime"})]
