"""Calendars as iCalendar files (RFC 5545)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from importers.documents.snapshot import Snapshot
from importers.formats.content_lines import escaped, folded
from importers.formats.format import FileNames, Format
from importers.verticals.calendar.models import Calendar, CalendarEvent

RECURRENCE = re.compile(r"(?:RRULE|RDATE|EXDATE|EXRULE)[:;][\x20-\x7e]+")


def calendars(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every calendar, by ids that are the same on every server, after events that are in
    none."""
    names = FileNames()
    columns = ("doc_id", "changed_at", "title", "notes", "location", "starts_at", "ends_at", "all_day", "recurrence")
    order = (snapshot.by_code_points("doc_id"), "pk")
    events = snapshot.of(CalendarEvent, owner_id=snapshot.owner.pk, trashed_at=None)
    events = events.order_by(*order).values_list(*columns)
    if events.filter(calendar=None).exists():
        yield names.unused("Events", ".ics"), _icalendar("Events", events.filter(calendar=None).iterator())
    calendars = snapshot.of(Calendar).order_by(*order).values_list("pk", "name", "identifier", "trashed_at")
    for pk, name, identifier, trashed in calendars.iterator():
        if trashed is None or events.filter(calendar=pk).exists():
            yield (
                names.unused(name or identifier, ".ics"),
                _icalendar(name or identifier, events.filter(calendar=pk).iterator()),
            )


def _icalendar(name: str, events: Iterator[tuple[Any, ...]]) -> Iterator[bytes]:
    """RFC 5545. Written as it comes: a calendar may have any number of events."""
    yield folded(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Wharf//Export//EN", f"X-WR-CALNAME:{escaped(name)}"])
    for doc_id, changed, title, notes, location, starts, ends, all_day, recurrence in events:
        # An event must say when it begins (section 3.6.1). What has no time is something to be done some day.
        kind = "VEVENT" if starts or ends else "VTODO"
        event = [f"BEGIN:{kind}", f"UID:{escaped(doc_id)}", f"DTSTAMP:{_moment(changed)}"]
        written = _date if all_day else _moment
        if starts or ends:
            event.append(f"DTSTART{_value(all_day)}:{written(starts or ends)}")
        if starts and ends and written(ends) > written(starts):
            event.append(f"DTEND{_value(all_day)}:{written(ends)}")
        for property_name, value in (("SUMMARY", title), ("DESCRIPTION", notes), ("LOCATION", location)):
            if value:
                event.append(f"{property_name}:{escaped(value)}")
        if kind == "VEVENT":
            event += [line for line in recurrence.splitlines() if RECURRENCE.fullmatch(line)]
        event.append(f"END:{kind}")
        yield folded(event)
    yield folded(["END:VCALENDAR"])


def _moment(value: datetime) -> str:
    """Form 2 of section 3.3.5: in UTC. Always as long, so that a later one is greater."""
    value = value.astimezone(UTC)
    return f"{value.year:04}{value:%m%dT%H%M%SZ}"


def _date(value: datetime) -> str:
    """Section 3.3.4."""
    return f"{value.year:04}{value:%m%d}"


def _value(all_day: bool) -> str:
    """The parameter of a property that has a date."""
    return ";VALUE=DATE" if all_day else ""


ICALENDAR = Format("ics", "text/calendar", "Calendars", calendars)
