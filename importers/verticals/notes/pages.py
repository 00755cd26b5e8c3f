"""How notes are shown."""

from typing import ClassVar

from importers.pages.kinds import RecordPages, register
from importers.verticals.notes.models import Note


@register(Note)
class NotePages(RecordPages):
    """One without a title is called by how its text begins."""

    title_columns: ClassVar = ("begins",)
