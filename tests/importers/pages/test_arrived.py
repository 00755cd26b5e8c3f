"""The front page of a person: what arrived, what was refused and why, and what is still missing."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from importers.models import Rejection, Transfer, TransferCount
from importers.verticals.blobs.models import Folder
from importers.verticals.media.models import Album, Photo
from tests.support import rows


def front_page(client: Client, person: User) -> str:
    client.force_login(person)
    answer = client.get("/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_empty_account_says_what_to_do_next(client: Client, db: None) -> None:
    page = front_page(client, rows.person("ada"))
    assert "Nothing has arrived yet" in page
    assert "Choose this server" in page


def test_it_says_what_arrived_from_where(client: Client, db: None) -> None:
    page = front_page(client, rows.everything("one"))
    brought = Transfer.objects.get().pk
    for words in (
        "From <bdi>S one</bdi>",
        f'<dt>Photos and albums</dt><dd><a href="/things/media/photos/?transfer={brought}">3</a></dd>',
        f'<dt>Files and folders</dt><dd><a href="/things/blobs/files/?transfer={brought}">9</a></dd>',
        "1.5 kB",
    ):
        assert words in page, words


@pytest.mark.services
def test_it_counts_what_is_here(client: Client, db: None) -> None:
    page = front_page(client, rows.everything("one"))
    for kind in ("folder", "file", "photo", "video", "calendar", "event", "post"):
        assert f'<span class="figure">1</span> <span class="quiet">{kind}</span>' in page, kind
    assert '<a href="/things/blobs/tree/"><span class="figure">1</span>' in page
    assert '<span class="quiet">album</span>' not in page  # the only one never came


def test_what_is_in_the_bin_is_not_counted(client: Client, db: None) -> None:
    person = rows.everything("one")
    Photo.objects.update(trashed_at="2026-01-01T00:00Z")
    page = front_page(client, person)
    assert '<span class="quiet">photo</span>' not in page
    assert "P.jpg" not in page


def test_it_says_what_was_refused_and_why(client: Client, db: None) -> None:
    person = rows.everything("one")
    rows.rejection(Transfer.objects.get(), "future", code="something_new")
    page = front_page(client, person)
    assert "1 item: Something was missing" in page
    assert "1 item: There was no room" in page
    assert "1 item: The service sent it in a form" in page


@pytest.mark.services
def test_what_has_come_since_is_no_longer_told(client: Client, db: None) -> None:
    person = rows.everything("one")
    Rejection.objects.filter(code="invalid_item").update(made_good_at="2026-01-01T00:00Z")
    page = front_page(client, person)
    assert "Something was missing" not in page
    assert "1 item: There was no room" in page


def test_it_says_how_many_are_kept_just_as_they_came(client: Client, db: None) -> None:
    person = rows.everything("one")
    TransferCount.objects.filter(vertical="photos").update(kept=2)  # of which one has become known since
    assert "1 of them is kept whole, just as it came" in front_page(client, person)


@pytest.mark.services
def test_tries_of_the_same_item_count_once(client: Client, db: None) -> None:
    person = rows.everything("one")
    Rejection.objects.filter(code="invalid_item").update(times=6)
    assert "1 item: Something was missing" in front_page(client, person)


def test_it_names_containers_that_never_came(client: Client, db: None) -> None:
    person = rows.everything("one")
    page = front_page(client, person)
    assert "Still to come" in page
    assert "missing-one" in page
    Album.objects.update(arrived_at="2026-01-01T00:00Z")
    assert "Still to come" not in front_page(client, person)


def test_names_are_only_ever_text(client: Client, db: None) -> None:
    person = rows.everything("one")
    Photo.objects.update(name="<script>alert(1)</script>")
    Album.objects.update(identifier="<img src=x>")
    Folder.objects.update(arrived_at=None, identifier="</dd><b>")
    page = front_page(client, person)
    assert "<script>alert" not in page
    assert "<img src" not in page
    assert "<b>" not in page


def test_the_newest_files_can_be_saved(client: Client, db: None) -> None:
    person = rows.everything("one")
    photo = Photo.objects.get()
    assert f'href="/content/{photo.content.sha256}?doc={photo.doc_id}"' in front_page(client, person)


def test_nobody_sees_what_is_somebody_elses(client: Client, db: None) -> None:
    rows.everything("one")
    page = front_page(client, rows.everything("two"))
    assert "missing-two" in page
    assert "missing-one" not in page
    assert "S one" not in page


@pytest.mark.services
@pytest.mark.parametrize("transfers", [1, 30])
def test_it_asks_a_bounded_number_of_questions(client: Client, db: None, transfers: int) -> None:
    person = rows.everything("one")
    for number in range(transfers):
        extra = rows.transfer(person, f"more-{number}", rejected=1)
        for item in range(3):
            rows.rejection(extra, f"{number}-{item}")
    client.force_login(person)
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    statements = [query["sql"] for query in captured.captured_queries]
    assert len(statements) < 15, "\n".join(one[:150] for one in statements)
    assert all("LIMIT" in statement for statement in statements if "COUNT(" in statement)


def test_what_needs_somebody_stands_first(client: Client, db: None) -> None:
    person = rows.everything("one")
    assert "Of what came last from S one, 2 items were refused." in front_page(client, person)
    Transfer.objects.update(rejected=0)
    assert "What needs you" not in front_page(client, person)
    person.quota_bytes, person.used_bytes = 1000, 850
    person.save()
    assert "85 % of your room is in use." in front_page(client, person)


def test_sizes_stand_with_what_takes_room(client: Client, db: None) -> None:
    page = front_page(client, rows.everything("one"))
    assert (
        '<span class="quiet">file</span></a> <span class="quiet small">2.5 kB</span>' in page
    )  # with a former version
    assert (
        '<span class="quiet">note</span></a> <span class="quiet small">1.2 kB</span>' in page
    )  # of the file beside it


def test_an_empty_account_has_the_address_to_give(client: Client, db: None, settings: Any) -> None:
    page = front_page(client, rows.person("ada"))
    assert f'<code id="address">{settings.WHARF_BASE_URL}</code>' in page
    for way in ("/settings/services", "/settings/imports", "/settings/exports", "/settings/move"):
        assert f'href="{way}"' in page
