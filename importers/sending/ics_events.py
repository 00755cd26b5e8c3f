"""The events of one VCALENDAR, in the shape that workers send."""

import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from icalendar import Calendar as ParsedCalendar
from icalendar import Event

from importers.sending.ics_zones import FileZones
from importers.sending.items import OutgoingItem

RECURRENCE_FIELDS = {"RRULE": "rrule", "RDATE": "rdate", "EXDATE": "exDate"}
RECURRENCE_LINES = (*RECURRENCE_FIELDS, "EXRULE")
ZONE = re.compile(r';TZID=("[^"]*"|[^;:]*)', re.IGNORECASE)
RANGE = re.compile(r";RANGE=[^;:]*", re.IGNORECASE)
LOCAL = re.compile(r"(?<!\d)\d{8}T\d{6}(?![\dZ])")


@dataclass(frozen=True)
class CalendarReading:
    """How files are read. `zone`: of times for which neither they nor their file say one, and whether the person has
    said it. `charset`: of files that are not UTF-8, where the person knows it."""

    zone: tzinfo = UTC
    is_said: bool = False
    charset: str = ""


@dataclass(frozen=True)
class IcsTime:
    """A DTSTART, DTEND or RECURRENCE-ID. `wall`: as it stands there, a date or a time without a zone. `zone`: what that
    is in; `name`: what the file calls it, empty where it says none."""

    wall: date
    zone: tzinfo = UTC
    name: str = ""

    @property
    def moment(self) -> datetime:
        """When it is, in its zone. Midnight UTC where it is a date."""
        if isinstance(self.wall, datetime):
            return self.wall.replace(tzinfo=self.zone)
        return datetime.combine(self.wall, time(), UTC)

    def later(self, length: timedelta) -> "IcsTime | None":
        """The same, later by days on the calendar, and by hours on the clock (section 3.3.6). None beyond the end of
        time."""
        try:
            wall = self.wall + timedelta(days=length.days)
            if isinstance(wall, datetime) and length.seconds:
                moment = wall.replace(tzinfo=self.zone).astimezone(UTC) + timedelta(seconds=length.seconds)
                wall = moment.astimezone(self.zone).replace(tzinfo=None)
        except OverflowError:
            return None
        return IcsTime(wall, self.zone, self.name)

    def said(self) -> dict[str, Any]:
        """How an item says it."""
        text = self.moment.isoformat().replace("+00:00", "Z")
        return {"dateTime": text, "dateOnly": not isinstance(self.wall, datetime)}


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
        self._changed = _changed_occurrences(every)

    @property
    def losses(self) -> list[str]:
        own = any(_recurrence_lines(event) and self._zone_of_series(event) is None for event in self.events)
        off = ["events that were called off"] if self._called_off else []
        return [*off, *(["time zones of its own"] if own else [])]

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
        if self._called_off:
            was = "1 event is" if self._called_off == 1 else f"{self._called_off} events are"
            notes.append(f"{was} called off, and not sent as one that takes place")
        return notes

    def item(self, event: Event, calendar_id: str) -> OutgoingItem:
        """An event as an item in the calendar of this id."""
        title = _text(event, "SUMMARY")
        start, end = self._start(event), self._end(event)
        lines = _recurrence_lines(event)
        if lines and "RECURRENCE-ID" not in event:
            lines = _with_changes(lines, self._changed.get(str(event.get("UID")), []), self._time_of)
        starts, ends = start and start.said(), end and end.said()
        if lines and starts and (zone := self._zone_of_series(event)):
            starts["timeZone"] = zone
        year = start.wall.year if start else 1970
        payload = {
            "@type": "CalendarEvent",
            "calendarId": calendar_id,
            "title": title,
            "notes": _text(event, "DESCRIPTION"),
            "attendees": [_attendee(address) for address in _listed(event.get("ATTENDEE"))],
            "location": _text(event, "LOCATION"),
            "startTime": starts,
            "endTime": ends,
            "recurrenceRule": _recurrence_rule([self._understood(line, year) for line in lines]),
        }
        return OutgoingItem("calendar", f"event {title or 'without a title'}", payload)

    # Times

    def _time_of(self, value: Any) -> IcsTime | None:
        """What a property says; None where it could not be understood."""
        at = _value(value)
        if not isinstance(at, datetime):
            return IcsTime(at) if isinstance(at, date) else None
        name = _zone_name(value)
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
        length = _value(event.get("DURATION"))
        if isinstance(length, timedelta):
            return start.later(length)
        return start if isinstance(start.wall, datetime) else start.later(timedelta(days=1))

    def _is_floating(self, event: Event) -> bool:
        at = _value(event.get("DTSTART"))
        return isinstance(at, datetime) and at.tzinfo is None and not _zone_name(event.get("DTSTART"))

    def _unknown(self) -> list[str]:
        """The zones that events name and nothing defines, each once."""
        named = (_zone_name(event.get(name)) for event in self.events for name in ("DTSTART", "DTEND"))
        return [name for name in dict.fromkeys(filter(None, named)) if self._zones.named(name) is None]

    # Series

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

    def _understood(self, line: str, year: int) -> str:
        """A line as the file has it; in UTC where only the file knows what the zone in it is."""
        found = ZONE.search(line)
        if found is None:
            return line
        name = found[1].strip('"')
        zone = self._zones.named(name)
        if zone is None or self._zones.is_known_as(name, year):
            return line
        return line[: found.start()] + LOCAL.sub(lambda match: _in_utc(match[0], zone), line[found.end() :])


def _in_utc(text: str, zone: tzinfo) -> str:
    try:
        local = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
        return f"{local.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    except (ValueError, OverflowError):  # no such day, or an end of time
        return text


def _is_called_off(event: Event) -> bool:
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def _text(event: Event, name: str) -> str | None:
    value = event.get(name)
    return None if value is None else str(_listed(value)[0])


def _value(found: Any) -> Any:
    """The date, time or duration of a property, the first where there are several; None where it is none."""
    try:
        return _listed(found)[0].dt
    except (IndexError, AttributeError, ValueError):
        return None


def _zone_name(found: Any) -> str:
    """What a property calls the zone of its time; empty where it says none."""
    return str(getattr(_listed(found)[0], "params", {}).get("TZID", "")) if found is not None else ""


def _listed(value: Any) -> list[Any]:
    """A property that stands there never, once or often."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _attendee(address: Any) -> dict[str, Any]:
    parameters = getattr(address, "params", {})
    email = str(address)
    return {
        "displayName": str(parameters["CN"]) if "CN" in parameters else None,
        "email": email[7:] if email.lower().startswith("mailto:") else email,
        "optional": str(parameters.get("ROLE", "")).upper() == "OPT-PARTICIPANT",
    }


def _lines(event: Event, *names: str) -> list[str]:
    """The lines of these properties, unfolded, as the file has them."""
    lines = []
    for name in names:
        for value in _listed(event.get(name)):
            with suppress(OverflowError):  # a period that ends after the end of time
                lines.append(str(event.content_line(name, value)))
    return lines


def _recurrence_lines(event: Event) -> list[str]:
    """The lines that say when it happens again."""
    return _lines(event, *RECURRENCE_LINES)


def _changed_occurrences(events: list[Event]) -> dict[str, list[Event]]:
    """By UID, the events that stand for an occurrence of a series."""
    changed = defaultdict(list)
    for event in events:
        if "RECURRENCE-ID" in event:
            changed[str(event.get("UID"))].append(event)
    return changed


def _with_changes(lines: list[str], changed: list[Event], time_of: Callable[[Any], IcsTime | None]) -> list[str]:
    """The lines of a series without the occurrences that have an event of their own, or are called off: left in the
    series, they would be there, too. One that changes all later ones ends it."""
    for event in changed:
        for line in _lines(event, "RECURRENCE-ID"):
            if RANGE.search(line) and (begins := time_of(event.get("RECURRENCE-ID"))) is not None:
                lines = [_ended(one, begins) if one.startswith("RRULE") else one for one in lines]
            else:
                lines = [*lines, "EXDATE" + RANGE.sub("", line).removeprefix("RECURRENCE-ID")]
    return lines


def _ended(rule: str, begins: IcsTime) -> str:
    """A rule that ends before this occurrence."""
    try:
        if isinstance(begins.wall, datetime):
            until = f"{begins.moment.astimezone(UTC) - timedelta(seconds=1):%Y%m%dT%H%M%SZ}"
        else:
            until = f"{begins.wall - timedelta(days=1):%Y%m%d}"
    except OverflowError:  # there is nothing before it
        return rule
    name, _, parts = rule.partition(":")
    kept = [part for part in parts.split(";") if not part.upper().startswith(("COUNT=", "UNTIL="))]
    return f"{name}:{';'.join([*kept, f'UNTIL={until}'])}"


def _recurrence_rule(lines: list[str]) -> dict[str, Any] | None:
    if not lines:
        return None
    rule: dict[str, Any] = {}
    for name, field in RECURRENCE_FIELDS.items():
        said = [line for line in lines if line.startswith(name)]
        rule[field] = "\n".join(said) or None
    return {**rule, "stringList": lines}
