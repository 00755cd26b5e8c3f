"""The pages of the bin: what is in it, page by page along an index, and what they lead to."""

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from importers.models import RecordCount
from importers.pages.kinds import RecordPages, all_pages
from importers.verticals.contacts.models import Contact
from tests.support import rows
from tests.support.bins import BinVisitor
from tests.support.exporter import Exporter, file_item
from tests.support.samples import SampleAccount

pytestmark = pytest.mark.services

KINDS = [pytest.param(pages, id="-".join(pages.place)) for pages in all_pages()]


@pytest.fixture
def person(client: Client, db: None) -> User:
    """Somebody who is logged in, and has a record of every kind in the bin."""
    found = rows.everything("one")
    client.force_login(found)
    for pages in all_pages():
        model: Any = pages.kind.model
        model.objects.update(trashed_at=timezone.now())
    return found


@pytest.mark.parametrize("pages", KINDS)
def test_each_list_is_walked_along_an_index(client: Client, person: User, pages: RecordPages) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL sorts a table of one row by hand")
    with CaptureQueriesContext(connection) as queries:
        BinVisitor(client).page(f"/bin/{'/'.join(pages.place)}/")
        BinVisitor(client).page(f"/bin/{'/'.join(pages.place)}/?page=last")
    assert len(queries) < 30
    plans = []
    for query in queries:
        if "sort_key" in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"))
                plans += [step[-1] for step in cursor.fetchall()]
    assert any(f"INDEX {pages.kind.name}_in_bin" in step for step in plans), plans
    assert not any("TEMP B-TREE" in step for step in plans), plans


def test_pages_lead_through_all_of_it(client: Client, db: None) -> None:
    person = rows.person("ada")
    client.force_login(person)
    account = SampleAccount(person, "many", rows.transfer(person, "many"), rows.content("many"))
    now = timezone.now()
    Contact.objects.bulk_create(
        Contact(
            **account.columns("Contact") | {"identity": f"{one:032}", "name": f"No {one};"},
            trashed_at=now - timedelta(minutes=one // 3),
        )
        for one in range(130)
    )
    visitor, seen, address = BinVisitor(client), 0, "?"
    while address:
        page = visitor.page(f"/bin/contacts/people/{address}")
        seen += len(re.findall("(?:29|30) days left", page))
        address = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        address = address if 'rel="next"' in page else ""
    assert seen == 130


def test_days_that_are_left_are_those_of_a_calendar(client: Client, db: None) -> None:
    person = rows.person("ada", time_zone="Pacific/Auckland")
    client.force_login(person)
    account = SampleAccount(person, "days", rows.transfer(person, "days"), rows.content("days"))
    contact = Contact.objects.create(**account.columns("Contact"), name="No one", trashed_at=timezone.now())
    midnight = timezone.localtime(timezone=ZoneInfo("Pacific/Auckland")).replace(hour=0, minute=0, second=0)
    said = []
    for days in (29, 30):
        Contact.objects.filter(pk=contact.pk).update(trashed_at=midnight - timedelta(days=days))
        page = BinVisitor(client).page("/bin/contacts/people/")
        said += re.findall(r"\d+ days? left|goes today", page)
    assert said == ["1 day left", "goes today"]


def test_the_front_page_and_what_says_that_room_runs_out_lead_there(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("large.bin"), b"1" * 9_000)
    User.objects.update(quota_bytes=9_500)
    home = visitor.page("/")
    assert "There is hardly any room left" in home and 'href="/bin/"' not in home
    User.objects.update(quota_bytes=9_000)
    assert visitor.page("/").count("There is no room left") == 2  # where room is, and among what needs somebody
    visitor.throw(kind="folder", path="/root")
    home = visitor.page("/")
    assert "Make room by emptying the bin" in home and "In the bin" in home
    page = visitor.delete(everything="yes")
    assert "The bin is empty" in page
    assert "hardly any room" not in visitor.page("/")


def test_counts_are_those_that_the_database_keeps(client: Client, person: User) -> None:
    page = BinVisitor(client).page("/bin/")
    number = sum(RecordCount.objects.filter(owner=person).values_list("in_bin", flat=True))
    assert f">{number}" in page.partition("What is in it")[2][:60]
    assert BinVisitor(client).client.get("/bin/no/kind/").status_code == 404
