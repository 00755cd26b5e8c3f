"""Items of a type that their vertical does not know: tomorrow's exporters have some, and they are kept whole."""

from collections.abc import Iterator
from mimetypes import guess_extension

from importers import records
from importers.arrival import Arrival, Saved, Status
from importers.digests import digest, digest_id
from importers.documents import FILES, ITEMS, STORED, Directory, Document, FileDocument, Kind, Stored, file_body
from importers.merging import Plain, Said
from importers.models import UnknownItem
from importers.origins import Session
from importers.returning import Broken, Coming, Outcome, identifier
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


ITEM_DOCUMENTS = Kind(UnknownItem, ITEMS, ("vertical", "type", "mime"))
KINDS = (ITEM_DOCUMENTS,)
DOCTYPES = (ITEM_DOCUMENTS.doctype, FILES)
COUNTED = (UnknownItem,)
FILE_OF_ITEM = "file of an item"  # what `metadata.wharf.kind` says
FOLDER = "Items"  # where their files are, in a folder per vertical
OWN_DIRECTORY = "items:"  # its key, which is no path: a person's own folder of this name is another one


def documents(snapshot: Snapshot) -> Iterator[Document]:
    """A document per item, and the directories of their files."""
    with_files = snapshot.of(UnknownItem).filter(content__isnull=False)
    verticals = sorted(with_files.order_by("vertical").values_list("vertical", flat=True).distinct())
    if verticals:
        yield Directory(FILES, digest_id(OWN_DIRECTORY), {}, key=OWN_DIRECTORY, parent="/", name=FOLDER)
    for vertical in verticals:
        key = f"{OWN_DIRECTORY}{vertical}"
        yield Directory(FILES, digest_id(key), {}, key=key, parent=OWN_DIRECTORY, name=vertical)
    yield from ITEM_DOCUMENTS.documents(snapshot)


def files(snapshot: Snapshot) -> Iterator[FileDocument]:
    """The files that came with items, each of which names its item's document."""
    columns = ("doc_id", "vertical", "mime", "received_at", "trashed_at", *STORED)
    rows = snapshot.rows(UnknownItem, columns, owner_id=snapshot.owner.pk, content__isnull=False)
    for doc_id, vertical, mime, received, trashed, *stored in rows:
        ours = Stored(*stored)
        body = file_body(digest_id(doc_id), mime, received, None, ours.size)
        body["referenced_by"] = [{"type": ITEM_DOCUMENTS.doctype, "id": doc_id}]
        body["metadata"] = {"wharf": {"kind": FILE_OF_ITEM, "item": doc_id, "sha256": ours.sha256}}
        yield FileDocument(
            FILES,
            body["_id"],
            body,
            stored=ours,
            folder=f"{OWN_DIRECTORY}{vertical}",
            name=doc_id + (guess_extension(mime) or ""),
            modified=received,
            trashed=trashed is not None,
        )


class Items(Plain):
    """Items, each counted where it once came in."""

    def counted_in(self, said: Said) -> str:
        return str(said.columns["vertical"])


class FilesOfItems:
    """The bytes of items, which have come before them."""

    def bring(self, session: Session, comings: list[Coming]) -> None:
        for coming in comings:
            try:
                self._bring(session, coming)
            except Broken as broken:
                coming.broken = str(broken)

    def _bring(self, session: Session, coming: Coming) -> None:
        doc_id = identifier((coming.facts or {}).get("item"), "The id of its item")
        kind = ITEM_DOCUMENTS.name
        found = session.aliases(kind, [doc_id]).get(doc_id, doc_id)
        item = UnknownItem.objects.filter(owner=session.owner, doc_id=found).first()
        if item is None:
            raise Broken("The item that it belongs to is not in the archive.")
        content = coming.stored
        if item.content_id == content.pk:
            coming.became(Outcome.UNCHANGED)
        elif item.content_id is None:
            item.content = content
            item.save(update_fields=["content"])
            session.count_bytes(item.transfer_id, item.vertical, content.size)
            coming.became(Outcome.CREATED)
        else:
            raise Broken("The item that it belongs to has other bytes here.")


RETURNING = {
    (ITEM_DOCUMENTS.doctype, ITEM_DOCUMENTS.name): Items(ITEM_DOCUMENTS, "unknown"),
    (FILES, FILE_OF_ITEM): FilesOfItems(),
}
