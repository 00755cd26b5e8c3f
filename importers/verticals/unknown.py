"""Items of a type that their vertical does not know: tomorrow's exporters have some, and they are kept whole."""

from collections.abc import Iterator
from mimetypes import guess_extension

from importers import records
from importers.arrival import Arrival, Saved, Status
from importers.digests import digest, digest_id
from importers.documents import FILES, STORED, Directory, Document, FileDocument, Kind, Stored, file_body
from importers.models import UnknownItem
from importers.snapshots import Snapshot
from importers.text import keepable
from importers.wire import canonical


def keep(arrival: Arrival) -> Saved:
    """Saves the item with its file, if it has one. The whole of both is what identifies it."""
    content = arrival.content
    identity = digest(arrival.vertical, canonical(arrival.payload), content.sha256 if content else "")
    columns = {
        "vertical": arrival.vertical,
        "type": keepable(arrival.item["@type"]),
        "content": content,
        "mime": arrival.mime,
    }
    record, _ = records.save_once(UnknownItem, arrival, identity, columns)
    return Saved(record.doc_id, Status.KEPT)


ITEM_DOCUMENTS = Kind(UnknownItem, "org.wharf.items", ("vertical", "type", "mime"))
KINDS = (ITEM_DOCUMENTS,)
DOCTYPES = (ITEM_DOCUMENTS.doctype, FILES)
COUNTED = (UnknownItem,)
FOLDER = "/Items"  # where their files are, in a folder per vertical


def documents(snapshot: Snapshot) -> Iterator[Document]:
    """A document per item, and the directories of their files."""
    with_files = snapshot.of(UnknownItem).filter(content__isnull=False)
    for vertical in with_files.order_by("vertical").values_list("vertical", flat=True).distinct():
        path = f"{FOLDER}/{vertical}"
        yield Directory(FILES, digest_id(path), {}, key=path, parent=FOLDER, name=vertical)
    yield from ITEM_DOCUMENTS.documents(snapshot)


def files(snapshot: Snapshot) -> Iterator[FileDocument]:
    """The files that came with items, each of which names its item's document."""
    columns = ("doc_id", "vertical", "mime", "received_at", "trashed_at", *STORED)
    rows = snapshot.rows(UnknownItem, columns, owner_id=snapshot.owner.pk, content__isnull=False)
    for doc_id, vertical, mime, received, trashed, *stored in rows:
        ours = Stored(*stored)
        body = file_body(digest_id(doc_id), mime, received, None, ours.size)
        body["referenced_by"] = [{"type": ITEM_DOCUMENTS.doctype, "id": doc_id}]
        body["metadata"] = {"wharf": {"kind": "file of an item", "item": doc_id}}
        yield FileDocument(
            FILES,
            body["_id"],
            body,
            stored=ours,
            folder=f"{FOLDER}/{vertical}",
            name=doc_id + (guess_extension(mime) or ""),
            modified=received,
            trashed=trashed is not None,
        )
