"""What every kind of item has: its names on the wire, whether a file comes with it, and how it is saved."""

from typing import Any, ClassVar, Self

from importers.digests import digest
from importers.items.arrival import IncomingItem, ItemAnswer, WholeItem
from importers.items.wire import Identifier, Shape, as_it_came
from importers.models import Record
from importers.models.record import AS_IT_CAME, EVERY_MEMBER

WHOLE = ""  # in `identified_by`: all that it says, but for its `@type`s
FILE = "file"  # in `identified_by`: the bytes of its file


class Item(Shape):
    """One kind of item. Its fields are its shape on the wire; `types` are its `@type`s in both generations (none: any
    that no other kind has), `model` is what it becomes. `has_file`: it comes with a file; `takes_file`: it may.
    `is_any_object`: it needs no `@type`. `has_file_in_json`: its file stands in its JSON (see `Vertical.file_in_json`).
    `identified_by`: what tells one from others, by the names of its fields: the first of these alternatives of which it
    has something counts. `examples`: items as they stand on the wire.

    `identity` and `columns` follow from the item alone, so that a record which stands can be read again as items are
    read today (importers/rereading), and so can what an archive says.
    """

    types: ClassVar[tuple[str, ...]]
    model: ClassVar[type[Record]]
    has_file: ClassVar[bool] = False
    takes_file: ClassVar[bool] = False
    is_any_object: ClassVar[bool] = False
    has_file_in_json: ClassVar[bool] = False
    identified_by: ClassVar[tuple[tuple[str, ...], ...]]
    examples: ClassVar[tuple[dict[str, Any], ...]]

    @classmethod
    def fits(cls, *, has_file: bool) -> bool:
        """Returns whether such an item may come with a file, or without one."""
        return cls.takes_file or cls.has_file == has_file

    def looking_into(self, begin: bytes, size: int) -> Self:
        """Returns the item with what its file says, of which these are the first bytes, of `size`: before anybody's row
        is locked. Only of files that stand in JSON."""
        return self

    def identity(self, whole: WholeItem) -> str:
        """Returns the digest of what identifies it at its source; empty where that depends on what came before it."""
        raise NotImplementedError

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        """Returns those that former versions of this program gave the same item, where they differ, each with the
        `READING` that ended that: since then another item may be identified so."""
        former = self.identity(whole.formerly)
        return {} if former == self.identity(whole) else {former: EVERY_MEMBER}

    def columns(self) -> dict[str, Any]:
        """Returns the columns that its JSON alone says."""
        raise NotImplementedError

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        """Makes or finds the record; runs in the transaction that has locked the person's row."""
        raise NotImplementedError

    # What was kept as it came becomes a record of this kind

    def standing(self, arrival: IncomingItem) -> Record | None:
        """Returns the record that the item means, if one is here."""
        named = {"source_id": arrival.source.pk, "identity": self.identity(arrival.whole)}
        found: Record | None = self.model._default_manager.filter(**named).first()
        return found

    def twin(self, arrival: IncomingItem, standing: Any, facts: dict[str, Any]) -> Record:
        """Returns a row that says what the item says, to be united with the record that it means, and saved only where
        others must point to it. `facts`: its id and times."""
        return self.model(
            owner_id=arrival.owner.pk,
            source_id=arrival.source.pk,
            transfer_id=arrival.transfer.pk,
            identity=standing.identity,
            payload=arrival.payload,
            **self.columns() | facts,
        )

    def keep_as_version(self, arrival: IncomingItem, standing: Any, kept: Any) -> bool:
        """Keeps both what the item is and what the record is, each in its time, where one row can't say both and be
        united. Returns whether it did. What came first gives the record its id and transfer."""
        return False

    # A record of this kind that stands is read again

    def identity_anew(self, whole: WholeItem, standing: str) -> str:
        """Returns what identifies a record that was made of this item, and is identified by `standing`."""
        return self.identity(whole) or standing

    def columns_anew(self, standing: dict[str, Any]) -> dict[str, Any]:
        """Returns what columns of a record say that was made of this item, and has these columns, among others."""
        return self.columns()


class IdentifiedItem(Item):
    """An item that carries its identifier."""

    identified_by: ClassVar = (("id",),)

    id: Identifier

    def identity(self, whole: WholeItem) -> str:
        return digest(as_it_came(self.id))

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        """What no column can hold was replaced before it identified something."""
        return {digest(self.id): AS_IT_CAME} if as_it_came(self.id) != self.id else {}


class ChangeableItem(Item):
    """An item whose record may rightly say something else, since other programs rename and move it without touching the
    item: only what is empty is filled when it is read again."""

    def columns_anew(self, standing: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in self.columns().items() if standing.get(name) in (None, "")}
