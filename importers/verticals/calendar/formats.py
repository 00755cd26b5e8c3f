"""Calendars as iCalendar files (RFC 5545)."""

from collections.abc import Iterable, Iterator
from typing import Any

from importers.documents.snapshot import Snapshot
from importers.formats import icalendar
from importers.formats.content_lines import escaped
from importers.formats.format import FileNames, Format
from importers.formats.recurrence import written_lines
from importers.verticals.calendar.models import Calendar, CalendarEvent

COLUMNS = ("doc_id", "changed_at", "title", "notes", "location", "starts_at", "ends_at", "all_day", "recurrence")


def calendars(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every calendar, in the order of ids that are the same on every server.

    Events that are in none come first.
    """
    names = FileNames()
    order = (snapshot.by_code_points("doc_id"), "pk")
    events = snapshot.of(CalendarEvent, owner_id=snapshot.owner.pk, trashed_at=None)
    events = events.order_by(*order).values_list(*COLUMNS)
    if events.filter(calendar=None).exists():
        yield names.unused("Events", ".ics"), _file("Events", events.filter(calendar=None).iterator())
    calendars = snapshot.of(Calendar).order_by(*order).values_list("pk", "name", "identifier", "trashed_at")
    for pk, name, identifier, trashed in calendars.iterator():
        if trashed is None or events.filter(calendar=pk).exists():
            called = name or identifier
            yield names.unused(called, ".ics"), _file(called, events.filter(calendar=pk).iterator())


def _file(name: str, events: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    return icalendar.calendar(name, (_component(*event) for event in events))


def _component(
    doc_id: str,
    changed: Any,
    title: str,
    notes: str,
    location: str,
    starts: Any,
    ends: Any,
    all_day: bool,
    recurrence: str,
) -> list[str]:
    """Returns the lines of an event. It must say when it begins (section 3.6.1): what has no time is something to be
    done some day."""
    kind = "VEVENT" if starts or ends else "VTODO"
    lines = [f"BEGIN:{kind}", f"UID:{escaped(doc_id)}", f"DTSTAMP:{icalendar.moment(changed)}"]
    written, value = (icalendar.date, ";VALUE=DATE") if all_day else (icalendar.moment, "")
    if starts or ends:
        lines.append(f"DTSTART{value}:{written(starts or ends)}")
    if starts and ends and written(ends) > written(starts):
        lines.append(f"DTEND{value}:{written(ends)}")
    lines += icalendar.texts(("SUMMARY", title), ("DESCRIPTION", notes), ("LOCATION", location))
    if kind == "VEVENT":
        lines += written_lines(recurrence)
    return [*lines, f"END:{kind}"]


ICALENDAR = Format("ics", "text/calendar", "Calendars", calendars)
