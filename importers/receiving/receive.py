"""How an item comes in: its JSON is read and judged, its file streams to the storage, one transaction saves both."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.rest.scopes import require_import
from importers import errors, statements
from importers.content import quota, uploads
from importers.content.first_bytes import mime_of
from importers.content.uploads import StoredUpload
from importers.items.arrival import IncomingItem, ItemAnswer, WholeItem
from importers.items.item import Item
from importers.items.wire import item_name, judge
from importers.receiving.beginning import seen_item
from importers.receiving.large_json import ItemJson
from importers.receiving.likeness import is_told_by, item_digest
from importers.receiving.multipart import FilePart, RelatedBody, WholePart
from importers.receiving.request import ItemRequest, read_item
from importers.registry import UNKNOWN, VERTICALS
from importers.rereading.arriving import catch_up
from importers.statements import StatementBatch
from importers.text import keepable
from importers.transfers import rejections, transfer
from importers.transfers.rejections import TakenItem
from importers.vertical import item_type, paths_taking, takes_any_object, vertical


@dataclass(frozen=True)
class _JudgedItem:
    """An item that will be taken: its JSON, its shape, and the part of the body that its file is in, if it has one."""

    json: ItemJson
    shape: Item
    part: FilePart | None


def receive(request: ItemRequest) -> ItemAnswer:
    """Takes one item in. Returns its record, or raises `Refusal` or `InsufficientScope` and leaves nothing behind.

    The item is judged before its file comes, so that what is refused is refused early. When this returns, bytes and row
    are on disk.
    """
    if request.vertical not in VERTICALS:
        raise errors.unknown_vertical(request.vertical, sorted(VERTICALS))
    require_import(request.scopes, paths_taking(request.vertical, None))
    body = read_item(request)
    if not request.is_in_memory:
        request.patience.again()
    quota.require_unblocked(request.owner)
    json = ItemJson(request.json, request.patience, any_object=takes_any_object(request.vertical))
    if body is None:
        with json.in_hand():
            return _Saving(request, _judge(request, json, None)).run()
    item = _judge(request, json, body)
    if item.part is None:
        with json.in_hand():
            return _Saving(request, item).run()
    if request.is_in_memory:
        content = b"".join(item.part.chunks())
        if (kept := uploads.keep(request.owner, content)) is not None:
            try:
                return _save(request, item, kept)
            except errors.Refusal:
                pass  # mostly for something that goes by, such as room that is reserved: with a reservation one waits
        received = uploads.receive(request.owner, WholePart(content), _room_patience(request))
        return _save(request, item, received)
    received = uploads.receive(request.owner, item.part, _room_patience(request))
    request.patience.again()
    return _save(request, item, received)


def _room_patience(request: ItemRequest) -> float:
    return request.patience.left_of(uploads.ROOM_PATIENCE)


def _save(request: ItemRequest, item: _JudgedItem, received: StoredUpload) -> ItemAnswer:
    """Saves an item whose file has been stored, and sees to it that nobody's bytes are left."""
    saving = _Saving(request, item, received)
    try:
        with item.json.in_hand():
            saved = saving.run()
    except BaseException:
        if received.place is not None and not saving.may_be_committed:
            uploads.discard(received.place)
        raise
    if received.place is not None and not saving.adopted:
        uploads.discard(received.place)  # the same bytes were there already
    return saved


def _judge(request: ItemRequest, json: ItemJson, body: RelatedBody | None) -> _JudgedItem:
    """Raises `Refusal` for what can't be kept, and `InsufficientScope` for what the token does not allow.

    What no vertical knows is kept whole, and so is what a vertical knows but can't tell from others.
    """
    name = _type_name(json)
    kind = item_type(request.vertical, name)
    require_import(request.scopes, paths_taking(request.vertical, kind))
    part = body.file_part() if body else None
    if kind is not None and kind.has_file and part is None:
        # Kept without it, the item would count as delivered, and its bytes be lost.
        raise errors.invalid_item("file", f"a {name} comes as multipart/related with its file as second part.")
    if body is not None and part is None:
        body.finish()
    return _JudgedItem(json, _shape(json, kind, has_file=part is not None), part)


def _type_name(json: ItemJson) -> str:
    with json.in_hand():
        return item_name(json.item)


def _shape(json: ItemJson, kind: type[Item] | None, *, has_file: bool) -> Item:
    with json.in_hand():
        shape = judge(kind, json.item) if kind else None
        if shape is None or not shape.fits(has_file=has_file):
            return _whole(json.item)  # a file has no place in a record of a kind without one: both are kept whole
        return shape


def _whole(item: dict[str, Any]) -> Item:
    """Returns an item that no vertical knows, or none takes as it is, as one that is kept whole."""
    (kept,) = vertical(UNKNOWN).items
    return kept.model_validate(item)


@dataclass
class _Saving:
    """The one transaction of an item.

    `may_be_committed`: everything was said to the database. An error after that tells nothing about the outcome, so
    the bytes must stay until `purge` has seen whether the row is there.
    """

    request: ItemRequest
    item: _JudgedItem
    received: StoredUpload | None = None
    adopted: bool = False
    may_be_committed: bool = False

    def run(self) -> ItemAnswer:
        """Saves the item. Raises `Refusal` for what came to light only now, and `TokenChanged`."""
        try:
            return self._run(at_once=True)
        except (statements.Unsettled, transfer.TransferEnded):
            pass
        try:
            return self._run()
        except transfer.TransferEnded:
            return self._run()

    @transaction.atomic
    def _run(self, *, at_once: bool = False) -> ItemAnswer:
        """`at_once`: the database is told of the end of the transaction together with all that can wait until then,
        where it takes that. Raises `Unsettled` where it has to be told step by step."""
        batch = StatementBatch()
        owner = quota.lock(self.request.owner, self.request.token)
        quota.require_unblocked(owner)
        size = len(self.request.json) + (self.received.size if self.received else 0)
        arrival = IncomingItem(
            owner=owner,
            transfer=transfer.count_item(owner, self.request.job, size, batch),
            vertical=self.request.vertical,
            payload=self.request.json.decode(),
            item=self.item.json.item,
            mime=self._mime(),
            batch=batch,
        )
        new_bytes, upload = 0, None
        if self.received is not None:
            settled = uploads.settle(owner, self.received, batch)
            arrival.content, self.adopted = settled.content, settled.adopted
            new_bytes, upload = settled.new_bytes, self.received.upload
        catch_up(arrival, self.item.shape)
        saved = self.item.shape.save(arrival)
        new_bytes += arrival.new_json_bytes
        quota.require_room(owner, new_bytes, upload)
        quota.charge(owner, new_bytes, batch)
        transfer.count_status(arrival.transfer, self.request.vertical, saved.status, size, batch)
        rejections.make_good(arrival.transfer, self._taken(arrival.whole), batch)
        if at_once and statements.ends_at_once() and not rejections.is_known_to_miss(arrival.transfer):
            self._commit(batch)
        else:
            batch.run()
        self.may_be_committed = True
        return saved

    def _commit(self, batch: StatementBatch) -> None:
        self.may_be_committed = True
        try:
            batch.commit()
        except statements.Unsettled:
            self.may_be_committed = False
            raise

    def _mime(self) -> str:
        """What type its file has, as it was said, or as the bytes tell; empty where it has none."""
        if self.item.part is None or self.received is None:
            return ""
        return mime_of(keepable(self.item.part.mime), self.received.begin)

    def _taken(self, whole: WholeItem) -> TakenItem:
        """What it is known again by."""
        request, shape = self.request, self.item.shape
        return TakenItem(
            json=request.json,
            body_size=request.body_size,
            file_size=self.received.size if self.received else None,
            file_sha256=whole.sha256,
            says=lambda: item_digest(request.vertical, request.json),
            file_beginning=lambda: seen_item(request.stream.beginning(), is_whole=False).file_begins,
            is_told_by=lambda beginning: is_told_by(beginning, shape, whole),
        )
