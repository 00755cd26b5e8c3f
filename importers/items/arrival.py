"""An item that has arrived whole and is about to be saved."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from accounts.models import User
from importers.models import Content, Source, Transfer
from importers.statements import StatementBatch


class ItemStatus(StrEnum):
    """What became of an item: the second word of every 201."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # whole, although its type is not known


@dataclass(frozen=True)
class ItemAnswer:
    """The record an item became, by its `doc_id`, and what that changed."""

    doc_id: str
    status: ItemStatus


@dataclass
class IncomingItem:
    """One item inside the transaction that saves it.

    `payload` is its JSON as it came, `item` the same, parsed and out of its envelope. `content` and `mime` are of its
    file, if it has one. `new_json_bytes` grows by what is newly kept of JSON. `batch`: what is told to the database at
    the end of the transaction.
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
