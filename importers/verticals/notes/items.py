"""Notes on the wire: any JSON object."""

from datetime import datetime
from typing import Any, ClassVar

from importers.freeform import texts
from importers.freeform.items import FoundFields, FreeformItem
from importers.items.wire import Text
from importers.verticals.notes.models import Note, NoteFile


class NoteItem(FreeformItem):
    """A note: any JSON object, with or without a `@type`, and any file with it. What has come under the
    same `@type` and `id` or `identifier` is the same note."""

    model: ClassVar = Note
    file_model: ClassVar = NoteFile
    examples: ClassVar = (
        {"@type": "Note", "id": "n1", "title": "The engine", "content": "Eleven minutes.", "tags": ["engines"]},
        {"text": "Without a type, and without an identifier."},
    )

    written: datetime | None = None
    edited: datetime | None = None
    tags: Text = ""

    @classmethod
    def found_in(cls, item: dict[str, Any]) -> FoundFields:
        times = {"written": texts.created_at(item), "edited": texts.edited_at(item)}
        return FoundFields(super().found_in(item), tags="\n".join(texts.tags_of(item)), **times)

    def columns(self) -> dict[str, Any]:
        return {**super().columns(), "written_at": self.written, "edited_at": self.edited, "tags": self.tags}
