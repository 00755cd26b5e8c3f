"""Notes as samples; see tests/support/samples.py."""

from django.utils import timezone

from importers.verticals.notes.models import Note, NoteFile
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount


def rows(account: SampleAccount) -> None:
    columns = account.columns("Note", identifier=f"n{account.seed}", name="Shopping", arrived_at=timezone.now())
    note = Note.objects.create(**columns)
    NoteFile.objects.create(owner=account.owner, record=note, content=account.content, mime="image/png")


def send(exporter: Exporter) -> None:
    exporter.send("notes", {"@type": "Note", "id": "n1", "title": "Shopping", "text": "Milk; bread\nüber"})
    exporter.send("notes", {"title": "No type", "content": "# A heading"})
    exporter.send_file("notes", {"@type": "Note", "id": "n2", "name": "With a drawing"}, b"drawing", "image/png")
