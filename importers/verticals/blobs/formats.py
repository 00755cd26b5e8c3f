"""Calendar files as they came, to be laid beside the calendars: they hold what events can't, such as alarms."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from importers.documents.document import STORED_COLUMNS, StoredBytes
from importers.documents.snapshot import Snapshot
from importers.formats.format import FileNames, Format, FormatBytes, StoredFile
from importers.verticals.blobs.models import File

SUFFIX = ".ics"
LARGEST_COPY = 64 * 1024 * 1024  # bytes of a file that an archive has a second time
FILES = Q(shown_name__iendswith=SUFFIX) | Q(mime__istartswith="text/calendar")


def copies(snapshot: Snapshot) -> Iterator[tuple[str, FormatBytes]]:
    """Yields name and bytes of every calendar file but those that are too large to be there twice."""
    return _files(snapshot, snapshot.of(File).filter(content__size__lte=LARGEST_COPY))


def whole(snapshot: Snapshot) -> Iterator[tuple[str, FormatBytes]]:
    """Yields name and bytes of every calendar file."""
    return _files(snapshot, snapshot.of(File))


def has_any(snapshot: Snapshot) -> bool:
    """Returns whether there is a calendar file."""
    return snapshot.of(File).filter(FILES, trashed_at=None).exists()


def _files(snapshot: Snapshot, files: QuerySet[File]) -> Iterator[tuple[str, FormatBytes]]:
    names = FileNames()
    rows = files.filter(FILES, trashed_at=None).order_by(snapshot.by_code_points("doc_id"), "pk")
    for name, modified, *stored in rows.values_list("shown_name", "modified_at", *STORED_COLUMNS).iterator():
        stem = name[: -len(SUFFIX)] if name.lower().endswith(SUFFIX) else name
        yield names.unused(stem, SUFFIX), StoredFile(StoredBytes(*stored), modified)


CALENDAR_FILES = Format(
    "ics",
    "text/calendar",
    "Calendars/As they came",
    copies,
    _("Calendar files"),
    _("Files that came as .ics, as they came: with alarms, and all else that events here can’t hold."),
    whole,
    has_any,
)
