"""The page of each record: all it says, where it came from, what it said before, and the item as it came."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from importers.models import Alias, Revision
from importers.pages.kinds import RecordPages, all_pages
from importers.verticals.calendar.models import CalendarEvent
from importers.verticals.notes.models import Note
from tests.support import rows

MOST_QUERIES = 15
KINDS = [pytest.param(pages, id="-".join(pages.place)) for pages in all_pages()]


@pytest.fixture
def ada(client: Client, db: None) -> User:
    """Somebody with a record of every kind, who is logged in."""
    person = rows.everything("one")
    client.force_login(person)
    return person


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("pages", KINDS)
def test_every_record_has_a_page(client: Client, ada: User, pages: RecordPages) -> None:
    record: Any = pages.kind.model._default_manager.filter(owner=ada).first()
    with CaptureQueriesContext(connection) as queries:
        page = shown(client, pages.address(record))
    assert len(queries) < MOST_QUERIES
    assert "S one" in page  # the service
    assert f'href="{pages.list_address}?transfer={record.transfer_id}"' in page
    for reference in pages.kind.references:
        assert getattr(record, reference).doc_id in page
    if pages.has_content and record.content:
        assert f'href="/content/{record.content.sha256}?doc={record.doc_id}"' in page
    if record.payload and "seed" in record.payload:
        assert '<span class="quiet"><bdi>seed</bdi></span> <bdi>one</bdi>' in page
    assert "style=" not in page and "<script>" not in page


@pytest.mark.parametrize("pages", KINDS)
def test_what_is_not_yours_is_not_there(client: Client, ada: User, pages: RecordPages) -> None:
    record: Any = pages.kind.model._default_manager.filter(owner=ada).first()
    revision = Revision.objects.create(
        owner=ada, transfer=record.transfer, kind=pages.kind.name, doc_id=record.doc_id, payload="{}"
    )
    address = pages.address(record)
    mine = [
        address,
        f"{address}item.json",
        f"{address}earlier/{revision.pk}/",
        f"{address}earlier/{revision.pk}/item.json",
    ]
    if not record.payload:
        mine.remove(f"{address}item.json")
    assert [client.get(one).status_code for one in mine] == [200] * len(mine)
    client.force_login(rows.person("eve"))
    assert [client.get(one).status_code for one in mine] == [404] * len(mine)
    client.logout()
    assert [client.get(one).status_code for one in mine] == [302] * len(mine)


def test_the_item_is_saved_to_the_byte(client: Client, ada: User) -> None:
    event = CalendarEvent.objects.get()
    event.payload = '{"@type":  "CalendarEvent", "n": 1.0e400, "x": "\\u00e9é"}'
    event.save()
    answer = client.get(f"/things/calendar/events/{event.doc_id}/item.json")
    assert answer.content.decode() == event.payload
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "1.0e400" in shown(client, f"/things/calendar/events/{event.doc_id}/")  # as it stands there


@pytest.mark.parametrize(
    "payload",
    ["no JSON", "[" * 50_000, json.dumps({"a": "x" * 300_000}), json.dumps({str(n): n for n in range(5000)}), '"text"']
    + ['{"\\ud800 of a name": "\\ud800 of a value"}'],
    ids=["no-json", "deep", "long", "many", "text", "halves"],
)
def test_an_item_of_any_form_has_a_page(client: Client, ada: User, payload: str) -> None:
    event = CalendarEvent.objects.get()
    CalendarEvent.objects.update(payload=payload)
    page = shown(client, f"/things/calendar/events/{event.doc_id}/")
    assert len(page) < 150_000
    assert "Download it as it came" in page


@pytest.mark.services
def test_earlier_versions_are_listed_and_shown(client: Client, ada: User) -> None:
    event = CalendarEvent.objects.get()
    revision = Revision.objects.create(
        owner=ada, transfer=event.transfer, kind="calendarevent", doc_id=event.doc_id, payload='{"title": "Former"}'
    )
    page = shown(client, f"/things/calendar/events/{event.doc_id}/")
    assert f'href="/things/calendar/events/{event.doc_id}/earlier/{revision.pk}/"' in page
    assert "<bdi>Former</bdi>" in shown(client, f"/things/calendar/events/{event.doc_id}/earlier/{revision.pk}/")


@pytest.mark.services
def test_a_former_id_leads_to_the_record(client: Client, ada: User) -> None:
    event = CalendarEvent.objects.get()
    Alias.objects.create(owner=ada, kind="calendarevent", doc_id="former", of=event.doc_id)
    answer = client.get("/things/calendar/events/former/")
    assert (answer.status_code, answer["Location"]) == (302, f"/things/calendar/events/{event.doc_id}/")


def test_one_in_the_bin_says_so(client: Client, ada: User) -> None:
    note = Note.objects.get()
    Note.objects.update(trashed_at="2026-01-01T00:00Z")
    assert "1 January 2026</time>" in shown(client, f"/things/notes/notes/{note.doc_id}/")
