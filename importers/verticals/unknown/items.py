"""Items that no vertical knows, or knows and can't tell from others, kept whole."""

from typing import ClassVar

from importers.digests import digest
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus
from importers.items.item import Item
from importers.items.wire import canonical
from importers.text import keepable
from importers.verticals.unknown.models import UnknownItem


class AnyItem(Item):
    """An item of any type, with or without a file. The whole of both is what identifies it."""

    types: ClassVar = ()

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        content = arrival.content
        identity = digest(arrival.vertical, canonical(arrival.payload), content.sha256 if content else "")
        columns = {
            "vertical": arrival.vertical,
            "type": keepable(arrival.item["@type"]),
            "content": content,
            "mime": arrival.mime,
        }
        record, _ = records.save_once(UnknownItem, arrival, identity, columns)
        return ItemAnswer(record.doc_id, ItemStatus.KEPT)
