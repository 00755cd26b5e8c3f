"""Lists of tasks as iCalendar files, a VTODO each (RFC 5545, section 3.6.2)."""

from collections.abc import Iterator
from datetime import datetime

from importers.documents.snapshot import Snapshot
from importers.formats import icalendar
from importers.formats.content_lines import escaped
from importers.formats.format import Format
from importers.formats.local_time import LocalTime
from importers.verticals.tasks.models import Task

COLUMNS = ("doc_id", "changed_at", "title", "notes", "due_at", "all_day", "zone", "done_at")


def lists(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every list."""
    return icalendar.files_by_container(snapshot, Task, "list", COLUMNS, _component, alone="Tasks", first="due_at")


def _component(
    doc_id: str,
    changed: datetime,
    title: str,
    notes: str,
    due: datetime | None,
    all_day: bool | None,
    zone: str | None,
    done: datetime | None,
) -> list[str]:
    lines = ["BEGIN:VTODO", f"UID:{escaped(doc_id)}", f"DTSTAMP:{icalendar.moment(changed)}"]
    lines += icalendar.texts(("SUMMARY", title), ("DESCRIPTION", notes))
    if due is not None:
        lines.append(icalendar.local("DUE", LocalTime.of(due, zone, is_day=bool(all_day))))
    if done is not None:
        lines += ["STATUS:COMPLETED", f"COMPLETED:{icalendar.moment(done)}"]
    return [*lines, "END:VTODO"]


ICALENDAR = Format("ics", "text/calendar", "Tasks", lists)
