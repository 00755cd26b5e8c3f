"""Items that no vertical knows, or knows and can't tell from others, kept whole."""

from typing import Any, ClassVar

from pydantic import Field

from importers.digests import digest
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.item import FILE, WHOLE, Item
from importers.items.wire import Text, as_it_came, formerly_canonical, type_name
from importers.models.record import AS_IT_CAME
from importers.vertical import item_type
from importers.verticals.unknown.models import UnknownItem


class AnyItem(Item):
    """An item of any type, with or without a file. The whole of both is what identifies it, and of which kind it is."""

    types: ClassVar = ()
    model: ClassVar = UnknownItem
    identified_by: ClassVar = (("type", WHOLE, FILE),)
    examples: ClassVar = ({"@type": "Recipe", "title": "Hardtack"},)

    type: Text = Field(validation_alias="@type")

    def identity(self, whole: WholeItem) -> str:
        """Of what somebody knows, types are nothing but names; else those of what is in it may tell it apart."""
        kind = item_type(whole.vertical, self.type)
        if kind is not None and kind.types:
            return digest(whole.vertical, kind.types[0], whole.canonical, whole.sha256)
        return digest(whole.vertical, type_name(as_it_came(self.type)), whole.canonical_object, whole.sha256)

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        first = digest(whole.vertical, formerly_canonical(whole.payload), whole.sha256)
        return {first: AS_IT_CAME} | super().former_identities(whole)

    def columns(self) -> dict[str, Any]:
        return {"type": self.type}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        columns = self.columns() | {"vertical": arrival.vertical, "content": arrival.content, "mime": arrival.mime}
        record, answer = records.save_once(UnknownItem, arrival, self.identity(arrival.whole), columns)
        status = ItemStatus.KEPT if answer.status is ItemStatus.CREATED else answer.status
        return ItemAnswer(record.doc_id, status)
