"""Notes, and the files that came with them."""

from django.db import models

from importers.freeform.models import FreeformFile, FreeformRecord


class Note(FreeformRecord):
    """A note of any shape. `tags`: one a line."""

    written_at = models.DateTimeField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    tags = models.TextField(blank=True)


class NoteFile(FreeformFile):
    """A file that came with a note."""

    record = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="files")
