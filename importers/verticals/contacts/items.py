"""Cards on the wire: one or more in one item."""

from typing import Annotated, Any, ClassVar, Self, cast

from django.db import transaction
from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from accounts.texts import kept_text
from importers import waking
from importers.digests import digest
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.item import Item
from importers.models import Record
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.models import CardList, Contact
from importers.verticals.contacts.saving import count_others, save_cards
from importers.verticals.contacts.splitting import NOTHING, has_many, split

NO_CARD = kept_text("There is no card in it")

_NOTHING = "".join(f"\\u{ord(one):04x}" for one in NOTHING)
CARDS = WithJsonSchema(
    {
        "type": "string",
        "pattern": f"[^{_NOTHING}]",
        "description": "One or more vCards of the versions 2.1, 3.0 and 4.0.",
    }
)


class ContactsItem(Item):
    """Some cards, each of which becomes a contact. What identifies each is its UID; without one, all that it says."""

    # They are read here, before anybody's row is locked.
    types: ClassVar[tuple[str, ...]] = ("ContactsModelWrapper", "Contacts")
    model: ClassVar[type[Record]] = Contact
    identified_by: ClassVar = (("text",),)
    examples: ClassVar = (
        {
            "@type": "ContactsModelWrapper",
            "vCards": "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r\n"
            "FN:Ada Byron\r\nEND:VCARD\r\n",
        },
        {"@type": "Contacts", "vCards": "BEGIN:VCARD\nVERSION:3.0\nFN:Bo Ek\nN:Ek;Bo\nEND:VCARD\n"},
    )

    text: Annotated[str, CARDS] = Field(validation_alias="vCards", strict=True)
    _cards: tuple[Card, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, item: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Returns the item with its cards; one of more than are taken at once is another kind of item."""
        found = handler(item)
        if not found.text.strip(NOTHING):
            raise PydanticCustomError("missing", NO_CARD)
        if cls is not ContactsItem:
            return found
        if has_many(found.text):
            long: Self = cast(Any, LongContactsItem.model_validate(item))
            return long
        found._cards = tuple(map(Card.read, split(found.text)))
        return found

    def identity(self, whole: WholeItem) -> str:
        return self._cards[0].identity

    def columns(self) -> dict[str, Any]:
        return self._cards[0].columns()

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        saved = save_cards(arrival, self._cards)
        count_others(arrival, saved)
        return saved.answer


class LongContactsItem(ContactsItem):
    """More cards than are taken at once: kept whole, and read by a worker, since for so long nobody's row may be
    locked."""

    types: ClassVar = ()
    model: ClassVar = CardList

    def identity(self, whole: WholeItem) -> str:
        return digest("cards", whole.canonical)

    def columns(self) -> dict[str, Any]:
        return {}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        kept = records.save_once(CardList, arrival, self.identity(arrival.whole), {})[1]
        if kept.status is not ItemStatus.UNCHANGED:
            transaction.on_commit(waking.wake)
            return ItemAnswer(kept.doc_id, ItemStatus.KEPT)
        return kept
