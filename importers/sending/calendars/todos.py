"""The to-dos of one VCALENDAR (RFC 5545, section 3.6.2), in the shape that workers send tasks in."""

from typing import Any

from icalendar import Calendar as ParsedCalendar
from icalendar import Todo

from importers.sending.calendars.file_times import FileTimes
from importers.sending.calendars.properties import duration_of, text_of
from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.states import OFF
from importers.sending.calendars.times import IcsTime
from importers.sending.items import OutgoingItem

Todo.ignore_exceptions = True  # as of an event: a line that can't be read leaves the others readable

TIMES = ("DUE", "DTSTART", "COMPLETED")
WHEN_DONE = ("COMPLETED", "LAST-MODIFIED", "DTSTAMP")  # what says it, the best first


class CalendarTodos:
    """What is to be done (`todos`), and how it is sent. `notes`: what is to be said of how it was read."""

    def __init__(self, calendar: ParsedCalendar, reading: CalendarReading) -> None:
        self._times = FileTimes(calendar, reading)
        every = list(calendar.todos)
        self.todos = [todo for todo in every if _status(todo) not in OFF]
        self._called_off = len(every) - len(self.todos)

    @property
    def losses(self) -> list[str]:
        return ["to-dos that were called off"] if self._called_off else []

    @property
    def notes(self) -> list[str]:
        said = [todo[name] for todo in self.todos for name in TIMES if name in todo]
        notes = self._times.notes(said, said)
        if self._called_off:
            was = "1 to-do is" if self._called_off == 1 else f"{self._called_off} to-dos are"
            notes.append(f"{was} called off, and not sent as one that is to be done")
        return notes

    def item(self, todo: Todo, list_id: str) -> OutgoingItem:
        """Returns a to-do as an item in the list of this id."""
        text = text_of(todo, "SUMMARY")
        payload = {
            "@type": "Task",
            "taskListId": list_id,
            "text": text,
            "notes": text_of(todo, "DESCRIPTION"),
            "dueTime": self._said(self._due(todo)),
            "completedTime": self._said(self._done(todo)),
        }
        return OutgoingItem("tasks", f"task {text or 'without a text'}", payload)

    def _due(self, todo: Todo) -> IcsTime | None:
        """Without a DUE, start and duration tell it."""
        if "DUE" in todo:
            return self._times.of(todo["DUE"])
        start, length = self._times.of(todo.get("DTSTART")), duration_of(todo)
        return start.later(*length) if start is not None and length is not None else None

    def _done(self, todo: Todo) -> IcsTime | None:
        """One that is done has a time at which it was, as far as anything says it."""
        is_done = _status(todo) == "COMPLETED" or str(todo.get("PERCENT-COMPLETE", "")).strip() == "100"
        names = WHEN_DONE if is_done else ("COMPLETED",)
        return next(filter(None, (self._times.of(todo.get(name)) for name in names)), None)

    def _said(self, time: IcsTime | None) -> dict[str, Any] | None:
        if time is None:
            return None
        said = time.said()
        zone = self._times.zones.iana_name(time.name, time.wall.year) if time.name else None
        return said | {"timeZone": zone} if zone and zone != "UTC" and not said["dateOnly"] else said


def _status(todo: Todo) -> str:
    return str(todo.get("STATUS", "")).strip().upper()
