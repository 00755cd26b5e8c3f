"""One record that stands is read again: it is what it would be if its item came today."""

from typing import Any

from django.db import transaction

from importers.items.arrival import IncomingItem, ItemStatus
from importers.items.item import Item
from importers.merging import twins
from importers.models import Container, Record
from importers.models.record import READING
from importers.rereading.todays import TodaysReading, read_today
from importers.statements import StatementBatch


def reread(record: Record) -> int:
    """Reads a record again. The caller has locked its owner, and read the record after that.

    Where another row is identified by the same, both become one; what was kept as it came, and is known by now, becomes
    a record of its kind. Returns by how many bytes the account's use grows.
    """
    today = read_today(record)
    if today.is_of_another_kind:
        return _become_known(record, today)
    differing = today.differing
    if not differing:
        return 0
    twin = _standing(type(record), today)
    growth = 0
    if twin is not None and twin.pk != record.pk:
        growth = twins.unite(record, twin)
        today = read_today(record)  # it may say what the other one said
        differing = today.differing
    for name, value in differing.items():
        setattr(record, name, value)
    record.reading = READING
    record.save(update_fields=["reading", *differing])
    return growth


def _standing(model: type[Record], today: TodaysReading) -> Record | None:
    rows = model._default_manager.filter(source_id=today.source_id, identity=today.identity)
    found: Record | None = rows.select_related("transfer").first() if today.identity else None
    return found


def _become_known(record: Record, today: TodaysReading) -> int:
    """Makes a record of its kind of an item that was kept as it came."""
    item = today.item
    if item is None or today.json is None:
        raise ValueError("only an item becomes known")
    standing = _standing(item.model, today)
    if standing is None or item.has_file:
        return _save(record, item, today.json)
    said = item.model(
        owner_id=record.owner_id,
        source_id=standing.source_id,
        transfer_id=record.transfer_id,
        identity=standing.identity,
        doc_id=record.doc_id,
        payload=record.payload,
        received_at=record.received_at,
        changed_at=record.changed_at,
        trashed_at=record.trashed_at,
        **_arrived(item, record) | today.columns,
    )
    growth = twins.unite(standing, said)
    return growth + _give_way(record, standing)


def _save(record: Record, item: Item, json: dict[str, Any]) -> int:
    """Takes the item in, as it came. One that is in the bin, and whose record is here, stays as it is."""
    kept: Any = record
    with transaction.atomic():
        batch = StatementBatch()
        arrival = IncomingItem(
            owner=record.owner,
            transfer=record.transfer,
            vertical=kept.vertical,
            payload=record.payload,
            item=json,
            content=kept.content,
            mime=kept.mime,
            batch=batch,
        )
        answer = item.save(arrival)
        batch.run()
        made: Record = item.model._default_manager.get(owner_id=record.owner_id, doc_id=answer.doc_id)
        is_new = answer.status is ItemStatus.CREATED
        if record.trashed_at is not None and not is_new:
            transaction.set_rollback(True)
            return 0
        if is_new:
            facts = {name: getattr(record, name) for name in ("doc_id", "received_at", "changed_at", "trashed_at")}
            facts |= _arrived(item, record)
            item.model._default_manager.filter(pk=made.pk).update(**facts)
            made.doc_id = record.doc_id
        return arrival.new_json_bytes + _give_way(record, made)


def _give_way(record: Record, made: Record) -> int:
    """Removes what was kept as it came, which another record stands for now. Its id stays known."""
    twins.rename(str(record._meta.model_name), record.doc_id, made)
    record.delete()
    return -len(record.payload.encode())


def _arrived(item: Item, record: Record) -> dict[str, Any]:
    return {"arrived_at": record.received_at} if issubclass(item.model, Container) else {}
