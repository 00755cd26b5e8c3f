"""What records look like when they leave: one document each, and what it takes to make records of documents again.

Each vertical says in its own module how its rows become documents. What all records have in common stands here. In a
document, everything that only this product knows is inside `metadata.wharf`: a Cozy keeps `metadata` whole, and drops
what it doesn't know beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from importers.documents.columns import FACTS, as_json, zip_json
from importers.documents.document import ExportDocument
from importers.documents.snapshot import Beside, Snapshot
from importers.models import Record


@dataclass(frozen=True)
class RecordKind:
    """One kind of record: its doctype, and its own columns, which have the same names in the document.

    `references` are columns that point to another record; in the document, `calendar_id` is the id of its document.
    `heading`: the column that a list shows first; `at`: by which it is sorted. `missing`: for a container that others
    named and that never came, a sentence with {} for what it is called by. `marked`: the column that is true of those
    that a list of files names all the same, such as favourites.
    """

    model: type[Record]
    doctype: str
    columns: tuple[str, ...]
    references: tuple[str, ...] = ()
    heading: str = ""
    at: str = "received_at"
    missing: str = ""
    marked: str = ""

    @property
    def name(self) -> str:
        """What `metadata.wharf.kind` says, and a `Revision`."""
        return str(self.model._meta.model_name)

    @property
    def words(self) -> tuple[str, str]:
        """What people call one record of this kind, and several."""
        meta = self.model._meta
        return str(meta.verbose_name), str(meta.verbose_name_plural)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        """A document per record, in the order of their ids."""
        own, references = self.columns, tuple(f"{name}_id" for name in self.references)
        paths = [f"{name}__doc_id" for name in self.references]
        for record in record_rows(snapshot, self.name, self.model, (*own, *paths)):
            body: dict[str, Any] = {"_id": record.doc_id}
            body |= zip_json(own + references, record.columns)
            body["metadata"] = {"wharf": record.facts}
            yield ExportDocument(self.doctype, record.doc_id, body)


@dataclass(frozen=True)
class RecordRow:
    """A record that leaves: its id, its `facts` for `metadata.wharf`, and the columns that were asked for."""

    doc_id: str
    facts: dict[str, Any]
    columns: tuple[Any, ...] = field(repr=False)


def record_rows(snapshot: Snapshot, kind: str, model: type[Record], columns: tuple[str, ...]) -> Iterator[RecordRow]:
    """Every record of a kind, in the order of their ids, with what it said before."""
    revisions = Beside(snapshot.revisions(kind))
    names = ("doc_id", "transfer_id", *FACTS, *columns)
    for doc_id, transfer, identity, payload, received, changed, trashed, *rest in snapshot.rows(model, names):
        facts = {
            "kind": kind,
            "identity": identity,
            "payload": payload,
            "received_at": received.isoformat(),
            "changed_at": changed.isoformat(),
            "trashed_at": trashed and trashed.isoformat(),
            "transfer": snapshot.transfer(transfer),
        }
        if earlier := revisions.of(doc_id):
            facts["revisions"] = [
                {"payload": text, "replaced_at": as_json(at), "transfer": snapshot.transfer(by)}
                for _, text, at, by in earlier
            ]
        yield RecordRow(doc_id, facts, tuple(rest))
