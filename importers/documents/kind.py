"""What records look like when they leave: one document each, and what it takes to make records of documents again.

Each vertical says in its own module how its rows become documents. What all records have in common stands here. In a
document, everything that only this product knows is inside `metadata.wharf`: a Cozy keeps `metadata` whole, and drops
what it doesn't know beside it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from accounts.texts import Text
from importers.documents.columns import FACTS, as_json, zip_json
from importers.documents.document import ExportDocument
from importers.documents.snapshot import Beside, Column, Snapshot
from importers.models import Record


@dataclass(frozen=True)
class RecordKind:
    """One kind of record: its doctype, and its own columns, which have the same names in the document.

    `references` are columns that point to another record; in the document, `calendar_id` is the id of its document.
    `heading`: the column that a list shows first; `at`: by which it is sorted, `at_else`: by which where
    that says nothing. `all_words` and `no_words`: what people call all of its records, and none of them ("no photos"),
    which other languages do not say alike of every kind. `missing`: for a container that others named and that never
    came, a sentence (`kept_text`) with %(name)s for what it is called by. `marked`: the column that is true of those
    that a list of files names all the same, such as favourites. `address`: what its list is called in addresses, for
    ever; empty for its name. `by_name`: whether a list may be sorted by `heading`, for which there is an index, and
    `by_size` by `size`. `searched`: the columns that a search looks into; none of a kind that is not found.
    `searched_with`: lookups of what `texts` needs besides; `searched_within`: references to what it is in, each with
    the column there of which `completed` takes something, and the condition of rows that lack it.
    `search_number`: which one of all kinds it is in the index of searches, from 1 to 63, for ever.
    """

    model: type[Record]
    doctype: str
    columns: tuple[str, ...]
    references: tuple[str, ...] = ()
    heading: str = ""
    at: str = "received_at"
    at_else: str = ""
    all_words: Text = ""
    no_words: Text = ""
    missing: str = ""
    marked: str = ""
    address: str = ""
    by_name: bool = False
    by_size: bool = False
    searched: tuple[str, ...] = ()
    searched_with: tuple[str, ...] = ()
    searched_within: tuple[tuple[str, str, str], ...] = ()
    search_number: int = 0

    @property
    def name(self) -> str:
        """What `metadata.wharf.kind` says, and a `Revision`."""
        return str(self.model._meta.model_name)

    @property
    def words(self) -> tuple[Text, Text]:
        """What people call one record of this kind, and several."""
        meta = self.model._meta
        return meta.verbose_name or "", meta.verbose_name_plural or ""

    def texts(self, record: Any) -> Iterator[str]:
        """Yields what is searched of a record, a column each. A worker asks; it may read stored bytes for it."""
        for name in self.searched:
            yield getattr(record, name) or ""

    def completed(self, rows: Iterable[Any]) -> Iterable[Any]:
        """Returns these rows, a few hundred at most, with what `texts` finds elsewhere than in their own columns."""
        return rows

    def foreign_columns(self, payload: str) -> dict[str, Any]:
        """Returns what columns of a record say that was made of another server's document, as it is read today; nothing
        where the payload is none, or says nothing that is not in its own columns."""
        return {}

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        """A document per record, in the order of their ids."""
        names = self.columns + tuple(f"{name}_id" for name in self.references)
        own, paths = snapshot.for_json(self.model, self.columns), [f"{name}__doc_id" for name in self.references]
        for record in record_rows(snapshot, self.name, self.model, (*own, *paths)):
            body: dict[str, Any] = {"_id": record.doc_id}
            body |= zip_json(names, record.columns)
            body["metadata"] = {"wharf": record.facts}
            yield ExportDocument(self.doctype, record.doc_id, body)


@dataclass(frozen=True)
class RecordRow:
    """A record that leaves: its id, its `facts` for `metadata.wharf`, and the columns that were asked for."""

    doc_id: str
    facts: dict[str, Any]
    columns: tuple[Any, ...] = field(repr=False)


def record_rows(snapshot: Snapshot, kind: str, model: type[Record], columns: tuple[Column, ...]) -> Iterator[RecordRow]:
    """Every record of a kind, in the order of their ids, with what it said before."""
    if not snapshot.has(model):
        return
    revisions = Beside(snapshot.revisions(kind))
    names = ("doc_id", "transfer_id", *snapshot.for_json(model, FACTS), *columns)
    for doc_id, transfer, identity, payload, received, changed, trashed, *rest in snapshot.rows(model, names):
        facts = {
            "kind": kind,
            "identity": identity,
            "payload": payload,
            "received_at": as_json(received),
            "changed_at": as_json(changed),
            "trashed_at": as_json(trashed),
            "transfer": snapshot.transfer(transfer),
        }
        if earlier := revisions.of(doc_id):
            facts["revisions"] = [
                {"payload": text, "replaced_at": as_json(at), "transfer": snapshot.transfer(by)}
                for _, text, at, by in earlier
            ]
        yield RecordRow(doc_id, facts, tuple(rest))
