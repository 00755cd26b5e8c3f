"""The times of one VCALENDAR, in the zones that they are in there."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from icalendar import Calendar as ParsedCalendar

from importers.sending.calendars.properties import value_of, zone_name_of
from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.times import IcsTime
from importers.sending.calendars.zones import FileZones


class FileTimes:
    """How properties of a file say times. `zones`: those that it defines and names."""

    def __init__(self, calendar: ParsedCalendar, reading: CalendarReading) -> None:
        self._reading = reading
        self.zones = FileZones(calendar, reading.zone)

    def of(self, value: Any) -> IcsTime | None:
        """What a property says; None where it could not be understood."""
        at = value_of(value)
        if not isinstance(at, datetime):
            return IcsTime(at) if isinstance(at, date) else None
        name = zone_name_of(value)
        zone = self.zones.named(name) if name else at.tzinfo
        return IcsTime(at.replace(tzinfo=None), zone or self.zones.floating, name)

    @staticmethod
    def is_floating(value: Any) -> bool:
        """Whether a property says a time, and no zone of it."""
        at = value_of(value)
        return isinstance(at, datetime) and at.tzinfo is None and not zone_name_of(value)

    def notes(self, first: Iterable[Any], every: Iterable[Any]) -> list[str]:
        """Returns what is to be said of how times were read. `first`: the properties that say when something begins;
        `every`: all that name zones."""
        notes = []
        if any(map(self.is_floating, first)):
            if self.zones.said:
                said = f"those of {self.zones.said}, which the file says"
            elif self._reading.is_said:
                said = f"those of {self._reading.zone}, as you say"
            else:
                said = "UTC; --timezone says another"
            notes.append(f"times that say no zone are read as {said}")
        named = dict.fromkeys(filter(None, map(zone_name_of, every)))
        unknown = [name for name in named if self.zones.named(name) is None]
        return notes + [f"the zone {name} is not known; its times are read like those without" for name in unknown]
