"""Contacts as files of vCards: 4.0, and 3.0, which phones and older programs read."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import strict_json
from importers.documents.snapshot import Snapshot
from importers.formats.content_lines import folded
from importers.formats.format import Format
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.cozy import group_ids
from importers.verticals.contacts.cozy_card import card_of_document
from importers.verticals.contacts.documents import card_of
from importers.verticals.contacts.models import Contact, ContactGroup
from importers.verticals.contacts.writing import VCardVersion


def contacts(version: str, file: str, snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of the one file that all contacts are in, if there are any."""
    if snapshot.of(Contact, owner_id=snapshot.owner.pk, trashed_at=None).exists():
        yield file, _cards(VCardVersion(version), snapshot)


def _cards(version: VCardVersion, snapshot: Snapshot) -> Iterator[bytes]:
    groups = dict(snapshot.of(ContactGroup).values_list("doc_id", "name"))
    narrowed: dict[str, Any] = {"owner_id": snapshot.owner.pk, "trashed_at": None}
    for doc_id, name, payload in snapshot.rows(Contact, ("doc_id", "name", "payload"), **narrowed):
        card = _card(payload, groups)
        if card.lines:  # else nobody can read it; its document has it
            yield folded(version.lines(card, doc_id, name))


def _card(payload: str, groups: dict[str, str]) -> Card:
    if (card := card_of(payload)) is not None:
        return card
    try:
        body = strict_json.loads(payload)
    except (ValueError, RecursionError):
        return Card(payload)
    if not isinstance(body, dict) or "@type" in body:
        return Card(payload)
    return card_of_document(body, filter(None, (groups.get(one) for one in group_ids(body))))


VCARD_4 = Format(
    "vcf",
    "text/vcard",
    "Contacts",
    partial(contacts, "4.0", "Contacts.vcf"),
    "vCard 4.0",
    _("For address books; one file with all contacts."),
)
VCARD_3 = Format(
    "vcf3",
    "text/vcard",
    "Contacts",
    partial(contacts, "3.0", "Contacts for phones (vCard 3.0).vcf"),
    "vCard 3.0",
    _("For phones, and programs that can’t read 4.0."),
)
