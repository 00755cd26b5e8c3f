"""An iCalendar file as a calendar and its events, in the shape that workers send."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from icalendar import Calendar as ParsedCalendar
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.parser import unescape_backslash

from importers.sending.calendars.events import CalendarEvents
from importers.sending.calendars.losses import losses_of
from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.text import ics_text
from importers.sending.items import OutgoingItem
from importers.sending.shown import clipped


class NotACalendarError(Exception):
    """The file is not iCalendar, whatever its name says."""


@dataclass(frozen=True)
class CalendarFile:
    """What an `.ics` file holds. `identifier` names its calendar towards its events; `charset_note` says in which
    charset it was read, where that is worth a word."""

    identifier: str
    name: str
    parsed: list[ParsedCalendar]
    reading: CalendarReading = field(default_factory=CalendarReading)
    charset_note: str = ""

    @classmethod
    def read(cls, path: Path, identifier: str, name: str, reading: CalendarReading | None = None) -> "CalendarFile":
        """Reads the file; `name` is for a calendar that has none. Raises `NotACalendarError` or `OSError`."""
        reading = reading or CalendarReading()
        try:
            said = ics_text(path.read_bytes(), reading.charset)
            with warnings.catch_warnings():  # of zones whose names it guesses; what they are is found out by ourselves
                warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
                parsed = ParsedCalendar.from_ical(said.text.encode(), multiple=True)
        except (ValueError, IndexError, KeyError, OverflowError) as error:
            raise NotACalendarError(clipped(str(error))) from error  # which quotes what the file holds
        calendars = [component for component in parsed if component.name == "VCALENDAR"]
        if not calendars:
            raise NotACalendarError("there is no VCALENDAR in it")
        return cls(identifier, name, calendars, reading, said.note)

    @cached_property
    def _calendars(self) -> list[CalendarEvents]:
        return [CalendarEvents(calendar, self.reading) for calendar in self.parsed]

    @property
    def losses(self) -> list[str]:
        """What items have no place for, in words that people know: where there is any, the file is sent, too."""
        return [*losses_of(self.parsed), *dict.fromkeys(loss for one in self._calendars for loss in one.losses)]

    @property
    def notes(self) -> list[str]:
        """What is to be said of how it was read."""
        said = [self.charset_note, *(note for one in self._calendars for note in one.notes)]
        return list(filter(None, dict.fromkeys(said)))

    @property
    def count(self) -> int:
        """How many items `items` yields."""
        return 1 + sum(len(calendar.events) for calendar in self._calendars)

    def items(self) -> Iterator[OutgoingItem]:
        """The calendar, then each of its events that takes place."""
        name = self._said("X-WR-CALNAME", "NAME") or self.name
        description = self._said("X-WR-CALDESC", "DESCRIPTION")
        payload = {"@type": "Calendar", "id": self.identifier, "name": name, "description": description}
        yield OutgoingItem("calendar", f"calendar {name}", payload)
        for calendar in self._calendars:
            for event in calendar.events:
                yield calendar.item(event, self.identifier)

    def _said(self, *names: str) -> str | None:
        values = (calendar.get(name) for calendar in self.parsed for name in names)
        return next((unescape_backslash(str(value)) for value in values if value), None)
