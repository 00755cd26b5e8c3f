"""Any JSON object on the wire, with or without a `@type`, and any file with it."""

from typing import Any, ClassVar

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from importers.digests import digest, waiting_identity
from importers.freeform import texts
from importers.freeform.models import FreeformFile, FreeformRecord
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.item import FILE, WHOLE, Item
from importers.items.wire import Text, as_it_came, canonical_object, item_name, spelled
from importers.models import Record

IDENTIFIERS = ("id", "identifier")


class FreeformItem(Item):
    """An item of any shape. It is identified by its `@type` and its `id` or `identifier`, where it has one; by all that
    it says otherwise, its file with it.

    What has been sent under the same identifier is the same item: a file that comes with it later stands beside those
    that it has.
    """

    types: ClassVar = ()
    takes_file: ClassVar = True
    is_any_object: ClassVar = True
    identified_by: ClassVar = (("@type", "id"), ("@type", "identifier"), (WHOLE, FILE))
    model: ClassVar[type[FreeformRecord]]
    file_model: ClassVar[type[FreeformFile]]

    kind: Any = ""
    identifier: Text = ""
    title: Text = ""
    text: Text = ""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Returns the schema of any object: what its fields are is found out."""
        return {
            "description": cls.__doc__,
            "type": "object",
            "properties": {"@type": {}, **{name: {} for name in IDENTIFIERS}},
        }

    @model_validator(mode="before")
    @classmethod
    def _find(cls, item: Any) -> Any:
        """The fields are found, wherever in the item they are."""
        return cls.found_in(item) if isinstance(item, dict) and not isinstance(item, FoundFields) else item

    @classmethod
    def found_in(cls, item: dict[str, Any]) -> "FoundFields":
        """Returns the values of the fields."""
        kind = item.get("@type")
        return FoundFields(
            kind=item_name(item) if isinstance(kind, str) else spelled({"@type": kind}) if kind is not None else "",
            identifier=next((value for value in map(item.get, IDENTIFIERS) if _identifies(value)), ""),
            title=texts.title_of(item),
            text=texts.text_of(item),
        )

    def identity(self, whole: WholeItem) -> str:
        if self.identifier:
            return digest("named", self.kind, as_it_came(self.identifier))
        return digest("whole", self.kind, whole.canonical_object, whole.sha256)

    def identity_anew(self, whole: WholeItem, standing: str) -> str:
        """Which file it came with is not known any more."""
        is_known = self.identifier or standing in self.former_identities(whole)
        return self.identity(whole) if is_known else standing

    def columns(self) -> dict[str, Any]:
        return {"identifier": self.identifier, "name": self.title} | {
            "text": self.text,
            "begins": texts.begin_of(self.text),
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        record, answer = records.save_once(
            self.model,
            arrival,
            self.identity(arrival.whole),
            self.columns(),
            canonical_object,
            needs_key=arrival.content is not None,
        )
        is_new = self._keep_file(arrival, record)
        if is_new and answer.status is ItemStatus.UNCHANGED and record.trashed_at is None:
            return ItemAnswer(answer.doc_id, ItemStatus.UPDATED)
        return answer

    def twin(self, arrival: IncomingItem, standing: Any, facts: dict[str, Any]) -> Record:
        """One with a file is saved with that."""
        row: Any = super().twin(arrival, standing, facts)
        if arrival.content is not None:
            row.identity = waiting_identity(row.doc_id)
            arrival.keep_json()
            row.save()
            self._keep_file(arrival, row)
        return row

    def _keep_file(self, arrival: IncomingItem, record: FreeformRecord) -> bool:
        """Returns whether the item has a file that the record did not have."""
        if arrival.content is None:
            return False
        rows: Any = self.file_model._default_manager
        beside = {"owner_id": arrival.owner.pk, "mime": arrival.mime}
        _, created = rows.get_or_create(record_id=record.pk, content=arrival.content, defaults=beside)
        return bool(created)


class FoundFields(dict[str, Any]):
    """Values of the fields of an item, as opposed to the item."""


def _identifies(value: Any) -> bool:
    """Whether a value may be an identifier: a text, or a number."""
    return value != "" and isinstance(value, str | int | float) and not isinstance(value, bool)
