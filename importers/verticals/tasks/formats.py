"""Lists of tasks as iCalendar files, a VTODO each (RFC 5545, section 3.6.2)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.formats import icalendar, zones
from importers.formats.content_lines import escaped
from importers.formats.format import Format
from importers.formats.local_time import LocalTime
from importers.verticals.tasks.models import Task

COLUMNS = (
    "doc_id",
    "changed_at",
    "title",
    "notes",
    "due_at",
    "all_day",
    "zone",
    "done_at",
    "done_all_day",
    "done_zone",
)


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
    done_all_day: bool | None,
    done_zone: str | None,
) -> list[str]:
    lines = ["BEGIN:VTODO", f"UID:{escaped(doc_id)}", f"DTSTAMP:{icalendar.moment(changed)}"]
    lines += icalendar.texts(("SUMMARY", title), ("DESCRIPTION", notes))
    if due is not None:
        lines.append(icalendar.local("DUE", LocalTime.of(due, zone, is_day=bool(all_day))))
    if done is not None:
        lines += ["STATUS:COMPLETED", f"COMPLETED:{icalendar.moment(_completed(done, done_zone, done_all_day))}"]
    return [*lines, "END:VTODO"]


def _completed(done: datetime, zone: str | None, is_day: bool | None) -> datetime:
    """Returns the moment that a time is (section 3.8.2.1 has no days): of a day, its beginning where that was said."""
    if not is_day or not zone or not zones.is_key(zone):
        return done
    try:
        return done.replace(tzinfo=zones.zone_of(zone)).astimezone(UTC)
    except OverflowError:  # an end of time
        return done


ICALENDAR = Format(
    "ics", "text/calendar", "Tasks", lists, "iCalendar", _("For calendar programs that know tasks; a file per list.")
)
