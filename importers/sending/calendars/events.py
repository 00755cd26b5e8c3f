"""The events of one VCALENDAR, in the shape that workers send."""

from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from typing import Any

from icalendar import Calendar as ParsedCalendar
from icalendar import Event

from importers.sending.calendars.file_times import FileTimes
from importers.sending.calendars.losses import CHANGED_LATER_ONES
from importers.sending.calendars.properties import duration_of, listed, text_of
from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.series import (
    changes_later,
    recurrence_lines,
    recurrence_rule,
    rest_of_series,
    understood,
    with_changes,
)
from importers.sending.calendars.states import EventStates
from importers.sending.calendars.times import IcsTime
from importers.sending.items import OutgoingItem

ALL_DAY = ("X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY")


class CalendarEvents:
    """What takes place (`events`), and how it is sent. `losses`: what items can't say of it; `notes`: what is to be
    said of how it was read. `states`: those of all events that may be of the same series."""

    def __init__(self, calendar: ParsedCalendar, reading: CalendarReading, states: EventStates | None = None) -> None:
        self._times = FileTimes(calendar, reading)
        self._states = states or EventStates([calendar])
        every = list(calendar.events)
        self.events = [event for event in every if self._states.takes_place(event)]
        self._called_off = sum(map(self._states.is_called_off, every))
        self._earlier = sum(map(self._states.is_earlier, every))

    @property
    def losses(self) -> list[str]:
        own = any(self._lines(event) and self._zone_of_series(event) is None for event in self.events)
        off = ["events that were called off"] if self._called_off else []
        cut = [CHANGED_LATER_ONES] if self._cut else []
        earlier = ["earlier states of events"] if self._earlier else []
        return [*off, *earlier, *(["time zones of its own"] if own else []), *cut]

    @property
    def notes(self) -> list[str]:
        starts = [event.get("DTSTART") for event in self.events]
        notes = self._times.notes(starts, [*starts, *(event.get("DTEND") for event in self.events)])
        if cut := self._cut:
            were = "a series is" if cut == 1 else f"{cut} series are"
            notes.append(f"{were} changed from an occurrence on in a way that items can't say; only that one is sent")
        if self._called_off:
            was = "1 event is" if self._called_off == 1 else f"{self._called_off} events are"
            notes.append(f"{was} called off, and not sent as one that takes place")
        if self._earlier:
            was = "1 event is an earlier state" if self._earlier == 1 else f"{self._earlier} events are earlier states"
            notes.append(f"{was} of what the file has later, too, and not sent")
        return notes

    def item(self, event: Event, calendar_id: str) -> OutgoingItem:
        """Returns an event as an item in the calendar of this id."""
        title = text_of(event, "SUMMARY")
        start, end = self._start(event), self._end(event)
        lines = self._lines(event)
        starts, ends = start and start.said(), end and end.said()
        if lines and starts and (zone := self._zone_of_series(event)):
            starts["timeZone"] = zone
        year = start.wall.year if start else 1970
        payload = {
            "@type": "CalendarEvent",
            "calendarId": calendar_id,
            "title": title,
            "notes": text_of(event, "DESCRIPTION"),
            "attendees": [_attendee(address) for address in listed(event.get("ATTENDEE"))],
            "location": text_of(event, "LOCATION"),
            "startTime": starts,
            "endTime": ends,
            "recurrenceRule": recurrence_rule([understood(line, self._times.zones, year) for line in lines]),
        }
        return OutgoingItem("calendar", f"event {title or 'without a title'}", payload)

    # Times

    def _start(self, event: Event) -> IcsTime | None:
        return self._said(event, "DTSTART")

    def _said(self, event: Event, name: str) -> IcsTime | None:
        """What a property says. Where the event says by a word of its own that it is of whole days, and they begin and
        end at midnight, they are the days that stand there."""
        said = self._times.of(event.get(name))
        if said is None or not isinstance(said.wall, datetime) or not any(_is_yes(event.get(one)) for one in ALL_DAY):
            return said
        starts = [at.wall for at in map(self._times.of, (event.get("DTSTART"), event.get("DTEND"))) if at is not None]
        is_midnight = all(isinstance(at, datetime) and at.time() == time() for at in starts)
        return IcsTime(date(said.wall.year, said.wall.month, said.wall.day)) if is_midnight else said

    def _end(self, event: Event) -> IcsTime | None:
        """Without an end, start and duration tell it (section 3.6.1)."""
        if "DTEND" in event or any(name == "DTEND" for name, _ in event.errors):
            return self._said(event, "DTEND")
        start = self._start(event)
        if start is None:
            return None
        if (length := duration_of(event)) is not None:
            return start.later(*length)
        return start if isinstance(start.wall, datetime) else start.later(timedelta(days=1))

    # Series

    def _lines(self, event: Event) -> list[str]:
        if "RECURRENCE-ID" in event:
            return self._lines_of_rest(event) or []
        lines = recurrence_lines(event)
        return with_changes(event, self._states.changes_of(event), self._times.of) if lines else []

    def _lines_of_rest(self, event: Event) -> list[str] | None:
        """The lines of an event that stands for an occurrence; None where it stands for all later ones, too, and lines
        can't say which these are."""
        lines = recurrence_lines(event)
        master = self._states.series_of(event)
        if lines or not changes_later(event):
            return lines
        return (
            rest_of_series(master, event, self._states.changes_of(event), self._times.of)
            if master is not None
            else None
        )

    @cached_property
    def _cut(self) -> int:
        """How many events change all later occurrences, and only their own is sent."""
        return sum(changes_later(event) and self._lines_of_rest(event) is None for event in self.events)

    def _zone_of_series(self, event: Event) -> str | None:
        """The zone of IANA's list that a series is in, so that it keeps its hours when clocks are set; empty where it
        needs none; None where there is none."""
        start = self._start(event)
        if start is None or not isinstance(start.wall, datetime):
            return ""
        if not start.name and not self._times.is_floating(event.get("DTSTART")):
            return ""
        if isinstance(start.zone, timezone):  # which is as far from UTC for ever, as its start says
            return ""
        zone = self._times.zones.iana_name(start.name, start.wall.year)
        return "" if zone == "UTC" else zone


def _is_yes(said: Any) -> bool:
    return str(listed(said)[0] if said is not None else "").strip().upper() in ("TRUE", "1")


def _attendee(address: Any) -> dict[str, Any]:
    parameters = getattr(address, "params", {})
    email = str(address)
    return {
        "displayName": str(parameters["CN"]) if "CN" in parameters else None,
        "email": email[7:] if email.lower().startswith("mailto:") else email,
        "optional": str(parameters.get("ROLE", "")).upper() == "OPT-PARTICIPANT",
    }
