"""Calendars as iCalendar files (RFC 5545)."""

from collections.abc import Iterator
from typing import Any

from importers.documents.snapshot import Snapshot
from importers.formats import icalendar
from importers.formats.content_lines import escaped
from importers.formats.format import Format
from importers.formats.recurrence import written_lines
from importers.verticals.calendar.models import CalendarEvent

COLUMNS = ("doc_id", "changed_at", "title", "notes", "location", "starts_at", "ends_at", "all_day", "recurrence")


def calendars(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every calendar."""
    return icalendar.files_by_container(snapshot, CalendarEvent, "calendar", COLUMNS, _component, alone="Events")


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
