"""iCalendar files (RFC 5545) as a calendar and its events, in the shape that workers send."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Calendar as ParsedCalendar
from icalendar import Event
from icalendar.parser import unescape_backslash

from importers.sending.items import OutgoingItem
from importers.sending.shown import clipped

RECURRENCE_FIELDS = {"RRULE": "rrule", "RDATE": "rdate", "EXDATE": "exDate"}


class NotACalendarError(Exception):
    """The file is not iCalendar, whatever its name says."""


@dataclass(frozen=True)
class CalendarFile:
    """What an `.ics` file holds. `identifier` names its calendar towards its events."""

    identifier: str
    name: str
    parsed: list[ParsedCalendar]

    @classmethod
    def read(cls, path: Path, identifier: str, name: str) -> "CalendarFile":
        """Reads the file; `name` is for a calendar that has none. Raises `NotACalendarError` or `OSError`."""
        try:
            parsed = ParsedCalendar.from_ical(path.read_bytes(), multiple=True)
        except (ValueError, IndexError, KeyError) as error:
            raise NotACalendarError(clipped(str(error))) from error  # which quotes what the file holds
        calendars = [component for component in parsed if component.name == "VCALENDAR"]
        if not calendars:
            raise NotACalendarError("there is no VCALENDAR in it")
        return cls(identifier, name, calendars)

    @property
    def is_only_events(self) -> bool:
        """False when something in it is no event (a to-do, a journal) or could not be read, and would stay behind."""
        return all(
            component.name in ("VEVENT", "VTIMEZONE") and not component.errors
            for calendar in self.parsed
            for component in calendar.subcomponents
        )

    @property
    def count(self) -> int:
        """How many items `items` yields."""
        return 1 + sum(len(calendar.events) for calendar in self.parsed)

    def items(self) -> Iterator[OutgoingItem]:
        """The calendar, then each of its events."""
        name = self._said("X-WR-CALNAME", "NAME") or self.name
        description = self._said("X-WR-CALDESC", "DESCRIPTION")
        payload = {"@type": "Calendar", "id": self.identifier, "name": name, "description": description}
        yield OutgoingItem("calendar", f"calendar {name}", payload)
        for calendar in self.parsed:
            zone = _zone(calendar.get("X-WR-TIMEZONE"))
            changed = _changed_occurrences(calendar)
            for event in calendar.events:
                yield self._event(event, zone, changed)

    def _said(self, *names: str) -> str | None:
        values = (calendar.get(name) for calendar in self.parsed for name in names)
        return next((unescape_backslash(str(value)) for value in values if value), None)

    def _event(self, event: Event, zone: tzinfo, changed: dict[str, list[str]]) -> OutgoingItem:
        title = _text(event, "SUMMARY")
        recurrence = _recurrence_lines(event)
        if recurrence:
            recurrence += changed.get(str(event.get("UID")), [])
        payload = {
            "@type": "CalendarEvent",
            "calendarId": self.identifier,
            "title": title,
            "notes": _text(event, "DESCRIPTION"),
            "attendees": [_attendee(address) for address in _listed(event.get("ATTENDEE"))],
            "location": _text(event, "LOCATION"),
            "startTime": _time(event, "start", zone),
            "endTime": _time(event, "end", zone),
            "recurrenceRule": _recurrence_rule(recurrence),
        }
        return OutgoingItem("calendar", f"event {title or 'without a title'}", payload)


def _text(event: Event, name: str) -> str | None:
    value = event.get(name)
    return None if value is None else str(_listed(value)[0])


def _listed(value: Any) -> list[Any]:
    """A property that stands there never, once or often."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _zone(name: Any) -> tzinfo:
    """The calendar's own time zone, for times that name none; UTC if it says none that is known."""
    try:
        return ZoneInfo(str(name)) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _time(event: Event, which: str, zone: tzinfo) -> dict[str, Any] | None:
    """`start` or `end` of an event; without an end, start and duration tell it (RFC 5545, section 3.6.1)."""
    for name in (which, "DTSTART" if which == "start" else "DTEND"):  # a start is one even if the end makes no sense
        try:
            value: date | None = getattr(event, name)
        except ValueError:  # missing, or beyond understanding; the event still has a title
            continue
        if value:
            return _moment(value, zone)
    return None


def _moment(value: date, zone: tzinfo) -> dict[str, Any]:
    if not isinstance(value, datetime):
        return {"dateTime": f"{value.isoformat()}T00:00:00Z", "dateOnly": True}
    aware = value if value.tzinfo else value.replace(tzinfo=zone)
    return {"dateTime": aware.isoformat().replace("+00:00", "Z"), "dateOnly": False}


def _attendee(address: Any) -> dict[str, Any]:
    parameters = getattr(address, "params", {})
    email = str(address)
    return {
        "displayName": str(parameters["CN"]) if "CN" in parameters else None,
        "email": email[7:] if email.lower().startswith("mailto:") else email,
        "optional": str(parameters.get("ROLE", "")).upper() == "OPT-PARTICIPANT",
    }


def _recurrence_lines(event: Event) -> list[str]:
    """The lines of RFC 5545 that say when it happens again, unfolded, as the file has them."""
    lines = [str(line) for line in event.content_lines() if line]
    return [line for name in RECURRENCE_FIELDS for line in lines if line.startswith((f"{name}:", f"{name};"))]


def _changed_occurrences(calendar: ParsedCalendar) -> dict[str, list[str]]:
    """By UID, the occurrences that have an event of their own: left in the series, they would be there twice."""
    changed = defaultdict(list)
    for event in calendar.events:
        for line in event.content_lines():
            if line.startswith(("RECURRENCE-ID:", "RECURRENCE-ID;")):
                changed[str(event.get("UID"))].append("EXDATE" + line.removeprefix("RECURRENCE-ID"))
    return changed


def _recurrence_rule(lines: list[str]) -> dict[str, Any] | None:
    if not lines:
        return None
    rule: dict[str, Any] = {}
    for name, field in RECURRENCE_FIELDS.items():
        said = [line for line in lines if line.startswith(name)]
        rule[field] = "\n".join(said) or None
    return {**rule, "stringList": lines}
