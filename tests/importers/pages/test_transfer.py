"""The page of a transfer: what came, and what was refused, by name."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from importers.models import Rejection, Transfer
from tests.support.exporter import Exporter, Person, file_item
from tests.support.worker import browser


def page_of(person: Person, client: Client | None = None) -> str:
    """The page of the only transfer, in words."""
    client = client or browser(person.row)
    answer = client.get(f"/transfers/{Transfer.objects.get().pk}/")
    assert answer.status_code == 200
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return html.unescape(" ".join(words.split()))


@pytest.fixture
def some_refused(exporter: Exporter, ada: Person) -> None:
    ada.set_quota(2_000)
    exporter.send("calendar", {"@type": "Calendar", "id": "home", "name": "Home"})
    exporter.send_file("blobs", file_item("The film.mov"), bytes(5_000))
    exporter.send("blobs", {"@type": "File", "name": 'Without its "bytes" \u202e.txt'})


def test_what_was_refused_is_named_with_why_and_what_to_do(some_refused: None, ada: Person) -> None:
    said = page_of(ada)
    assert "From Cloud One" in said
    assert "It is coming in now." in said
    assert "The film.mov 5 kB There was no room for it in your account. Make room: throw something away" in said
    assert "Something was missing without which it can’t be kept, such as its file." in said
    assert 'Without its "bytes" ' in said
    assert "right-to-left override" in said


def test_what_came_leads_to_what_is_here_of_it(some_refused: None, ada: Person) -> None:
    client = browser(ada.row)
    answer = client.get(f"/transfers/{Transfer.objects.get().pk}/")
    [there] = re.findall(r'<a href="(/things/[^"]+)">calendars</a>', answer.content.decode())
    assert "Home" in client.get(html.unescape(there)).content.decode()
    assert "photos</a>" not in answer.content.decode()


def test_what_has_come_after_all_is_refused_no_more(some_refused: None, exporter: Exporter, ada: Person) -> None:
    ada.set_quota(None)
    assert exporter.send_file("blobs", file_item("The film.mov"), bytes(5_000)).status_code == 201
    said = page_of(ada)
    assert "The film.mov" not in said
    assert "1 item was refused at first and has come since." in said


def test_it_is_its_persons_alone(some_refused: None) -> None:
    address = f"/transfers/{Transfer.objects.get().pk}/"
    assert browser(Person.create("bob").row).get(address).status_code == 404
    assert browser().get(address).status_code == 302


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (b'{"@type": "Photo", "name": "caf\\u00e9.jpg", "payl', "café.jpg"),
        (b'{"title": 7, "id": "x"}', "7"),
        (b'{"name": "  ", "id": "x"}', "x"),
        (b'{"name": "\\ud800"}', "?"),
        (b'{"name": "broken \\u00', "Without a name"),
        (b"\xff\xfe no JSON", "Without a name"),
        (json.dumps({"payload": {"name": "inside"}}).encode(), "inside"),
    ],
)
def test_a_refused_item_is_named_by_what_there_is(some_refused: None, ada: Person, item: bytes, name: str) -> None:
    kept = Rejection.objects.first()
    assert kept is not None
    Rejection.objects.exclude(pk=kept.pk).delete()
    Rejection.objects.filter(pk=kept.pk).update(item=item, file_size=None)
    assert f"What the service has sent of each is kept aside for the operator of this server. {name} " in page_of(ada)


@pytest.mark.services
def test_a_thousand_refused_are_listed_page_by_page(some_refused: None, ada: Person) -> None:
    transfer = Transfer.objects.get()
    Rejection.objects.bulk_create(
        Rejection(
            transfer=transfer,
            vertical="blobs",
            status=413,
            code="destination_full",
            reason="No room for 9 more bytes.",
            item=json.dumps({"name": f"file {number}"}).encode(),
            item_size=20,
            item_sha256=f"{number:064}",
        )
        for number in range(1_000)
    )
    Transfer.objects.update(last_item_at=timezone.now() - timedelta(days=1))
    client = browser(ada.row)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page_of(ada, client)
    assert len(asked) < 15
    address, seen = f"/transfers/{transfer.pk}/", set()
    while address:
        page = client.get(address).content.decode()
        seen.update(re.findall(r"file \d+", page))
        found = re.search(r'href="\?([^"]+)" rel="next"', page)
        address = f"/transfers/{transfer.pk}/?{html.unescape(found[1])}" if found else ""
    assert len(seen) == 1_000
