"""How an item comes in: its JSON is read and judged, its file streams to the storage, one transaction saves both."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.db import transaction

from accounts.models import User
from accounts.rest.scopes import require_import
from accounts.texts import kept_text
from audit import pending
from importers import errors, statements
from importers.content import quota, uploads
from importers.content.first_bytes import mime_of
from importers.content.uploads import StoredUpload, UploadPart
from importers.items.arrival import IncomingItem, ItemAnswer, WholeItem
from importers.items.base64_text import IrregularTextError
from importers.items.deletions import StaysDeleted
from importers.items.item import Item
from importers.items.wire import item_name, judge
from importers.models import Transfer
from importers.receiving.beginning import seen_item
from importers.receiving.encoded_file import EncodedFile
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

NEEDS_FILE = kept_text("a %(name)s comes as multipart/related with its file as second part.")

T = TypeVar("T")


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
    if request.suspended:
        raise errors.destination_full(request.suspended)
    if request.encoded is not None:
        if (saved := _receive_encoded(request, request.encoded)) is not None:
            return saved
        request.json, request.whole = request.encoded.json_as_it_came(), True
    json = ItemJson(request.json, request.patience, any_object=takes_any_object(request.vertical))
    if body is None:
        with json.in_hand():
            return _Saving(request, _judge(request, json, None)).run()
    item = _judge(request, json, body)
    if item.part is None:
        with json.in_hand():
            return _Saving(request, item).run()
    return _store(request, item.part, lambda received: _save(request, item, received))


def _store(
    request: ItemRequest,
    part: UploadPart,
    save: Callable[[StoredUpload], T],
    meanwhile: Callable[[str], None] | None = None,
) -> T:
    """Stores a file, and returns what `save` makes of it. `meanwhile`: see `uploads.keep`; a large file has none."""
    if request.is_in_memory:
        content = b"".join(part.chunks())
        if (kept := uploads.keep(request.owner, content, meanwhile)) is not None:
            try:
                return save(kept)
            except errors.Refusal:
                pass  # mostly for something that goes by, such as room that is reserved: with a reservation one waits
        return save(uploads.receive(request.owner, WholePart(content), _room_patience(request)))
    received = uploads.receive(request.owner, part, _room_patience(request))
    request.patience.again()
    return save(received)


def _receive_encoded(request: ItemRequest, encoded: EncodedFile) -> ItemAnswer | None:
    """Takes an item in whose file stands in its JSON. Returns None, with nothing changed, where that is no text that
    can be taken out, or the item is none that has one there: it is taken as it came."""

    judged: list[_JudgedItem | None] = []

    def judge_it(sha256: str) -> None:
        request.json, request.whole = encoded.json_with_note(sha256), True
        judged.append(_judge_encoded(request, ItemJson(request.json, request.patience), encoded))

    def save(received: StoredUpload) -> ItemAnswer | None:
        item = None
        try:
            if not judged:
                judge_it(received.sha256)
            item = judged[0]
        finally:
            if item is None and received.place is not None:
                uploads.discard(received.place)
        return _save(request, item, received) if item is not None else None

    try:
        return _store(request, encoded, save, judge_it)
    except IrregularTextError:
        return None


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
        raise errors.invalid_item("file", NEEDS_FILE % {"name": name})
    if body is not None and part is None:
        body.finish()
    return _JudgedItem(json, _shape(json, kind, has_file=part is not None), part)


def _judge_encoded(request: ItemRequest, json: ItemJson, encoded: EncodedFile) -> _JudgedItem | None:
    """Returns an item whose file has been taken out of its JSON; None where it is none that has one there."""
    with json.in_hand():
        kind = item_type(request.vertical, item_name(json.item))
        shape = judge(kind, json.item) if kind is not None and kind.has_file_in_json else None
        if shape is None:
            return None
        return _JudgedItem(json, shape.looking_into(bytes(encoded.begin), encoded.size), None)


def _type_name(json: ItemJson) -> str:
    with json.in_hand():
        return item_name(json.item)


def _shape(json: ItemJson, kind: type[Item] | None, *, has_file: bool) -> Item:
    with json.in_hand():
        shape = judge(kind, json.item) if kind and not kind.has_file_in_json else None
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
            return self._tried()
        except StaysDeleted as deleted:
            self.adopted = False
            return self._with_its_transfer(partial(self._count, deleted.answer))

    def _tried(self) -> ItemAnswer:
        try:
            return self._run(at_once=True)
        except (statements.Unsettled, transfer.TransferEnded):
            pass
        return self._with_its_transfer(self._run)

    def _with_its_transfer(self, run: Callable[[], ItemAnswer]) -> ItemAnswer:
        try:
            return run()
        except transfer.TransferEnded:
            return run()

    @transaction.atomic
    def _run(self, *, at_once: bool = False) -> ItemAnswer:
        """`at_once`: the database is told of the end of the transaction together with all that can wait until then,
        where it takes that. Raises `Unsettled` where it has to be told step by step."""
        batch = StatementBatch()
        owner = self._lock()
        size = self._size
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
        if owner.has_deleted:
            arrival.former_identities = self.item.shape.former_identities(arrival.whole)
        catch_up(arrival, self.item.shape)
        saved = self.item.shape.save(arrival)
        new_bytes += arrival.new_json_bytes
        quota.require_room(owner, new_bytes, upload)
        quota.charge(owner, new_bytes, batch)
        transfer.count_answer(arrival.transfer, self.request.vertical, saved, size, batch)
        rejections.make_good(arrival.transfer, self._taken(arrival.whole), batch)
        if at_once and statements.ends_at_once() and not self._has_more_to_say(arrival.transfer):
            self._commit(batch)
        else:
            batch.run()
        self.may_be_committed = True
        return saved

    @transaction.atomic
    def _count(self, answer: ItemAnswer) -> ItemAnswer:
        """Counts an item of which nothing is kept, since its person has deleted what it means."""
        batch, owner = StatementBatch(), self._lock()
        its_transfer = transfer.count_item(owner, self.request.job, self._size, batch)
        transfer.count_answer(its_transfer, self.request.vertical, answer, self._size, batch)
        sha256 = self.received.sha256 if self.received else ""
        whole = WholeItem(self.request.vertical, self.request.json.decode(), sha256)
        rejections.make_good(its_transfer, self._taken(whole), batch)
        batch.run()
        return answer

    def _lock(self) -> User:
        owner = quota.lock(self.request.owner, self.request.token)
        quota.require_unblocked(owner)
        return owner

    @property
    def _size(self) -> int:
        return len(self.request.json) + (self.received.size if self.received else 0)

    def _commit(self, batch: StatementBatch) -> None:
        self.may_be_committed = True
        try:
            batch.commit()
        except statements.Unsettled:
            self.may_be_committed = False
            raise

    def _has_more_to_say(self, of: Transfer) -> bool:
        """Whether something may come after the batch: an item that is made good, a transfer that the audit trail is
        told of."""
        return rejections.is_known_to_miss(of) or pending.is_there()

    def _mime(self) -> str:
        """What type its file has, as it was said, or as the bytes tell; empty where it has none."""
        if self.item.part is None or self.received is None:
            return ""
        return mime_of(keepable(self.item.part.mime), self.received.begin)

    def _taken(self, whole: WholeItem) -> TakenItem:
        """What it is known again by."""
        request, shape = self.request, self.item.shape
        return TakenItem(
            json=request.json if request.encoded is None else request.stream.beginning(),
            body_size=request.body_size,
            file_size=self.received.size if self.received else None,
            file_sha256=whole.sha256,
            says=lambda: item_digest(request.vertical, request.json),
            file_beginning=lambda: seen_item(request.stream.beginning(), is_whole=False).file_begins,
            is_told_by=lambda beginning: is_told_by(beginning, shape, whole),
        )
