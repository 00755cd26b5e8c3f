"""What a document says of one record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from importers.documents.arriving import ArrivingDocument
from importers.documents.columns import FACTS, columns_of
from importers.errors import Refusal
from importers.items.arrival import WholeItem
from importers.items.item import Item
from importers.items.wire import item_name, judge, kept_item
from importers.merging.transfers import MergeTransfers
from importers.models import Record, Rereading
from importers.models.record import READING


@dataclass(eq=False)
class RecordDraft:
    """One record as a document says it was: its id, its columns, and what it said before.

    `revisions`: payload, when it was replaced, and by which transfer. `references`: ids of containers by column.
    `entries`: albums by their ids, each with the item that said so. `path`: of its folder. `foreign`: the document was
    not ours, and so `payload`. `former`: other identities that it may have here, each with the `READING` before which
    it may. `called`: the name in its folder.

    A draft is not edited; `but` returns another one.
    """

    document: ArrivingDocument
    doc_id: str
    columns: dict[str, Any]
    revisions: list[tuple[str, datetime, int]] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    entries: list[tuple[str | None, str]] = field(default_factory=list)
    path: str = ""
    foreign: bool = False
    former: Mapping[str, int] = field(default_factory=dict)
    called: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """What identifies it at its source."""
        return self.columns["source_id"], self.columns["identity"]

    @property
    def is_placeholder(self) -> bool:
        """Whether it is a container that others named where the archive comes from, and that had not come there."""
        return "arrived_at" in self.columns and self.columns["arrived_at"] is None

    def but(self, columns: dict[str, Any]) -> "RecordDraft":
        """Returns the same record, of which these columns say something else."""
        return replace(self, columns=self.columns | columns)


def record_columns(
    transfers: MergeTransfers, model: type[Record], names: tuple[str, ...], facts: dict[str, Any]
) -> dict[str, Any]:
    """Returns the columns that every record has, and these of its own, from `metadata.wharf` and what stands beside it.

    Raises `Unreadable`.
    """
    source, transfer = transfers.named(facts.get("transfer"))
    found = columns_of(model, (*FACTS, *names), facts)
    found["source_id"], found["transfer_id"] = source, transfer
    return found


class SaidToday(NamedTuple):
    """What identifies the item of a document today, and the identities that former versions gave it."""

    item: Item
    identity: str
    former: dict[str, int]


def said_today(kinds: Iterable[type[Item]], columns: dict[str, Any], sha256: str = "") -> SaidToday | None:
    """Returns what the columns of a document say of its item; None where it was made of another server's document, of
    nothing, or of an item that would be kept today.

    `kinds`: those of items that become such records. `sha256`: of its file.
    """
    kinds = tuple(kinds)
    json = kept_item(columns["payload"], any_object=any(kind.is_any_object for kind in kinds))
    name = item_name(json) if json is not None else ""
    kind = next((kind for kind in kinds if name in kind.types or not kind.types), None)
    item = judge(kind, json) if json is not None and kind else None
    if item is None:
        return None
    try:
        whole = WholeItem(columns.get("vertical", ""), columns["payload"], sha256)
        identity = item.identity_anew(whole, columns["identity"])
        return SaidToday(item, identity, item.former_identities(whole))
    except Refusal:  # it is nested too deep to be compared
        return None


def todays_columns(
    kinds: Iterable[type[Item]], columns: dict[str, Any], sha256: str = ""
) -> tuple[dict[str, Any], dict[str, int]]:
    """Returns the columns of a document with what its item says today, whatever version has written it: what identifies
    it, and what its columns are. And the identities that former versions gave it, each with the `READING` that ended
    that, as long as records may have them.

    `kinds` and `sha256` as for `said_today`.
    """
    said = said_today(kinds, columns, sha256)
    if said is None:
        return columns, {}
    former = {} if Rereading.is_through() else {columns["identity"]: READING} | said.former
    former.pop(said.identity, None)
    today = {name: value for name, value in said.item.columns_anew(columns).items() if name in columns}
    return columns | today | {"identity": said.identity}, former
