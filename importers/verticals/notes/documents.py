"""Notes in archives."""

from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from importers.documents.kind import RecordKind
from importers.freeform.documents import FilesOfItems
from importers.verticals.notes.models import Note, NoteFile

NOTES = RecordKind(
    Note,
    "org.wharf.notes",
    ("identifier", "name", "text", "begins", "written_at", "edited_at", "tags", "arrived_at"),
    heading="name",
    all_words=_("all notes"),
    no_words=_("no notes"),
    missing=kept_text("The archive has a file of this note, but not the note: it is named %(name)s."),
    address="notes",
    by_name=True,
    searched=("name", "text", "tags"),
    search_number=13,
)
FILES_OF_NOTES = FilesOfItems(NOTES, NoteFile, "notes", "Notes")
