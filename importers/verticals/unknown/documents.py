"""Items that no vertical knows, and their files, in archives."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from accounts.strict_json import TooManyValues
from accounts.texts import kept_text
from importers.content.first_bytes import mime_of_stored
from importers.content.suffixes import suffix_of
from importers.digests import digest_id
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.cozy import directory_times, file_body
from importers.documents.doctypes import FILES, UNKNOWN_ITEMS
from importers.documents.document import STORED_COLUMNS, DirectoryDocument, ExportDocument, FileDocument, StoredBytes
from importers.documents.kind import RecordKind
from importers.documents.snapshot import Snapshot
from importers.documents.values import Unreadable, identifier, parsed
from importers.items.item import Item
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft, said_today
from importers.merging.one_by_one import OneByOneImporter
from importers.merging.plain import PlainImporter
from importers.models import Content, Record, Revision
from importers.models.content import WithFile
from importers.rereading.reread import reread
from importers.vertical import record_models
from importers.verticals.unknown.models import UnknownItem
from importers.verticals.unknown.searched import texts_in

ID_OF_ITEM = kept_text("The id of its item")
NO_ITEM = kept_text("The item that it belongs to is not in the archive.")
OTHER_BYTES = kept_text("The item that it belongs to has other bytes here.")

MOST_SEARCHED = 1_000_000  # characters of an item's JSON, of which one that is longer is found by its type alone


class UnknownItemKind(RecordKind):
    """Items of which nobody knows what their members mean: all that they say is searched."""

    def texts(self, record: Any) -> Iterator[str]:
        yield record.type
        if len(record.payload) <= MOST_SEARCHED:
            yield from texts_in(record.payload)


ITEM_DOCUMENTS = UnknownItemKind(
    UnknownItem,
    UNKNOWN_ITEMS,
    ("vertical", "type", "mime"),
    all_words=_("all items kept as they came"),
    no_words=_("no items kept as they came"),
    address="items",
    searched=("type", "payload"),
    search_number=21,
)
IDENTIFYING = ("vertical", "payload", "identity", "mime")  # columns that tell which item it is
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
    for doc_id, vertical, said, received, trashed, *stored in rows:
        ours = StoredBytes(*stored)
        mime = mime_of_stored(said, ours.key, ours.size)
        body = file_body(digest_id(doc_id), mime, received, None, ours)
        body["referenced_by"] = [{"type": ITEM_DOCUMENTS.doctype, "id": doc_id}]
        body["metadata"] = {"wharf": {"kind": FILE_OF_ITEM, "item": doc_id, "sha256": ours.sha256}}
        yield FileDocument(
            FILES,
            body["_id"],
            body,
            stored=ours,
            folder=f"{ITEMS_DIRECTORY}{vertical}",
            name=doc_id + suffix_of(mime),
            modified=received,
            trashed=trashed is not None,
        )


class UnknownItemImporter(PlainImporter):
    """Items, each counted where it once came in. One that is known by now becomes a record of its kind."""

    def bring(self, context: MergeContext, documents: list[ArrivingDocument]) -> None:
        known = known_by_now(context, [document.id for document in documents])
        for document in documents:
            if document.id in known:
                document.became(Outcome.UNCHANGED)
        left = [document for document in documents if document.id not in known]
        super().bring(context, left)
        ids = [document.id for document in left]
        # One that has the type of a file waits for that.
        for item in UnknownItem.objects.filter(owner=context.owner, doc_id__in=ids, mime="", content=None):
            if not _has_bytes(self.items, {name: getattr(item, name) for name in IDENTIFYING}):
                context.new_bytes += reread(item)
        self._give_files(context, ids)

    def _give_files(self, context: MergeContext, ids: list[str]) -> None:
        """Files that came before their items, and were made files of their own then, are the items'."""
        files = stray_files(context, ids)
        for doc_id, file in files.items():
            here = context.ids.id_here(ITEM_DOCUMENTS.name, doc_id)
            item = UnknownItem.objects.filter(owner=context.owner, doc_id=here, content=None).first()
            if item is not None:
                content = file.content
                remove_stray(context, file)
                give_file(context, item, content)

    def said_today(self, columns: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
        """The bytes identify it, too; where some come after it, it is identified anew when they have come."""
        return (columns, {}) if _has_bytes(self.items, columns) else super().said_today(columns)

    def counted_in(self, draft: RecordDraft) -> str:
        return str(draft.columns["vertical"])


class UnknownFileImporter(OneByOneImporter):
    """The bytes of items, which have come before them."""

    def bring_one(self, context: MergeContext, document: ArrivingDocument) -> None:
        doc_id = identifier((document.facts or {}).get("item"), ID_OF_ITEM)
        here = context.ids.id_here(ITEM_DOCUMENTS.name, doc_id)
        item: Any = UnknownItem.objects.filter(owner=context.owner, doc_id=here).first()
        item = item or known_by_now(context, [doc_id]).get(doc_id)
        if item is None:
            raise Unreadable(NO_ITEM)
        content = document.stored
        if isinstance(item, WithFile) and any(content == one for one, _ in item.contents()):
            document.became(Outcome.UNCHANGED)
        elif isinstance(item, UnknownItem) and item.content_id is None:
            give_file(context, item, content)
            document.became(Outcome.CREATED)
        else:
            raise Unreadable(OTHER_BYTES)
        for file in stray_files(context, [doc_id]).values():
            if file.content_id == content.pk:
                remove_stray(context, file)
                document.wrote = True


def _has_bytes(kinds: tuple[type[Item], ...], columns: dict[str, Any]) -> bool:
    """Whether an item came with a file, as far as its document tells: by the type that was said of the file, or, where
    none was, since what the item says does not identify it alone."""
    if columns["mime"]:
        return True
    alone = said_today(kinds, columns)
    return alone is not None and columns["identity"] not in {alone.identity, *alone.former}


def give_file(context: MergeContext, item: UnknownItem, content: Content) -> None:
    """The file of an item has come, which may tell what it is."""
    item.content = content
    item.save(update_fields=["content"])
    context.transfers.count_bytes(item.transfer_id, item.vertical, content.size)
    context.new_bytes += reread(item)


def stray_files(context: MergeContext, doc_ids: Iterable[str]) -> dict[str, Any]:
    """Returns the records that files of items have become because their items had not come, by the ids of these. Those
    that have a history of their own since are left out."""
    named = {digest_id(doc_id): doc_id for doc_id in doc_ids}
    found: dict[str, Any] = {}
    for model in record_models():
        if model is UnknownItem or not issubclass(model, WithFile):
            continue
        for file in model._default_manager.filter(owner=context.owner, doc_id__in=named):
            item, said = named[file.doc_id], facts_in(file.payload)
            revisions = Revision.objects.filter(owner=context.owner, kind=model._meta.model_name, doc_id=file.doc_id)
            has_history = len(list(file.contents())) > 1 or revisions.exists()
            if (said.get("kind"), said.get("item")) == (FILE_OF_ITEM, item) and not has_history:
                found[item] = file
    return found


def facts_in(payload: str) -> dict[str, Any]:
    """Returns what only this product says in a document that was kept as a payload; empty where it is none."""
    try:
        body = parsed(payload)
    except (Unreadable, TooManyValues):
        return {}
    return (ArrivingDocument(FILES, "", payload, body).facts or {}) if isinstance(body, dict) else {}


def remove_stray(context: MergeContext, file: Record) -> None:
    """Removes a record that has become the file of an item."""
    context.new_bytes -= len(file.payload.encode())
    file.delete()


def known_by_now(context: MergeContext, doc_ids: list[str]) -> dict[str, Record]:
    """Returns the records that items have become which were kept as they came, by the ids that those had."""
    named = context.ids.aliases(ITEM_DOCUMENTS.name, doc_ids)
    found: dict[str, Record] = {}
    for model in record_models() if named else []:
        if model is not UnknownItem:
            rows = model._default_manager.filter(owner=context.owner, doc_id__in=named.values())
            found |= {record.doc_id: record for record in rows}
    return {doc_id: found[of] for doc_id, of in named.items() if of in found}
