"""Files of items of any shape, in archives: each stands in a folder of its vertical, and names the document of its
item."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Min

from accounts.texts import kept_text
from importers.content.first_bytes import mime_of_stored
from importers.content.suffixes import suffix_of
from importers.digests import digest_id
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.cozy import directory_times, file_body
from importers.documents.doctypes import FILES
from importers.documents.document import STORED_COLUMNS, DirectoryDocument, ExportDocument, FileDocument, StoredBytes
from importers.documents.kind import RecordKind
from importers.documents.snapshot import Snapshot
from importers.documents.values import identifier, moment, text
from importers.freeform.models import FreeformFile
from importers.merging.context import MergeContext
from importers.merging.one_by_one import OneByOneImporter
from importers.merging.plain import PlainImporter
from importers.models import Content, Record
from importers.rereading.reread import reread
from importers.text import keepable

ID_OF_ITEM = kept_text("The id of its item")
RECEIVED_AT = kept_text("When it was received")
ITS_TYPE = kept_text("Its type")
LONGEST_STEM = 80  # characters of a title that a file is called by


@dataclass(frozen=True)
class FilesOfItems:
    """The files of one kind of records. `path`: of the vertical whose transfers count them; `directory`: the name of
    the folder that they are in."""

    kind: RecordKind
    model: type[FreeformFile]
    path: str
    directory: str

    @property
    def name(self) -> str:
        """What `metadata.wharf.kind` says."""
        return f"file of {self.kind.name}"

    @property
    def key(self) -> str:
        """That of their directory, which is no path: a person's own folder of this name is another one."""
        return f"{self.kind.name}:"

    def directories(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        """Yields the directory that they are in, where there are some."""
        first = snapshot.of(self.model).aggregate(first=Min("received_at"))["first"]
        if first is not None:
            times = directory_times(first)
            yield DirectoryDocument(FILES, digest_id(self.key), times, key=self.key, parent="/", name=self.directory)

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument]:
        """Yields them all."""
        columns = ("record__doc_id", "record__name", "record__trashed_at", "mime", "received_at", *STORED_COLUMNS)
        rows = snapshot.rows(self.model, columns, order="record__doc_id")
        for doc_id, title, trashed, said, received, *stored in rows:
            ours = StoredBytes(*stored)
            mime = mime_of_stored(said, ours.key, ours.size)
            body = file_body(digest_id(self.key, doc_id, ours.sha256), mime, received, None, ours)
            body["referenced_by"] = [{"type": self.kind.doctype, "id": doc_id}]
            facts = {"kind": self.name, "record": doc_id, "sha256": ours.sha256, "mime": said}
            body["metadata"] = {"wharf": facts | {"received_at": received.isoformat()}}
            yield FileDocument(
                FILES,
                body["_id"],
                body,
                stored=ours,
                folder=self.key,
                name=(title.strip()[:LONGEST_STEM] or doc_id) + suffix_of(mime),
                modified=received,
                trashed=trashed is not None,
            )

    def contents(self, context: MergeContext, document: ArrivingDocument) -> Iterator[tuple[Content, str]]:
        """Yields the bytes that may be this document's."""
        if document.kind != self.name:
            return
        named = keepable(str((document.facts or {}).get("record")))
        here = context.ids.id_here(self.kind.name, named)
        rows: Any = self.model._default_manager
        for file in rows.filter(owner=context.owner, record__doc_id=here).select_related("content", "record"):
            yield file.content, file.record.payload


class FreeformImporter(PlainImporter):
    """Records of items of any shape, of which some have their files before they come."""

    def bring(self, context: MergeContext, documents: list[ArrivingDocument]) -> None:
        super().bring(context, documents)
        named = [document.id for document in documents]
        ids = {*named, *context.ids.aliases(self.kind, named).values()}
        rows = self.model._default_manager.filter(owner=context.owner, doc_id__in=ids, identifier="")
        for record in rows.exclude(files=None).distinct():
            identify_anew(context, record)


class FileOfItemImporter(OneByOneImporter):
    """Files of items. An item that has not come stands as a placeholder until it does."""

    def __init__(self, files: FilesOfItems) -> None:
        self._files = files

    def bring_one(self, context: MergeContext, document: ArrivingDocument) -> None:
        facts = document.facts or {}
        named = identifier(facts.get("record"), ID_OF_ITEM)
        received = moment(facts.get("received_at"), RECEIVED_AT)
        mime, content = text(facts.get("mime"), ITS_TYPE), document.stored
        model: Any = self._files.kind.model
        record = model.objects.get(pk=context.ids.containers(model, [named])[named])
        beside = {"owner_id": context.owner.pk, "mime": mime, "received_at": received}
        rows: Any = self._files.model._default_manager
        _, created = rows.get_or_create(record_id=record.pk, content_id=content.pk, defaults=beside)
        if created:
            context.transfers.count_bytes(record.transfer_id, self._files.path, content.size)
            identify_anew(context, record)
        document.became(Outcome.CREATED if created else Outcome.UNCHANGED)


def identify_anew(context: MergeContext, record: Record) -> None:
    """A record and a file of it are there: of an item that carries no identifier, whatever version of this program has
    written the archive, they tell together what identifies it today."""
    before = record.identity
    context.new_bytes += reread(record)
    if record.identity != before:
        context.ids.forget()  # two rows may have become one
