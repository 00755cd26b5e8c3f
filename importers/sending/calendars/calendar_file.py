"""An iCalendar file as a calendar and its events, in the shape that workers send."""

import re
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
from importers.sending.calendars.properties import listed, with_days_said
from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.text import ics_text
from importers.sending.items import OutgoingItem
from importers.sending.shown import clipped

BEGIN = re.compile(r"^\s*BEGIN\s*:\s*VCALENDAR\s*$", re.IGNORECASE | re.MULTILINE)


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
                parsed = ParsedCalendar.from_ical(with_days_said(said.text).encode(), multiple=True)
        except (ValueError, IndexError, KeyError, OverflowError) as error:
            raise NotACalendarError(clipped(str(error))) from error  # which quotes what the file holds
        calendars = [component for component in parsed if component.name == "VCALENDAR"]
        if not calendars:
            begins = BEGIN.search(said.text) is not None
            raise NotACalendarError("it breaks off before its end" if begins else "there is no VCALENDAR in it")
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
        return len(self._by_name) + sum(len(calendar.events) for calendar in self._calendars)

    def items(self) -> Iterator[OutgoingItem]:
        """Each calendar, then those of its events that take place."""
        for number, (said, calendars) in enumerate(self._by_name.items()):
            name = said or self.name
            identifier = f"{self.identifier}#{said}" if number else self.identifier
            descriptions = (_said(calendar, "X-WR-CALDESC", "DESCRIPTION") for calendar, _ in calendars)
            description = next(filter(None, descriptions), None)
            payload = {"@type": "Calendar", "id": identifier, "name": name, "description": description}
            yield OutgoingItem("calendar", f"calendar {name}", payload)
            for _, events in calendars:
                for event in events.events:
                    yield events.item(event, identifier)

    @cached_property
    def _by_name(self) -> dict[str | None, list[tuple[ParsedCalendar, CalendarEvents]]]:
        """The calendars by the names that they say. Some programs write one for each event, all with the same name, or
        with none: these are one."""
        found: dict[str | None, list[tuple[ParsedCalendar, CalendarEvents]]] = {}
        for calendar, events in zip(self.parsed, self._calendars, strict=True):
            found.setdefault(_said(calendar, "X-WR-CALNAME", "NAME"), []).append((calendar, events))
        return found


def _said(calendar: ParsedCalendar, *names: str) -> str | None:
    values = (listed(calendar.get(name)) for name in names)
    return next((unescape_backslash(str(value[0])) for value in values if value and value[0]), None)
