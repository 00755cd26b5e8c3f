"""Which occurrences a calendar has, as an independent reader finds them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import count

import icalendar
import recurring_ical_events

_numbers = count()


def occurrences(ics: bytes, until: int = 2032) -> dict[str, list[datetime | date]]:
    """When each event begins, by its title: moments in UTC, or dates, up to the end of a year.

    Zones are what the file says that they are: their names are others here, which no list of zones has.
    """
    number = next(_numbers)
    renamed = re.sub(rb"(TZID[:=])([^:\r\n]+)", rb"\1\2 of file %d" % number, ics.replace(b"\r\n ", b""))
    calendar = icalendar.Calendar.from_ical(renamed)
    found: dict[str, list[datetime | date]] = {}
    for event in recurring_ical_events.of(calendar).between((1990, 1, 1), (until, 1, 1)):
        found.setdefault(str(event["SUMMARY"]), []).append(_in_utc(event["DTSTART"].dt))
    return {title: sorted(starts, key=str) for title, starts in found.items()}


def undefined_zones(ics: bytes) -> set[str]:
    """The zones that a file names and does not define."""
    text = ics.replace(b"\r\n ", b"").decode()
    return set(re.findall(r";TZID=([^:;]+)", text)) - set(re.findall(r"^TZID:(.*)\r$", text, re.MULTILINE))


def in_utc(starts: Iterable[datetime]) -> list[datetime]:
    """The same moments in UTC."""
    return [start.astimezone(UTC) for start in starts]


def _in_utc(start: datetime | date) -> datetime | date:
    return start.astimezone(UTC) if isinstance(start, datetime) else start
