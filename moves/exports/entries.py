"""What an archiver hands its entries to: a spool, or whoever only wants to know them."""

from collections.abc import Iterable
from typing import Any, Protocol

from importers.documents.document import StoredBytes


class Entries(Protocol):
    """Takes entries in the order in which they stand in the archives."""

    @property
    def part_files_size(self) -> int:
        """Bytes of the files in the part that is being filled."""

    @property
    def parts_count(self) -> int:
        """How many parts have ended."""

    def add_document(self, name: bytes, modified: int, body: bytes) -> None:
        """An entry with these bytes."""

    def add_pieces(self, name: bytes, modified: int, pieces: Iterable[bytes]) -> int:
        """An entry with the bytes of all pieces. Returns its size."""

    def add_content(self, name: bytes, modified: int, stored: StoredBytes) -> None:
        """An entry with stored bytes, which stay where they are."""

    def omit(self, name: bytes, size: int, sha256: str) -> None:
        """An entry that an earlier export carries."""

    def hold(self, name: bytes, modified: int) -> Any:
        """Keeps the last place of the first part for an entry that comes when all others are there. Ends the part."""

    def end_part(self) -> None:
        """Goes on to the next part."""

    def add_held(self, held: Any, before: bytes, after: bytes) -> None:
        """The entry that was held."""

    def add_needed(self, contents: Iterable[int]) -> None:
        """The numbers of all content that must stay, in order."""
