"""An item comes whose record may stand as a former version of this program read it."""

from collections.abc import Iterator

from importers.items.arrival import IncomingItem
from importers.items.item import Item
from importers.items.wire import judge
from importers.models import Record, Rereading
from importers.rereading.reread import reread
from importers.rereading.todays import kept_as_it_came


def catch_up(arrival: IncomingItem, item: Item) -> None:
    """Reads those records again that this item may mean, in its transaction, so that it meets them as they are read
    today. Once all have been read again, there is nothing to do."""
    if Rereading.is_through():
        return
    for record in _meant(arrival, item):
        arrival.new_json_bytes += reread(record)


def _meant(arrival: IncomingItem, item: Item) -> Iterator[Record]:
    """Yields records that a former version has made of the same item: of its kind, or kept as it came."""
    kinds: list[type[Item]] = [type(item)]
    if not isinstance(item, kept_as_it_came()):
        kinds.append(kept_as_it_came())
    for kind in kinds:
        same = item if isinstance(item, kind) else judge(kind, arrival.item)
        identities = (
            same.former_identities(arrival.whole) if same is not None else ()
        )  # one without a `@type` never was
        if identities:
            yield from kind.model._default_manager.filter(source=arrival.source, identity__in=identities)
