"""The events of one VCALENDAR, in the shape that workers send."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from icalendar import Calendar as ParsedCalendar
from icalendar import Event

from importers.sending.calendars.losses import CHANGED_LATER_ONES
from importers.sending.calendars.properties import duration_of, listed, text_of, value_of, zone_name_of
from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.series import (
    changed_occurrences,
    changes_later,
    recurrence_lines,
    recurrence_rule,
    rest_of_series,
    understood,
    with_changes,
)
from importers.sending.calendars.times import IcsTime
from importers.sending.calendars.zones import FileZones
from importers.sending.items import OutgoingItem


class CalendarEvents:
    """What takes place (`events`), and how it is sent. `losses`: what items can't say of it; `notes`: what is to be
    said of how it was read."""

    def __init__(self, calendar: ParsedCalendar, reading: CalendarReading) -> None:
        self._reading = reading
        self._zones = FileZones(calendar, reading.zone)
        is_called_off = str(calendar.get("METHOD", "")).upper() == "CANCEL"
        every = list(calendar.events)
        self.events = [event for event in every if not is_called_off and not _is_called_off(event)]
        self._called_off = len(every) - len(self.events)
        self._changed = changed_occurrences(every)
        self._masters = {str(event.get("UID")): event for event in every if "RECURRENCE-ID" not in event}

    @property
    def losses(self) -> list[str]:
        own = any(self._lines(event) and self._zone_of_series(event) is None for event in self.events)
        off = ["events that were called off"] if self._called_off else []
        cut = [CHANGED_LATER_ONES] if self._cut else []
        return [*off, *(["time zones of its own"] if own else []), *cut]

    @property
    def notes(self) -> list[str]:
        notes = []
        if any(self._is_floating(event) for event in self.events):
            if self._zones.said:
                said = f"those of {self._zones.said}, which the file says"
            elif self._reading.is_said:
                said = f"those of {self._reading.zone}, as you say"
            else:
                said = "UTC; --timezone says another"
            notes.append(f"times that say no zone are read as {said}")
        notes += [f"the zone {name} is not known; its times are read like those without" for name in self._unknown()]
        if cut := self._cut:
            were = "a series is" if cut == 1 else f"{cut} series are"
            notes.append(f"{were} changed from an occurrence on in a way that items can't say; only that one is sent")
        if self._called_off:
            was = "1 event is" if self._called_off == 1 else f"{self._called_off} events are"
            notes.append(f"{was} called off, and not sent as one that takes place")
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
            "recurrenceRule": recurrence_rule([understood(line, self._zones, year) for line in lines]),
        }
        return OutgoingItem("calendar", f"event {title or 'without a title'}", payload)

    # Times

    def _time_of(self, value: Any) -> IcsTime | None:
        """What a property says; None where it could not be understood."""
        at = value_of(value)
        if not isinstance(at, datetime):
            return IcsTime(at) if isinstance(at, date) else None
        name = zone_name_of(value)
        zone = self._zones.named(name) if name else at.tzinfo
        return IcsTime(at.replace(tzinfo=None), zone or self._zones.floating, name)

    def _start(self, event: Event) -> IcsTime | None:
        return self._time_of(event.get("DTSTART"))

    def _end(self, event: Event) -> IcsTime | None:
        """Without an end, start and duration tell it (section 3.6.1)."""
        if "DTEND" in event or any(name == "DTEND" for name, _ in event.errors):
            return self._time_of(event.get("DTEND"))
        start = self._start(event)
        if start is None:
            return None
        if (length := duration_of(event)) is not None:
            return start.later(*length)
        return start if isinstance(start.wall, datetime) else start.later(timedelta(days=1))

    def _is_floating(self, event: Event) -> bool:
        at = value_of(event.get("DTSTART"))
        return isinstance(at, datetime) and at.tzinfo is None and not zone_name_of(event.get("DTSTART"))

    def _unknown(self) -> list[str]:
        """The zones that events name and nothing defines, each once."""
        named = (zone_name_of(event.get(name)) for event in self.events for name in ("DTSTART", "DTEND"))
        return [name for name in dict.fromkeys(filter(None, named)) if self._zones.named(name) is None]

    # Series

    def _lines(self, event: Event) -> list[str]:
        if "RECURRENCE-ID" in event:
            return self._lines_of_rest(event) or []
        lines = recurrence_lines(event)
        return with_changes(event, self._changed.get(str(event.get("UID")), []), self._time_of) if lines else []

    def _lines_of_rest(self, event: Event) -> list[str] | None:
        """The lines of an event that stands for an occurrence; None where it stands for all later ones, too, and lines
        can't say which these are."""
        lines, uid = recurrence_lines(event), str(event.get("UID"))
        master = self._masters.get(uid)
        if lines or not changes_later(event):
            return lines
        return rest_of_series(master, event, self._changed.get(uid, []), self._time_of) if master is not None else None

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
        if not start.name and not self._is_floating(event):
            return ""
        zone = self._zones.iana_name(start.name, start.wall.year)
        return "" if zone == "UTC" else zone


def _is_called_off(event: Event) -> bool:
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def _attendee(address: Any) -> dict[str, Any]:
    parameters = getattr(address, "params", {})
    email = str(address)
    return {
        "displayName": str(parameters["CN"]) if "CN" in parameters else None,
        "email": email[7:] if email.lower().startswith("mailto:") else email,
        "optional": str(parameters.get("ROLE", "")).upper() == "OPT-PARTICIPANT",
    }
