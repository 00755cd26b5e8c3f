"""Calendars as iCalendar files (RFC 5545)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.formats import icalendar
from importers.formats.content_lines import escaped
from importers.formats.format import Format
from importers.formats.local_time import LocalTime
from importers.formats.recurrence import start_lines, written_lines
from importers.verticals.calendar.attendees import content_lines
from importers.verticals.calendar.models import CalendarEvent, first_moment

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
COLUMNS = (
    "doc_id",
    "changed_at",
    "title",
    "notes",
    "location",
    "starts_at",
    "ends_at",
    "all_day",
    "zone",
    "recurrence",
    "attendees",
    "payload",
)


def calendars(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every calendar."""
    return icalendar.files_by_container(
        snapshot, CalendarEvent, "calendar", COLUMNS, _component, alone="Events", first="starts_at"
    )


def _component(
    doc_id: str,
    changed: datetime,
    title: str,
    notes: str,
    location: str,
    starts: datetime | None,
    ends: datetime | None,
    all_day: bool,
    zone: str | None,
    recurrence: str,
    attendees: str | None,
    payload: str,
) -> list[str]:
    """Returns the lines of an event. It must say when it begins (section 3.6.1): what has no time is something to be
    done some day."""
    begins = first_moment(starts, ends, is_day=all_day)
    kind = "VEVENT" if begins else "VTODO"
    lines = [f"BEGIN:{kind}", f"UID:{escaped(doc_id)}", f"DTSTAMP:{icalendar.moment(changed)}"]
    if begins:
        # Zones are defined for the events that say when they start.
        start = LocalTime.of(begins, zone if starts else "", is_day=all_day)
        repeated = written_lines(recurrence, start)
        lines += [*start_lines(start, repeated), *repeated]
        if starts and ends and _ends_later(starts, ends, is_day=all_day):
            lines.append(icalendar.until(ends, start))
    lines += icalendar.texts(("SUMMARY", title), ("DESCRIPTION", notes), ("LOCATION", location))
    lines += content_lines(attendees or "", payload)
    return [*lines, f"END:{kind}"]


def _ends_later(starts: datetime, ends: datetime, *, is_day: bool) -> bool:
    """Returns whether an end is a later one than the start where both are written."""
    if ends - starts >= (DAY if is_day else SECOND):
        return True
    written = icalendar.date if is_day else icalendar.moment
    return written(ends) > written(starts)


ICALENDAR = Format(
    "ics", "text/calendar", "Calendars", calendars, "iCalendar", _("For any calendar program; a file per calendar.")
)
