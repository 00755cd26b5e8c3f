"""One record that stands is read again: it is what it would be if its item came today."""

from typing import Any

from importers.items.arrival import IncomingItem
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
    arrival = _arrival(record, today.json)
    facts = {name: getattr(record, name) for name in ("doc_id", "received_at", "changed_at", "trashed_at")}
    if issubclass(item.model, Container):
        facts["arrived_at"] = record.received_at
    standing = item.standing(arrival)
    if standing is None:
        made = _save(arrival, item, facts)
        return arrival.new_json_bytes + _give_way(record, made)
    named = standing.doc_id
    if item.keep_as_version(arrival, standing, record):
        twins.rename(str(item.model._meta.model_name), named, standing)
        growth = arrival.new_json_bytes
    else:
        growth = twins.unite(standing, item.twin(arrival, standing, facts)) + arrival.new_json_bytes
    return growth + _give_way(record, standing)


def _arrival(record: Record, json: dict[str, Any]) -> IncomingItem:
    """Returns the item as one that comes now, of the transfer that brought it."""
    kept: Any = record
    return IncomingItem(
        owner=record.owner,
        transfer=record.transfer,
        vertical=kept.vertical,
        payload=record.payload,
        item=json,
        content=kept.content,
        mime=kept.mime,
        batch=StatementBatch(),
    )


def _save(arrival: IncomingItem, item: Item, facts: dict[str, Any]) -> Record:
    """Makes the record of an item which nothing here stands for yet."""
    answer = item.save(arrival)
    arrival.batch.run()
    rows = item.model._default_manager.filter(owner_id=arrival.owner.pk, doc_id=answer.doc_id)
    made: Record = rows.get()
    rows.filter(pk=made.pk).update(**facts)
    made.doc_id = facts["doc_id"]
    return made


def _give_way(record: Record, made: Record) -> int:
    """Removes what was kept as it came, which another record stands for now. Its id stays known."""
    twins.rename(str(record._meta.model_name), record.doc_id, made)
    record.delete()
    return -len(record.payload.encode())
