"""An iCalendar file as a calendar and its events, and a list and its tasks, in the shape that workers send."""

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
from importers.sending.calendars.spellings import as_specified
from importers.sending.calendars.states import EventStates
from importers.sending.calendars.text import ics_text
from importers.sending.calendars.todos import CalendarTodos
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
                parsed = ParsedCalendar.from_ical(with_days_said(as_specified(said.text)).encode(), multiple=True)
        except (ValueError, IndexError, KeyError, OverflowError) as error:
            raise NotACalendarError(clipped(str(error))) from error  # which quotes what the file holds
        calendars = [component for component in parsed if component.name == "VCALENDAR"]
        if not calendars:
            begins = BEGIN.search(said.text) is not None
            raise NotACalendarError("it breaks off before its end" if begins else "there is no VCALENDAR in it")
        return cls(identifier, name, calendars, reading, said.note)

    @cached_property
    def _calendars(self) -> list[tuple[CalendarEvents, CalendarTodos]]:
        called: dict[str | None, list[ParsedCalendar]] = {}
        for one in self.parsed:
            called.setdefault(_name_of(one), []).append(one)
        states = {name: EventStates(alike) for name, alike in called.items()}
        return [
            (CalendarEvents(one, self.reading, states[_name_of(one)]), CalendarTodos(one, self.reading))
            for one in self.parsed
        ]

    @property
    def losses(self) -> list[str]:
        """What items have no place for, in words that people know: where there is any, the file is sent, too."""
        own = dict.fromkeys(loss for both in self._calendars for one in both for loss in one.losses)
        return [*losses_of(self.parsed), *own]

    @property
    def notes(self) -> list[str]:
        """What is to be said of how it was read."""
        said = [self.charset_note, *(note for both in self._calendars for one in both for note in one.notes)]
        return list(filter(None, dict.fromkeys(said)))

    @property
    def count(self) -> int:
        """How many items `items` yields."""
        number = 0
        for calendars in self._by_name.values():
            events = sum(len(of.events) for _, of, _ in calendars)
            todos = sum(len(of.todos) for _, _, of in calendars)
            number += events + bool(events or not todos) + todos + bool(todos)
        return number

    def items(self) -> Iterator[OutgoingItem]:
        """Each calendar, then those of its events that take place; and each list of to-dos, then those that are not
        called off. A file of nothing but to-dos is no calendar."""
        for number, (said, calendars) in enumerate(self._by_name.items()):
            name = said or self.name
            identifier = f"{self.identifier}#{said}" if number else self.identifier
            todos = [(of, todo) for _, _, of in calendars for todo in of.todos]
            if not todos or any(events.events for _, events, _ in calendars):
                descriptions = (_said(calendar, "X-WR-CALDESC", "DESCRIPTION") for calendar, _, _ in calendars)
                description = next(filter(None, descriptions), None)
                payload = {"@type": "Calendar", "id": identifier, "name": name, "description": description}
                yield OutgoingItem("calendar", f"calendar {name}", payload)
            for _, events, _ in calendars:
                for event in events.events:
                    yield events.item(event, identifier)
            if todos:
                payload = {"@type": "TaskList", "id": identifier, "name": name}
                yield OutgoingItem("tasks", f"list {name}", payload)
            for of, todo in todos:
                yield of.item(todo, identifier)

    @cached_property
    def _by_name(self) -> dict[str | None, list[tuple[ParsedCalendar, CalendarEvents, CalendarTodos]]]:
        """The calendars by the names that they say. Some programs write one for each event, all with the same name, or
        with none: these are one."""
        found: dict[str | None, list[tuple[ParsedCalendar, CalendarEvents, CalendarTodos]]] = {}
        for calendar, (events, todos) in zip(self.parsed, self._calendars, strict=True):
            found.setdefault(_name_of(calendar), []).append((calendar, events, todos))
        return found


def _name_of(calendar: ParsedCalendar) -> str | None:
    return _said(calendar, "X-WR-CALNAME", "NAME")


def _said(calendar: ParsedCalendar, *names: str) -> str | None:
    values = (listed(calendar.get(name)) for name in names)
    return next((unescape_backslash(str(value[0])) for value in values if value and value[0]), None)
