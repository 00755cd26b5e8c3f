"""An item that has arrived whole and is about to be saved."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from accounts.models import User
from importers.items.wire import canonical, canonical_object, formerly_spelled
from importers.models import Content, Source, Transfer
from importers.statements import StatementBatch


class ItemStatus(StrEnum):
    """What became of an item: the second word of every 201."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # whole, although its type is not known, or it can't be told from others


@dataclass(frozen=True)
class ItemAnswer:
    """The record an item became, by its `doc_id`, and what that changed. `is_thrown_away`: nothing, since its person
    has thrown it away."""

    doc_id: str
    status: ItemStatus
    is_thrown_away: bool = False


@dataclass(frozen=True)
class WholeItem:
    """All that may identify an item at its source: the path below /import that it was sent to, its JSON as it came, and
    the SHA-256 of its file, in hex, empty where it has none."""

    vertical: str
    payload: str
    sha256: str = ""

    @cached_property
    def canonical(self) -> str:
        """The same for all payloads that hold the same item."""
        return canonical(self.payload)

    @cached_property
    def canonical_object(self) -> str:
        """The same of any JSON object, whose nested types may tell it from others."""
        return canonical_object(self.payload)

    @property
    def formerly(self) -> "WholeItem":
        """The same as it identified an item before `READING` 3."""
        return FormerWholeItem(self.vertical, self.payload, self.sha256, today=self)


@dataclass(frozen=True, kw_only=True)
class FormerWholeItem(WholeItem):
    """As it was when only the last of a name counted that an object says twice."""

    today: WholeItem

    @cached_property
    def canonical(self) -> str:
        return formerly_spelled(self.today.canonical)

    @cached_property
    def canonical_object(self) -> str:
        return formerly_spelled(self.today.canonical_object)


@dataclass
class IncomingItem:
    """One item inside the transaction that saves it.

    `payload` is its JSON as it came, `item` the same, parsed and out of its envelope. `content` and `mime` are of its
    file, if it has one. `new_json_bytes` grows by what is newly kept of JSON. `batch`: what is told to the database at
    the end of the transaction. `former_identities`: what former versions of this program identified it by (see `Item`).
    """

    owner: User
    transfer: Transfer
    vertical: str
    payload: str
    item: dict[str, Any]
    batch: StatementBatch
    content: Content | None = None
    mime: str = ""
    new_json_bytes: int = field(default=0)
    former_identities: dict[str, int] = field(default_factory=dict)

    @cached_property
    def whole(self) -> WholeItem:
        """What may identify it. To be asked when its content is there."""
        return WholeItem(self.vertical, self.payload, self.content.sha256 if self.content else "")

    @property
    def source(self) -> Source:
        return self.transfer.source

    @property
    def file(self) -> Content:
        """The content of an item that can't be without; the caller has seen to it that it is there."""
        if self.content is None:
            raise ValueError("this item came without its file")
        return self.content

    def keep_json(self) -> str:
        """The payload, counted as newly kept."""
        self.new_json_bytes += len(self.payload.encode())
        return self.payload
