"""Contacts and their groups in archives, as a Cozy has them."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import strict_json
from accounts.texts import kept_text
from importers.digests import digest
from importers.documents.arriving import ArrivingDocument
from importers.documents.columns import zip_json
from importers.documents.cozy import MOST_COZYS_OWN, with_all_of_cozys
from importers.documents.document import ExportDocument
from importers.documents.kind import RecordKind, record_rows
from importers.documents.snapshot import Snapshot
from importers.documents.values import THE_ID, record_id, stands_for, text
from importers.items.wire import kept_item
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.merging.foreign import foreign_columns
from importers.merging.origin import COZY
from importers.merging.plain import PlainImporter
from importers.text import keepable
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.cozy import CONTACTS, GROUPS, body_of, columns_of_document
from importers.verticals.contacts.items import ContactsItem
from importers.verticals.contacts.models import CardList, Contact, ContactGroup
from importers.verticals.contacts.saving import TEXT

PATH = "contacts"
CARD_COLUMNS = ("uid", "name", "organization", "telephones", "emails", "addresses", "birthday", "groups", "unread")


def card_of(payload: str) -> Card | None:
    """Returns the card that a record was made of; None where it was another server's document."""
    if '"@type"' not in payload:
        return None
    item = kept_item(payload)
    said = item.get(TEXT) if item else None
    return Card.read(said) if isinstance(said, str) else None


class ContactKind(RecordKind):
    """What a contact says stands in its document in a Cozy's words; ours are where only this product looks."""

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        for record in record_rows(snapshot, self.name, self.model, self.columns):
            columns = dict(zip(self.columns, record.columns, strict=True))
            payload = record.facts["payload"]
            facts = record.facts | zip_json(self.columns, record.columns)
            doc_id = _id_there(record.doc_id, payload)
            body: dict[str, Any] = {"_id": doc_id, "metadata": {"wharf": facts}}
            card = card_of(payload)
            body = body_of(card) | body if card else with_all_of_cozys(body, payload)
            if columns["name"] and body.keys() == {"_id", "metadata"}:  # too large to be looked into
                body["fullname"] = columns["name"]
            yield ExportDocument(self.doctype, doc_id, body)

    def foreign_columns(self, payload: str) -> dict[str, Any]:
        said = _parsed(payload) if payload else None
        return columns_of_document(said) if isinstance(said, dict) and "_id" in said and "@type" not in said else {}


def _id_there(doc_id: str, payload: str) -> str:
    """Returns the id that a document of another server had, where a record can't have it: it is named by that there."""
    if f'"{doc_id}"' in payload or '"@type"' in payload:
        return doc_id
    said = _parsed(payload)
    named = said.get("_id") if isinstance(said, dict) else None
    return named if isinstance(named, str) and stands_for(named) == doc_id else doc_id


class GroupKind(RecordKind):
    """A group, with all that a Cozy has said of it."""

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        for group in super().documents(snapshot):
            facts = group.body["metadata"]["wharf"]
            facts |= {name: group.body[name] for name in self.columns}
            body = {
                "_id": group.id,
                "name": group.body["name"] or group.body["identifier"],
                "metadata": {"wharf": facts},
            }
            yield ExportDocument(group.doctype, group.id, with_all_of_cozys(body, facts["payload"]))


GROUP_RECORDS = GroupKind(
    ContactGroup,
    GROUPS,
    ("identifier", "name", "arrived_at"),
    heading="name",
    all_words=_("all groups of contacts"),
    no_words=_("no groups of contacts"),
    missing=kept_text("The archive has contacts of this group, but not the group: it is named %(name)s."),
    address="groups",
    by_name=True,
    searched=("name",),
    search_number=11,
)
LISTS = RecordKind(
    CardList,
    CONTACTS,
    (),
    all_words=_("all lists of contacts that are still being read"),
    no_words=_("no lists of contacts that are still being read"),
    address="being-read",
)
CONTACT_RECORDS = ContactKind(
    Contact,
    CONTACTS,
    CARD_COLUMNS,
    heading="name",
    all_words=_("all contacts"),
    no_words=_("no contacts"),
    address="people",
    by_name=True,
    searched=("name", "organization", "telephones", "emails", "addresses", "groups", "unread"),
    search_number=12,
)


class ContactImporter(PlainImporter):
    """Contacts, ours or a Cozy's. One of ours that somebody has changed on a Cozy is the Cozy's."""

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        if document.kind == self.kind and not _was_changed_there(context, document):
            return super().read(context, document)
        columns = foreign_columns(
            context, document, digest(CONTACTS, document.id), trashed=document.body.get("trashed") is True
        )
        columns |= columns_of_document(document.body)
        return [RecordDraft(document, record_id(document.id), columns, foreign=True)]

    def said_today(self, columns: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
        """What a Cozy has said is read as it would be today, too."""
        said, former = super().said_today(columns)
        return said | CONTACT_RECORDS.foreign_columns(said["payload"]), former

    def id_of(self, document: ArrivingDocument) -> str:
        """One that a Cozy's document has may have a slash."""
        return record_id(document.id)


class GroupImporter(PlainImporter):
    """Groups, ours or a Cozy's."""

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        if document.kind == self.kind and not _was_renamed_there(context, document):
            return super().read(context, document)
        name = document.body.get("name")
        columns = foreign_columns(
            context, document, digest(GROUPS, document.id), trashed=document.body.get("trashed") is True
        )
        columns |= {
            "identifier": text(document.id, THE_ID),
            "name": keepable(name) if isinstance(name, str) else "",
            "arrived_at": context.now,
        }
        return [RecordDraft(document, record_id(document.id), columns, foreign=True)]


def _was_changed_there(context: MergeContext, document: ArrivingDocument) -> bool:
    """Whether a Cozy says something else now than what this product had written for it."""
    payload = (document.facts or {}).get("payload")
    if context.origin.product != COZY or not isinstance(payload, str):
        return False
    card = card_of(payload)
    if card is None:
        return len(payload) <= MOST_COZYS_OWN and _differs(document.body, _parsed(payload))
    ours = body_of(card)
    return any(document.body.get(name) != value for name, value in ours.items() if name != "displayName")


def _was_renamed_there(context: MergeContext, document: ArrivingDocument) -> bool:
    facts = document.facts or {}
    named = (facts.get("name") or facts.get("identifier"), document.body.get("name"))
    return context.origin.product == COZY and named[0] != named[1]


def _differs(body: dict[str, Any], before: Any) -> bool:
    """Whether two states of a Cozy's contact say something else; what it writes by itself is no part of that."""
    own = ("_rev", "metadata", "cozyMetadata", "indexes", "displayName", "_type", "updated_at", "created_at")
    known = before if isinstance(before, dict) else {}
    return any(body.get(name) != known.get(name) for name in {*body, *known} if name not in own)


def _parsed(payload: str) -> Any:
    try:
        return strict_json.loads(payload)
    except (ValueError, RecursionError):
        return None


GROUP_IMPORTER = GroupImporter(GROUP_RECORDS, PATH)
CONTACT_IMPORTER = ContactImporter(CONTACT_RECORDS, PATH, (ContactsItem,))
