"""NOTES: whatever people have written down."""

from importers.documents.doctypes import FILES
from importers.freeform.vertical import FreeformVertical
from importers.verticals.notes.documents import FILES_OF_NOTES, NOTES
from importers.verticals.notes.formats import MARKDOWN
from importers.verticals.notes.items import NoteItem
from importers.verticals.notes.models import NoteFile


class NotesVertical(FreeformVertical):
    """Notes, with their files."""

    title = "Notes"
    items = (NoteItem,)
    kinds = (NOTES,)
    formats = (MARKDOWN,)
    files_of_items = FILES_OF_NOTES
    with_bytes = {NoteFile: FILES}


VERTICAL = NotesVertical()
