"""Lists of every kind: all of it, page by page, in each order, and nobody else's."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from importers.models import Container
from importers.models.record import NEVER
from importers.pages.kinds import UNNAMED, RecordPages, all_pages
from importers.verticals.blobs.models import File
from importers.verticals.calendar.models import CalendarEvent
from importers.verticals.contacts.models import Contact
from tests.support import rows
from tests.support.samples import SampleAccount

MOST_QUERIES = 15
KINDS = [pytest.param(pages, id="-".join(pages.place)) for pages in all_pages()]


@pytest.fixture
def ada(client: Client, db: None) -> User:
    """Somebody with a record of every kind, who is logged in."""
    person = rows.everything("one")
    client.force_login(person)
    return person


def titles(page: str) -> list[str]:
    """What the rows of a list are called, in their order."""
    found = re.findall(r'<a class="name" href="[^"]+"><bdi>(.*?)</bdi></a>', page)
    return [html.unescape(re.sub("<[^>]+>", "", one)) for one in found]


def link(page: str, words: str) -> str:
    """Where the link with these words leads; empty where there is none."""
    found = re.search(rf'<a href="([^"]*)"[^>]*>{words}</a>', page)
    return html.unescape(found.group(1)) if found else ""


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def contacts(person: User, names: list[str]) -> list[Contact]:
    account = SampleAccount(person, "many", rows.transfer(person, "many"), rows.content("many"))
    made = []
    for number, name in enumerate(names):
        columns = account.columns("Contact") | {"identity": f"{number:032}", "name": name}
        made.append(Contact(**columns, received_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number // 3)))
    return Contact.objects.bulk_create(made)


@pytest.mark.parametrize("pages", KINDS)
def test_every_kind_has_a_list_that_leads_to_its_records(client: Client, ada: User, pages: RecordPages) -> None:
    model: Any = pages.kind.model
    if issubclass(model, Container):
        model.objects.update(arrived_at="2026-01-01T00:00Z")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = shown(client, pages.list_address)
    assert len(queries) < MOST_QUERIES
    for record in model.objects.filter(owner=ada).exclude(changed_at=NEVER):
        assert f'href="{pages.address(record)}"' in page
    assert "style=" not in page and "<script>" not in page


@pytest.mark.parametrize("pages", KINDS)
def test_a_list_has_nothing_of_others_or_of_the_bin(client: Client, ada: User, pages: RecordPages) -> None:
    model: Any = pages.kind.model
    model.objects.update(trashed_at="2026-01-01T00:00Z")
    assert titles(shown(client, pages.list_address)) == []
    model.objects.update(trashed_at=None)
    client.force_login(rows.person("eve"))
    assert titles(shown(client, pages.list_address)) == []


@pytest.mark.services
@pytest.mark.parametrize("pages", KINDS)
def test_the_database_has_an_index_for_each_order(ada: User, pages: RecordPages, client: Client) -> None:
    """It is walked along the index: nothing is sorted, on the first page and behind any row."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL sorts a table of one row by hand")
    for order in ("newest", "oldest", *(("name", "name-down") if pages.kind.by_name else ())):
        with CaptureQueriesContext(connection) as queries:
            page = shown(client, f"{pages.list_address}?order={order}")
            shown(client, f"{pages.list_address}?order={order}&page=last")
        plans = []
        for query in queries:
            if "sort_key" in query["sql"]:
                with connection.cursor() as cursor:
                    cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"))
                    plans += [step[-1] for step in cursor.fetchall()]
        assert plans and page
        assert not any("TEMP B-TREE" in step for step in plans), plans
        assert any(f"INDEX {pages.kind.name}_by_" in step for step in plans), plans


@pytest.mark.services
def test_pages_lead_through_all_of_it_and_back(client: Client, ada: User) -> None:
    names = [f"{'Same' if number % 2 else 'Öther'} {number % 7}" for number in range(130)]
    made = contacts(ada, names)
    address = "/things/contacts/people/"
    for order, key, down in (
        ("newest", lambda one: (one.received_at, one.pk), True),
        ("oldest", lambda one: (one.received_at, one.pk), False),
    ):
        wanted = [one.name for one in sorted([*Contact.objects.filter(owner=ada)], key=key, reverse=down)]
        assert len(wanted) == len(made) + 1
        seen, page = [], shown(client, f"{address}?order={order}")
        while True:
            seen.append(titles(page))
            if not (following := link(page, "Next")):
                break
            page = shown(client, address + following)
        assert [name for one in seen for name in one] == wanted
        assert titles(shown(client, address + link(shown(client, f"{address}?order={order}"), "Last"))) == wanted[-50:]
        back = []
        while previous := link(page, "Previous"):
            page = shown(client, address + previous)
            back.append(titles(page))
        assert back[-1] == wanted[:50]
        assert not link(page, "Previous")


@pytest.mark.services
def test_by_name_goes_through_names_that_are_alike(client: Client, ada: User) -> None:
    contacts(ada, [""] * 60 + ["alike"] * 60 + ["Before"] + ["zebra"] * 60)
    address, wanted = "/things/contacts/people/", ["alike"] * 60 + ["Before"] + ["zebra"] * 60
    for order, names in (("name", wanted), ("name-down", wanted[::-1])):
        page = shown(client, f"{address}?order={order}")
        seen = titles(page)
        while following := link(page, "Next"):
            page = shown(client, address + following)
            seen += titles(page)
        assert [name for name in seen if name in {*wanted, UNNAMED}] == names + [UNNAMED] * 60
        assert len(seen) == 182
        back = titles(page)
        while previous := link(page, "Previous"):
            page = shown(client, address + previous)
            back = titles(page) + back
        assert back == seen
        last = titles(shown(client, address + link(page, "Last")))
        assert last == [UNNAMED] * 50


@pytest.mark.services
def test_a_place_that_is_gone_or_no_place_is_no_error(client: Client, ada: User) -> None:
    contacts(ada, [f"n{number}" for number in range(60)])
    address = "/things/contacts/people/"
    following = link(shown(client, f"{address}?order=oldest"), "Next")
    Contact.objects.filter(name__in=[f"n{number}" for number in range(45, 60)]).delete()
    assert titles(shown(client, address + following))  # the last page that there is now
    for token in (
        "",
        "!",
        "bnVsbA",
        "WzFd",
        "WyJ4IiwgIjEiXQ",
        "W1sxXSwgMV0",
        "WyIyMDI2LTAxLTAxIiwgMV0",
        "é",
        "A" * 5000,
    ):
        for side in ("after", "before"):
            assert titles(shown(client, f"{address}?{side}={token}")), token


def test_the_number_stands_above_the_list(client: Client, ada: User) -> None:
    contacts(ada, [f"n{number}" for number in range(1233)])
    assert '<span class="quiet number">1,234</span>' in shown(client, "/things/contacts/people/")


@pytest.mark.services
def test_only_what_came_with_one_transfer(client: Client, ada: User) -> None:
    made = contacts(ada, [f"n{number}" for number in range(70)])
    address = f"/things/contacts/people/?transfer={made[0].transfer_id}"
    page = shown(client, address)
    assert titles(page) == [f"n{number}" for number in range(50)]
    assert titles(shown(client, "/things/contacts/people/" + link(page, "Next"))) == [
        f"n{number}" for number in range(50, 70)
    ]
    other = rows.transfer(rows.person("eve"), "other")
    for strange in (other.pk, "x", 10**30, "9" * 5000, "-1"):
        assert client.get(f"/things/contacts/people/?transfer={strange}").status_code == 404, strange


def test_an_event_without_a_beginning_is_in_its_list(client: Client, ada: User) -> None:
    CalendarEvent.objects.update(starts_at=None, title="Some day")
    assert titles(shown(client, "/things/calendar/events/?order=oldest")) == ["Some day"]


def test_names_are_shown_for_what_they_are(client: Client, ada: User) -> None:
    File.objects.update(shown_name="a\u202egpj.exe <b>&\x07")
    page = shown(client, "/things/blobs/files/")
    assert '<bdi>a<span class="code-point">[right-to-left override]</span>gpj.exe &lt;b&gt;&amp;' in page
    assert "\u202e" not in page


@pytest.mark.parametrize("address", ["/things/blobs/nothing/", "/things/nothing/files/", "/things/media/files/"])
def test_there_is_no_list_of_what_is_no_kind(client: Client, ada: User, address: str) -> None:
    assert client.get(address).status_code == 404
