"""Notes in archives."""

from importers.documents.kind import RecordKind
from importers.freeform.documents import FilesOfItems
from importers.verticals.notes.models import Note, NoteFile

NOTES = RecordKind(
    Note,
    "org.wharf.notes",
    ("identifier", "name", "text", "begins", "written_at", "edited_at", "tags", "arrived_at"),
    heading="name",
    missing="The archive has a file of this note, but not the note: it is named {}.",
)
FILES_OF_NOTES = FilesOfItems(NOTES, NoteFile, "notes", "Notes")
