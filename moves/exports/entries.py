"""What an archiver hands its entries to: a spool, or whoever only wants to know them."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from importers.documents.document import StoredBytes


class KeptBody(NamedTuple):
    """Bytes that are in the spool before their entry is anywhere: where, how many, and what they sum up to."""

    at: int
    size: int
    crc32: int
    sha256: str


class Entries(Protocol):
    """Takes entries in the order in which they stand in the archives."""

    @property
    def for_people(self) -> bool:
        """Whether it wants what is for people only, too, and is made of the same records."""

    @property
    def part_files_size(self) -> int:
        """Bytes of the files in the part that is being filled."""

    @property
    def parts_count(self) -> int:
        """How many parts have ended."""

    def add_document(self, name: bytes, modified: int, body: bytes) -> None:
        """An entry with these bytes."""

    def keep(self, body: bytes) -> KeptBody:
        """Keeps the bytes of an entry that comes later."""

    def add_kept(self, name: bytes, modified: int, kept: KeptBody) -> None:
        """An entry with bytes that were kept."""

    def add_pieces(self, name: bytes, modified: int, pieces: Iterable[bytes]) -> int:
        """An entry with the bytes of all pieces. Returns its size."""

    def add_content(self, name: bytes, modified: int, stored: StoredBytes) -> None:
        """An entry with stored bytes, which stay where they are."""

    def add_copy(self, name: bytes, modified: int, stored: StoredBytes) -> None:
        """An entry with stored bytes that belongs to no document: for people, who have the same bytes elsewhere."""

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
