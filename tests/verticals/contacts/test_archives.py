"""Contacts leave in archives as a Cozy reads them, in standard files as well, and return as what they were."""

import json
from typing import Any

import httpx
import pytest

from importers.merging.origin import Origin
from importers.models import Revision
from importers.verticals.contacts.models import CardList, Contact, ContactGroup
from tests.support.archives import COZY, bring
from tests.support.cozy_archives import document
from tests.support.cozy_contacts import CONTACTS, FRIENDS, GRACE, GROUPS
from tests.support.exporter import Exporter, Person
from tests.support.former_rows import reread, upgrade
from tests.support.takeout import TakeOut, site_text
from tests.verticals.contacts.samples import ADA, CHARLES, card, cards, many, sent

pytestmark = pytest.mark.services


def records(person: Person) -> list[dict[str, Any]]:
    names = [field.attname for field in Contact._meta.concrete_fields]
    own = ("id", "owner_id", "source_id", "transfer_id")
    rows = Contact.objects.filter(owner=person.row).order_by("doc_id").values(*(n for n in names if n not in own))
    return list(rows)


def test_a_contact_leaves_as_a_cozy_has_it(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    sent(exporter, cards(ADA))
    [body] = TakeOut.made(http, ada).documents(CONTACTS).values()
    assert (body["fullname"], body["displayName"]) == ("Ada Lovelace", "Ada Lovelace")
    assert body["name"] == {"familyName": "Lovelace", "givenName": "Ada"}
    assert body["email"] == [{"address": "ada@example.org", "primary": True}]
    assert body["phone"] == [{"number": "+44 20 1234", "type": "home", "primary": True}]
    assert body["address"] == [
        {
            "street": "12 St James Square",
            "city": "London",
            "postcode": "SW1",
            "country": "UK",
            "formattedAddress": "12 St James Square, London, SW1, UK",
            "type": "home",
            "primary": True,
        }
    ]
    assert (body["company"], body["birthday"]) == ("Analytical Engines, Programs", "1815-12-10")
    assert json.loads(body["metadata"]["wharf"]["payload"])["vCards"] == ADA


def test_they_return_as_what_they_were(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    sent(exporter, cards(ADA + CHARLES + "no card\r\n"))
    sent(exporter, cards(ADA.replace("SW1", "SW2")))
    entries = TakeOut.made(http, ada).everything()
    grace = Person.create("grace")
    for origin in (Origin("source.example", "Wharf"), COZY):
        bring(grace, entries, origin)
        assert records(grace) == records(ada)
        assert Revision.objects.filter(owner=grace.row).count() == 1
    assert grace.used == ada.used


def test_a_contact_that_was_changed_on_a_cozy_is_what_it_says_there(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    sent(exporter, cards(ADA))
    [body] = TakeOut.made(http, ada).documents(CONTACTS).values()
    changed = body | {
        "phone": [{"number": "+44 1", "primary": True}],
        "cozyMetadata": {"updatedAt": "2026-11-25T00:00:00Z"},
        "updated_at": "2099-01-01T00:00:00Z",
    }
    grace = Person.create("grace")
    bring(grace, [document(CONTACTS, changed.pop("_id"), **changed)])
    found = Contact.objects.get(owner=grace.row)
    assert (found.name, found.telephones, found.doc_id) == ("Ada Lovelace", "+44 1", body["_id"])


def test_contacts_and_groups_of_a_cozy_come_in_as_contacts(http: httpx.Client, ada: Person) -> None:
    entries = [document(GROUPS, "g1", **FRIENDS), document(CONTACTS, "c1", **GRACE)]
    bring(ada, entries)
    found = Contact.objects.get()
    assert (found.doc_id, found.name, found.organization, found.groups) == ("c1", "Grace Hopper", "Navy", "g1")
    assert (found.emails, found.telephones) == ("grace@example.org (work)", "+1 555")
    assert (found.addresses, found.birthday) == ("1 Harbor, Arlington, US", "1906-12-09")
    assert ContactGroup.objects.get().name == "Friends"
    take_out = TakeOut.made(http, ada)
    [body], [group] = (take_out.documents(doctype).values() for doctype in (CONTACTS, GROUPS))
    assert {name: body[name] for name in GRACE} == GRACE
    assert (group["_id"], group["name"]) == ("g1", "Friends")
    grace = Person.create("grace")
    bring(grace, take_out.everything(), Origin("source.example", "Wharf"))
    assert records(grace) == records(ada)


ADDRESS = {
    "extendedAddress": {"building": "B", "floor": "3"},
    "number": "1",
    "street": "Harbor",
    "code": "22201",
    "city": "Arlington",
    "type": "work",
}


def test_all_parts_of_a_cozys_address_are_shown_also_of_contacts_that_stand(ada: Person, http: httpx.Client) -> None:
    bring(ada, [document(CONTACTS, "c1", **GRACE | {"address": [ADDRESS]})])
    said = "B, 3, 1 Harbor, Arlington, 22201 (work)"
    assert Contact.objects.get().addresses == said
    Contact.objects.update(addresses="Harbor, 1, Arlington (work)", reading=2)
    written_formerly = TakeOut.made(http, ada).everything()
    upgrade()
    reread()
    assert Contact.objects.get().addresses == said
    grace = Person.create("grace")
    bring(grace, written_formerly, Origin("source.example", "Wharf"))
    assert Contact.objects.get(owner=grace.row).addresses == said


def test_a_later_state_of_a_cozys_contact_keeps_the_former_one(ada: Person) -> None:
    first = document(CONTACTS, "c1", _rev="1-a", **GRACE)
    second = document(CONTACTS, "c1", _rev="2-b", **(GRACE | {"company": "Remington"}))
    bring(ada, [first])
    bring(ada, [second])
    assert Contact.objects.get().organization == "Remington"
    assert [one.payload for one in Revision.objects.all()] == [first[1].decode()]


def test_an_id_with_a_slash_stays_what_it_is(http: httpx.Client, ada: Person) -> None:
    myself = f"{CONTACTS}/myself"
    bring(ada, [document(CONTACTS, myself, me=True, fullname="Ada")])
    assert Contact.objects.get().name == "Ada"
    take_out = TakeOut.made(http, ada)
    assert take_out.documents(CONTACTS)[myself]["me"] is True
    grace = Person.create("grace")
    for origin in (Origin("source.example", "Wharf"), COZY):
        bring(grace, take_out.everything(), origin)
        assert records(grace) == records(ada)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {
            "fullname": 7,
            "name": "x",
            "email": {},
            "phone": [1, {"number": None}],
            "address": "here",
            "relationships": [],
        },
        {"name": {"givenName": "Ada"}, "email": [{"address": "a@example.org"}]},
    ],
)
def test_a_cozys_contact_may_say_anything(http: httpx.Client, ada: Person, body: dict[str, Any]) -> None:
    bring(ada, [document(CONTACTS, "c1", **body)])
    assert Contact.objects.get().doc_id == "c1"
    [left] = TakeOut.made(http, ada).documents(CONTACTS).values()
    assert {name: left[name] for name in body} == body
    grace = Person.create("grace")
    bring(grace, [document(CONTACTS, left.pop("_id"), **left)])
    assert records(grace) == records(ada)


def test_what_is_still_being_read_travels_whole(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    sent(exporter, many(1_001))
    entries = TakeOut.made(http, ada).everything()
    grace = Person.create("grace")
    bring(grace, entries, Origin("source.example", "Wharf"))
    assert CardList.objects.get(owner=grace.row).payload == CardList.objects.get(owner=ada.row).payload
    from importers import tasks

    tasks.work_off()
    assert Contact.objects.filter(owner=grace.row).count() == 1_001


def test_the_page_of_an_archive_shows_contacts(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    sent(exporter, cards(ADA + card("FN:Grace", "not a line") + "junk"))
    page = site_text(TakeOut.made(http, ada).everything())
    for said in ("Ada Lovelace", "+44 20 1234 (home)", "1815-12-10", "not a line", "<pre>junk</pre>"):
        assert said in page
