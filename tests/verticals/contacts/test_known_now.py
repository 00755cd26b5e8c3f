"""Contacts and groups of a Cozy that were kept as documents, before this product knew them, become records."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from django.conf import LazySettings
from django.db import transaction

from importers import tasks
from importers.content import quota
from importers.documents.arriving import ArrivingDocument
from importers.maintenance.verification import verify_use
from importers.merging.context import MergeContext
from importers.models import Revision
from importers.verticals.contacts.models import Contact, ContactGroup
from moves.imports.placing.whole_documents import keep
from moves.models import Document
from tests.support.archives import COZY, bring
from tests.support.cozy_archives import document
from tests.support.cozy_contacts import CONTACTS, FRIENDS, GRACE, GROUPS
from tests.support.exporter import Person
from tests.support.former_rows import reread
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services

LONG_AGO = datetime(2024, 1, 2, tzinfo=UTC)


def kept_formerly(person: Person, doctype: str, doc_id: str, **body: Any) -> str:
    """A document of a Cozy, as the former version kept it. Returns its text."""
    text = document(doctype, doc_id, **body)[1].decode()
    context = MergeContext(person.row, COZY)
    with transaction.atomic():
        owner = quota.lock(person.row)
        context.begin()
        keep(context, [ArrivingDocument(doctype, doc_id, text, json.loads(text))])
        quota.charge(owner, context.new_bytes)
    Document.objects.update(received_at=LONG_AGO)
    return text


def test_they_keep_their_id_their_text_and_when_they_came(ada: Person, http: httpx.Client) -> None:
    group = kept_formerly(ada, GROUPS, "g1", **FRIENDS)
    text = kept_formerly(ada, CONTACTS, "c1", **GRACE)
    tasks.reread()
    assert not Document.objects.exists()
    contact, friends = Contact.objects.get(), ContactGroup.objects.get()
    assert (contact.doc_id, contact.payload, contact.received_at) == ("c1", text, LONG_AGO)
    assert (contact.name, contact.groups) == ("Grace Hopper", "g1")
    assert (friends.doc_id, friends.payload, friends.name) == ("g1", group, "Friends")
    assert list(verify_use(repair=False)) == []
    take_out = TakeOut.made(http, ada)
    assert [*take_out.documents(CONTACTS)] == ["c1"]  # once, and not as a document and as a contact


def test_what_they_said_before_stays(ada: Person) -> None:
    first = kept_formerly(ada, CONTACTS, "c1", _rev="1-a", **GRACE)
    other = kept_formerly(ada, CONTACTS, "c2", _rev="1-a", fullname="Ada")
    kept_formerly(ada, CONTACTS, "c1", _rev="2-b", **(GRACE | {"company": "Remington"}))
    kept_formerly(ada, "io.cozy.bills", "b1", _rev="1-a", vendor="Old")
    kept_formerly(ada, "io.cozy.bills", "b1", _rev="2-b", vendor="New")
    reread()
    assert Contact.objects.get(doc_id="c1").organization == "Remington"
    assert Contact.objects.get(doc_id="c2").payload == other
    said = Revision.objects.filter(kind="contact").values_list("doc_id", "payload")
    assert list(said) == [("c1", first)]
    assert Revision.objects.filter(kind="document").count() == 1
    assert list(verify_use(repair=False)) == []


def test_a_cozy_that_sends_them_again_changes_nothing(ada: Person) -> None:
    kept_formerly(ada, CONTACTS, "c1", **GRACE)
    reread()
    [placed] = bring(ada, [document(CONTACTS, "c1", **GRACE)])
    assert placed.outcome == "unchanged"
    assert Contact.objects.count() == 1


def test_what_nobody_can_read_stays_a_document_and_the_others_go_on(ada: Person, settings: LazySettings) -> None:
    grace = Person.create("grace")
    settings.WHARF_JSON_MOST_VALUES = 50
    kept_formerly(ada, CONTACTS, "many", fullname="More values than are read", phone=[{}] * 50)
    kept_formerly(ada, CONTACTS, "c1", fullname="Ada")
    kept_formerly(grace, CONTACTS, "c1", fullname="Grace")
    kept_formerly(ada, "com.example.things", "t1", name="of nobody's")
    said = reread()
    assert said == "3 records read, of which 2 say something else now.\n"
    assert {(one.owner_id, one.name) for one in Contact.objects.all()} == {(ada.row.pk, "Ada"), (grace.row.pk, "Grace")}
    assert {one.doctype for one in Document.objects.all()} == {CONTACTS, "com.example.things"}
    assert reread() == "0 records read, of which 0 say something else now.\n"


def test_what_a_process_of_the_former_version_keeps_meanwhile_is_found(ada: Person) -> None:
    reread()
    kept_formerly(ada, CONTACTS, "c1", **GRACE)
    reread()
    assert Contact.objects.get().doc_id == "c1"


def test_a_full_quota_is_no_reason_to_leave_them(ada: Person) -> None:
    kept_formerly(ada, CONTACTS, "c1", **GRACE)
    ada.set_quota(ada.used)
    reread()
    assert Contact.objects.count() == 1
    assert ada.used == ada.row.quota_bytes
