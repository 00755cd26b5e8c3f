"""Items that no vertical knows, and their files, in archives."""

from collections.abc import Iterator
from mimetypes import guess_extension

from django.db.models import Min

from importers.digests import digest_id
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.cozy import directory_times, file_body
from importers.documents.doctypes import FILES, UNKNOWN_ITEMS
from importers.documents.document import STORED_COLUMNS, DirectoryDocument, ExportDocument, FileDocument, StoredBytes
from importers.documents.kind import RecordKind
from importers.documents.snapshot import Snapshot
from importers.documents.values import Unreadable, identifier
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.merging.one_by_one import OneByOneImporter
from importers.merging.plain import PlainImporter
from importers.verticals.unknown.models import UnknownItem

ITEM_DOCUMENTS = RecordKind(UnknownItem, UNKNOWN_ITEMS, ("vertical", "type", "mime"))
FILE_OF_ITEM = "file of an item"  # what `metadata.wharf.kind` says
ITEMS_FOLDER = "Items"  # where their files are, in a folder per vertical
ITEMS_DIRECTORY = "items:"  # its key, which is no path: a person's own folder of this name is another one


def documents(snapshot: Snapshot) -> Iterator[ExportDocument]:
    """A document per item, and the directories of their files."""
    with_files = snapshot.of(UnknownItem).filter(content__isnull=False)
    firsts = dict(with_files.order_by().values_list("vertical").annotate(first=Min("received_at")))
    if firsts:
        times = directory_times(min(firsts.values()))
        yield DirectoryDocument(
            FILES, digest_id(ITEMS_DIRECTORY), times, key=ITEMS_DIRECTORY, parent="/", name=ITEMS_FOLDER
        )
    for vertical, first in sorted(firsts.items()):
        key, times = f"{ITEMS_DIRECTORY}{vertical}", directory_times(first)
        yield DirectoryDocument(FILES, digest_id(key), times, key=key, parent=ITEMS_DIRECTORY, name=vertical)
    yield from ITEM_DOCUMENTS.documents(snapshot)


def files(snapshot: Snapshot) -> Iterator[FileDocument]:
    """The files that came with items, each of which names its item's document."""
    columns = ("doc_id", "vertical", "mime", "received_at", "trashed_at", *STORED_COLUMNS)
    rows = snapshot.rows(UnknownItem, columns, owner_id=snapshot.owner.pk, content__isnull=False)
    for doc_id, vertical, mime, received, trashed, *stored in rows:
        ours = StoredBytes(*stored)
        body = file_body(digest_id(doc_id), mime, received, None, ours)
        body["referenced_by"] = [{"type": ITEM_DOCUMENTS.doctype, "id": doc_id}]
        body["metadata"] = {"wharf": {"kind": FILE_OF_ITEM, "item": doc_id, "sha256": ours.sha256}}
        yield FileDocument(
            FILES,
            body["_id"],
            body,
            stored=ours,
            folder=f"{ITEMS_DIRECTORY}{vertical}",
            name=doc_id + (guess_extension(mime) or ""),
            modified=received,
            trashed=trashed is not None,
        )


class UnknownItemImporter(PlainImporter):
    """Items, each counted where it once came in."""

    def counted_in(self, draft: RecordDraft) -> str:
        return str(draft.columns["vertical"])


class UnknownFileImporter(OneByOneImporter):
    """The bytes of items, which have come before them."""

    def bring_one(self, context: MergeContext, document: ArrivingDocument) -> None:
        doc_id = identifier((document.facts or {}).get("item"), "The id of its item")
        here = context.ids.id_here(ITEM_DOCUMENTS.name, doc_id)
        item = UnknownItem.objects.filter(owner=context.owner, doc_id=here).first()
        if item is None:
            raise Unreadable("The item that it belongs to is not in the archive.")
        content = document.stored
        if item.content_id == content.pk:
            document.became(Outcome.UNCHANGED)
        elif item.content_id is None:
            item.content = content
            item.save(update_fields=["content"])
            context.transfers.count_bytes(item.transfer_id, item.vertical, content.size)
            document.became(Outcome.CREATED)
        else:
            raise Unreadable("The item that it belongs to has other bytes here.")
