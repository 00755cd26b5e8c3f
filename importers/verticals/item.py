"""What every kind of item has: its names on the wire, whether a file comes with it, and how it is saved."""

from typing import ClassVar

from importers.arrival import Arrival, Saved
from importers.wire import Shape


class Item(Shape):
    """One kind of item. Its fields are its shape on the wire; `types` are its `@type`s in both generations."""

    types: ClassVar[tuple[str, ...]]
    has_file: ClassVar[bool] = False

    def save(self, arrival: Arrival) -> Saved:
        """Makes or finds the record; runs in the transaction that has locked the person's row."""
        raise NotImplementedError
