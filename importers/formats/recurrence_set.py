"""What lines of recurrence say, taken apart (RFC 5545, section 3.8.5): the rules, and each date in UTC.

They are read as an iCalendar file has them, so that a page shows the occurrences that any program finds in it.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from importers.formats.local_time import LocalTime
from importers.formats.recurrence import NAMED, start_lines, written_lines
from importers.formats.recurrence_values import LineValue
from importers.formats.zones import zone_named

LONGEST_LINES = 100_000  # characters of lines of recurrence that are taken apart
TZID = re.compile(";TZID=([^;]+)")
DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
UNITS = ("weeks", "days", "hours", "minutes", "seconds")


@dataclass
class RecurrenceSet:
    """`rules` and `exrules`: what stands behind RRULE and EXRULE, with their ends in UTC, or as dates. `dates`: further
    occurrences, each with how long it takes, where that is its own; `excluded`: those that do not take place.
    `replaces`: when the occurrence was to be that this event stands for."""

    rules: list[str] = field(default_factory=list)
    exrules: list[str] = field(default_factory=list)
    dates: dict[datetime, timedelta | None] = field(default_factory=dict)
    excluded: list[datetime] = field(default_factory=list)
    replaces: datetime | None = None

    @classmethod
    def read(cls, column: str, start: LocalTime) -> "RecurrenceSet":
        """Returns what the lines of a column say of an event that begins at `start`."""
        found = cls()
        lines = written_lines(column, start)
        for line in [*start_lines(start, lines)[1:], *lines]:
            head, _, text = line.partition(":")
            name = head.partition(";")[0]
            if name in ("RRULE", "EXRULE"):
                (found.rules if name == "RRULE" else found.exrules).append(text)
                continue
            zone = TZID.search(head)
            for value in text.split(","):
                found._add(name, value, start, zone_named(zone[1]) if zone else None)
        return found

    def _add(self, name: str, value: str, start: LocalTime, zone: str | None) -> None:
        begins, _, ends = value.partition("/")
        moment = _moment(begins, start, zone)
        if moment is None:
            return
        if name == "EXDATE":
            self.excluded.append(moment)
        elif name == NAMED:
            self.replaces = moment
        elif name == "RDATE":
            self.dates.setdefault(moment, _length(moment, ends, start, zone) if ends else None)


def _moment(text: str, start: LocalTime, zone: str | None) -> datetime | None:
    """The moment of a value; of a day in a series of days, midnight UTC."""
    value = LineValue.read(text)
    if value is None:
        return None
    if start.is_day:
        return datetime(value.day.year, value.day.month, value.day.day, tzinfo=UTC)
    return value.moment(start, zone, start.wall.time())


def _length(begins: datetime, ends: str, start: LocalTime, zone: str | None) -> timedelta | None:
    """How long a period takes (section 3.3.9)."""
    if (duration := DURATION.fullmatch(ends)) is not None:
        try:
            return timedelta(**{unit: int(number or 0) for unit, number in zip(UNITS, duration.groups(), strict=True)})
        except OverflowError:
            return None
    end = _moment(ends, start, zone)
    return end - begins if end is not None and end > begins else None
