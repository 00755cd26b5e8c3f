"""What a record that stands says today: its item is read as one that comes now."""

from dataclasses import dataclass, replace
from typing import Any

from importers import registry
from importers.items.arrival import WholeItem
from importers.items.item import Item
from importers.items.wire import item_name, judge, kept_item
from importers.models import Container, Record
from importers.vertical import item_type, items_of, kind_of, vertical


@dataclass(frozen=True)
class TodaysReading:
    """A standing record, read today. `source_id`, `identity` and `columns`: what it would have if it came now.

    `item`: None where it is made of no item: of another server's document, or of nothing.
    """

    record: Record
    source_id: int
    identity: str
    columns: dict[str, Any]
    item: Item | None = None
    json: dict[str, Any] | None = None

    @property
    def is_of_another_kind(self) -> bool:
        """Whether it was kept as it came, and somebody knows now what it is."""
        return self.item is not None and self.item.model is not type(self.record)

    @property
    def differing(self) -> dict[str, Any]:
        """Returns the columns that say something else than the record does, with these values."""
        said = self.columns | {"source_id": self.source_id, "identity": self.identity}
        return {name: value for name, value in said.items() if getattr(self.record, name) != value}

    @property
    def says_the_same(self) -> bool:
        return not self.is_of_another_kind and not self.differing


def read_today(record: Record) -> TodaysReading:
    """Returns what the record says today. Asks the database for nothing but, now and then, its content and transfer.
    Raises `Refusal` where its item can't be compared with others any more."""
    source_id, own = record.source_id, record.identity
    if isinstance(record, Container) and record.waits and not record.is_placeholder:
        source_id, own = record.transfer.source_id, record.own_identity()  # it has come, while another row was it
    whole = _whole(record)
    json = kept_item(record.payload, any_object=any(kind.is_any_object for kind in items_of(type(record))))
    item = _item(record, json, whole) if json is not None else None
    if json is None or item is None:
        return TodaysReading(record, source_id, own, kind_of(type(record)).foreign_columns(record.payload))
    if item.model is not type(record):
        return TodaysReading(record, source_id, item.identity(whole), item.columns(), item, json)
    return TodaysReading(record, source_id, _identity(record, item, whole), item.columns_anew(vars(record)), item, json)


def kept_as_it_came() -> type[Item]:
    """Returns the kind of items that nobody knows."""
    (kept,) = vertical(registry.UNKNOWN).items
    return kept


def _whole(record: Record) -> WholeItem:
    return WholeItem(getattr(record, "vertical", ""), record.payload, next(record.came_with()))


def _identity(record: Record, item: Item, whole: WholeItem) -> str:
    """Returns what identifies a record today. Where it does not say which of its files the item came with, it is the
    one that its identity tells, today's or a former one."""
    for sha256 in record.came_with():
        came = whole if sha256 == whole.sha256 else replace(whole, sha256=sha256)
        identity = item.identity_anew(came, record.identity)
        if identity != record.identity or identity == item.identity(came):
            return identity
    return record.identity


def _item(record: Record, json: dict[str, Any], whole: WholeItem) -> Item | None:
    """Returns the item that a record is made of; None where it would be refused today."""
    name = item_name(json)
    if type(record) is not kept_as_it_came().model:
        own = next((kind for kind in items_of(type(record)) if name in kind.types or not kind.types), None)
        return judge(own, json) if own is not None else None
    kind = item_type(whole.vertical, name)
    known = judge(kind, json) if kind is not None and kind.fits(has_file=bool(whole.sha256)) else None
    return known or judge(kept_as_it_came(), json)
