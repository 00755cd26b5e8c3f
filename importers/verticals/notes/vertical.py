"""NOTES: whatever people have written down."""

from django.utils.translation import gettext_lazy as _

from importers.documents.doctypes import FILES
from importers.freeform.vertical import FreeformVertical
from importers.verticals.notes.documents import FILES_OF_NOTES, NOTES
from importers.verticals.notes.formats import MARKDOWN
from importers.verticals.notes.items import NoteItem
from importers.verticals.notes.models import NoteFile
from importers.verticals.notes.site import SITE


class NotesVertical(FreeformVertical):
    """Notes, with their files."""

    title = _("Notes")
    items = (NoteItem,)
    kinds = (NOTES,)
    formats = (MARKDOWN,)
    site = SITE
    files_of_items = FILES_OF_NOTES
    with_bytes = {NoteFile: FILES}


VERTICAL = NotesVertical()
