"""What a document says of one record."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from importers.documents.arriving import ArrivingDocument


@dataclass(eq=False)
class RecordDraft:
    """One record as a document says it was: its id, its columns, and what it said before.

    `revisions`: payload, when it was replaced, and by which transfer. `references`: ids of containers by column.
    `entries`: albums by their ids, each with the item that said so. `path`: of its folder. `foreign`: the document was
    not ours, and so `payload`.
    """

    document: ArrivingDocument
    doc_id: str
    columns: dict[str, Any]
    revisions: list[tuple[str, datetime, int]] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    entries: list[tuple[str | None, str]] = field(default_factory=list)
    path: str = ""
    foreign: bool = False

    @property
    def key(self) -> tuple[int, str]:
        return self.columns["source_id"], self.columns["identity"]
