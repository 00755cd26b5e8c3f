"""What is found is narrowed by kind, service and time, and shown page by page; each with what matched."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from importers import tasks
from importers.models import Transfer
from importers.pages.kinds import all_pages
from importers.verticals.calendar.models import CalendarEvent
from importers.verticals.contacts.models import Contact
from importers.verticals.mail.models import MailMessage
from importers.verticals.unknown.models import UnknownItem
from tests.importers.search.conftest import Write
from tests.support import rows
from tests.support.samples import SampleAccount
from tests.support.searching import Searcher

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


def account(transfer: Transfer, seed: str) -> SampleAccount:
    return SampleAccount(transfer.owner, seed, transfer, rows.content(seed))


def test_what_matched_is_shown_in_its_words(searcher: Searcher, transfer: Transfer) -> None:
    one = account(transfer, "one")
    CalendarEvent.objects.create(
        **one.columns("CalendarEvent", title="Lunch", notes="Bring the <b>Jürgen</b> papers", location="Köln")
    )
    Contact.objects.create(**one.columns("Contact", name="Jürgen Groß", emails="jg@example.org (home)"))
    MailMessage.objects.create(**one.columns("MailMessage", subject="Hello", sender="Jürgen <jg@example.org>"))
    UnknownItem.objects.create(
        **one.columns("UnknownItem", type="Recipe", vertical="notes")
        | {"payload": '{"@type": "Recipe", "by": {"name": "Jürgen"}, "secret_member": [17, true, "Zwiebel"]}'}
    )
    assert searcher.found("jurgen") == {
        "calendarevent": ["Lunch"],
        "contact": ["[Jürgen] Groß"],
        "mailmessage": ["Hello"],
        "unknownitem": ["Recipe"],
    }
    assert searcher.texts("jurgen") == [
        "Notes: Bring the <b>[Jürgen]</b> papers",
        "From: [Jürgen] <jg@example.org>",
        "recipe [jürgen] 17 zwiebel [jurgen]",
    ]
    assert searcher.texts("KÖLN lunch") == ["Where: [Köln]"]
    assert searcher.found("@example") == {"contact": ["Jürgen Groß"], "mailmessage": ["Hello"]}
    assert searcher.found("secret_member") == {}


@pytest.mark.services
def test_it_is_narrowed_by_kind_service_and_time(searcher: Searcher, write: Write, owner: User) -> None:
    other = rows.transfer(owner, "other")
    write("Red one", published_at=NEW_YEAR - timedelta(hours=1))
    write("Red two", published_at=NEW_YEAR + timedelta(hours=1), of=other)
    Contact.objects.create(**account(other, "red").columns("Contact", name="Red three"))

    def found(**asked: str) -> list[str]:
        return [title[6:] for titles in searcher.found("red", **asked).values() for title in titles]

    assert found() == ["two", "one", "three"]
    assert found(kind="contact") == ["three"]
    assert found(kind="nonsense") == ["two", "one", "three"]
    assert found(service="S other") == ["two", "three"]
    assert found(service="S other", kind="socialactivity") == ["two"]
    assert found(service="nowhere") == []
    assert found(until="2024-12-31") == ["one"]
    assert found(since="2025-01-01", until="2025-01-01") == ["two"]
    today = f"{timezone.now():%Y-%m-%d}"
    assert found(since=today) == ["three"]
    owner.time_zone = "Asia/Tokyo"  # where both were in the new year
    owner.save()
    assert found(since="2025-01-01", until="2025-01-01") == ["two", "one"]
    assert "A day was not understood" in searcher.page("red", since="31.12.2025")
    assert found(since="9999-12-31", until="0001-01-01") == ["two", "one", "three"]


@pytest.mark.services
def test_one_kind_is_shown_page_by_page(searcher: Searcher, write: Write) -> None:
    for number in range(103):
        write(f"Red {number}", published_at=NEW_YEAR + timedelta(hours=number % 50))
    page = searcher.page("red")
    more = re.search(r'<a href="\?([^"]+)">All posts that were found', page)
    assert more and len(searcher.found("red")["socialactivity"]) == 5
    seen: list[str] = []
    address = more.group(1).replace("&amp;", "&")
    pages = 0
    while address:
        with CaptureQueriesContext(connection) as queries:
            text = searcher.client.get(f"/search?{address}").content.decode()
        assert len(queries) < 15, [query["sql"][:80] for query in queries]
        seen += re.findall(r"<mark>Red</mark> (\d+)", text)
        following = re.search(r'<a href="\?([^"]+)" rel="next"', text)
        address = following.group(1).replace("&amp;", "&") if following else ""
        pages += 1
    assert pages == 3 and len(seen) == 103 and len(set(seen)) == 103
    days = [NEW_YEAR + timedelta(hours=int(number) % 50) for number in seen]
    assert [day.date() for day in days] == sorted((day.date() for day in days), reverse=True), "the newest day first"
    for nonsense in ("-1", "x", "9" * 19, "9" * 30, "٣"):
        searcher.page("red", kind="socialactivity", after=nonsense)


def test_every_page_has_the_box_and_every_list_leads_to_it(searcher: Searcher, owner: User) -> None:
    assert 'action="/search"' in searcher.client.get("/").content.decode()
    for pages in all_pages():
        if pages.kind.searched:
            assert f'/search?kind={pages.kind.name}"' in searcher.client.get(pages.list_address).content.decode()
    searcher.client.logout()
    assert 'action="/search"' not in searcher.client.get("/").content.decode()


def test_without_words_the_form_alone_is_shown(searcher: Searcher, write: Write) -> None:
    write("Red")
    for nothing in ("", "   ", "\u200b"):
        assert searcher.found(nothing) == {}
    tasks.index_search()
    assert searcher.client.get("/search").status_code == 200
    assert searcher.client.post("/search", {"q": "red"}).status_code == 405
