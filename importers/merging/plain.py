"""Kinds of records without bytes, made and merged by their columns alone."""

from typing import Any, cast

from accounts.texts import kept_text
from importers.documents.arriving import ArrivingDocument
from importers.documents.kind import RecordKind
from importers.documents.values import Unreadable, identifier
from importers.items.item import Item
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft, record_columns, todays_columns
from importers.merging.records import RecordImporter
from importers.merging.revisions import revisions_of
from importers.models import Container, Record
from importers.statements import insert_all

NO_RECORD = kept_text("It does not say which record it is.")


class PlainImporter(RecordImporter):
    """A kind whose documents say everything of their records, which no bytes follow."""

    def __init__(self, kind: RecordKind, vertical: str, items: tuple[type[Item], ...] = ()) -> None:
        self.model = kind.model
        self.items = items
        self.columns = kind.columns
        self.vertical = vertical
        self._references = {name: _container(kind.model, name) for name in kind.references}

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        facts = document.facts
        if facts is None or facts.get("kind") != self.kind:
            raise Unreadable(NO_RECORD)
        # Where the document says something for other programs in another way, `metadata.wharf` has the record's own.
        beside = {name: document.body[name] for name in self.columns if name in document.body and name not in facts}
        columns = record_columns(context.transfers, self.model, self.columns, facts | beside)
        columns, former = self.said_today(columns)
        references = {}
        for name in self._references:
            columns[f"{name}_id"] = None
            if (named := document.body.get(f"{name}_id")) is not None:
                references[name] = identifier(named, f"{name}_id")
        revisions = revisions_of(context.transfers, facts)
        return [RecordDraft(document, self.id_of(document), columns, revisions, references, former=former)]

    def id_of(self, document: ArrivingDocument) -> str:
        """Returns the id of the record that one of our own documents becomes. Raises `Unreadable`."""
        return identifier(document.id)

    def said_today(self, columns: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
        """Returns what the document says of an item, read as it would be today, and its former identities."""
        return todays_columns(self.items, columns)

    def create(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        """Makes them without asking for their keys: nothing belongs to these records."""
        owner = context.owner.pk
        insert_all(self.model, [draft.columns | {"owner_id": owner, "doc_id": draft.doc_id} for draft in drafts])
        self.created(context, drafts)

    def refer(self, context: MergeContext, drafts: list[RecordDraft]) -> list[RecordDraft]:
        for name, model in self._references.items():
            named = {draft.references[name] for draft in drafts if name in draft.references}
            rows = context.ids.containers(model, named)
            drafts = [
                draft.but({f"{name}_id": rows[draft.references[name]]}) if name in draft.references else draft
                for draft in drafts
            ]
        return drafts


def _container(model: type[Record], reference: str) -> type[Container]:
    """Returns the model that a foreign key of a record points to."""
    related = model._meta.get_field(reference).related_model
    return cast(type[Container], related)
