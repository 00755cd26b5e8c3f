"""What every kind of item has: its names on the wire, whether a file comes with it, and how it is saved."""

from typing import Any, ClassVar

from importers.items.arrival import IncomingItem, ItemAnswer
from importers.items.wire import Shape


class Item(Shape):
    """One kind of item. Its fields are its shape on the wire; `types` are its `@type`s in both generations."""

    types: ClassVar[tuple[str, ...]]
    has_file: ClassVar[bool] = False

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        """Makes or finds the record; runs in the transaction that has locked the person's row."""
        raise NotImplementedError

    def columns(self) -> dict[str, Any]:
        """Returns those columns of its record that its JSON alone says; so they can be read from a payload again."""
        return {}
