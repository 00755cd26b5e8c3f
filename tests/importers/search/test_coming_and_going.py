"""What comes is found within seconds, what goes is not found from the same moment on, and nobody finds another's."""

import re
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.waking import flush
from audit import database_triggers
from config.workers.lanes import lane_of, queue_of
from importers import tasks
from importers.models import SearchEntry, SearchFill, SearchMark, Transfer
from importers.search import index, installing
from importers.search.triggers import PREFIX, searched_kinds
from importers.verticals.social_posts.models import SocialActivity
from importers.waking import INDEX_SEARCH
from tests.importers.search.conftest import Write
from tests.support import rows
from tests.support.bins import BinVisitor
from tests.support.deleting import delete
from tests.support.exporter import Exporter, Person
from tests.support.samples import send_all
from tests.support.searching import Searcher
from tests.support.waiting import eventually

pytestmark = pytest.mark.services

MOST_QUERIES = 15
POST = "social-posts"


def post(says: str, number: str = "1") -> dict[str, Any]:
    return {"@type": "SocialActivity", "activity": {"id": number, "content": says, "published": "2024-11-27T13:16:32Z"}}


def titles(searcher: Searcher, q: str, **asked: str) -> list[str]:
    return [title.replace("[", "").replace("]", "") for title in searcher.found(q, **asked).get("socialactivity", [])]


def test_an_item_is_found_by_what_it_says_now(client: Client, ada: Person, exporter: Exporter) -> None:
    client.force_login(ada.row)
    searcher = Searcher(client)
    exporter.send(POST, post("A red lighthouse"))
    assert titles(searcher, "lighthouse") == ["A red lighthouse"]
    exporter.send(POST, post("A red windmill"))
    assert (titles(searcher, "lighthouse"), titles(searcher, "windmill")) == ([], ["A red windmill"])
    assert not SearchMark.objects.exists()


def test_what_is_in_the_bin_is_not_found_until_it_is_back(client: Client, ada: Person, exporter: Exporter) -> None:
    client.force_login(ada.row)
    searcher, visitor = Searcher(client), BinVisitor(client)
    exporter.send(POST, post("A red lighthouse"))
    assert titles(searcher, "lighthouse")
    doc_id = SocialActivity.objects.get().doc_id
    visitor.throw(kind="socialactivity", id=doc_id)
    assert not SearchEntry.objects.exists(), "at once, without a worker"
    assert titles(searcher, "lighthouse") == []
    visitor.restore(kind="socialactivity", id=doc_id)
    assert titles(searcher, "lighthouse")
    visitor.throw(kind="socialactivity", id=doc_id)
    visitor.delete(kind="socialactivity", id=doc_id)
    assert titles(searcher, "lighthouse") == []
    exporter.send(POST, post("A red lighthouse", "2"))
    exporter.send(POST, post("A red lighthouse"))
    assert titles(searcher, "lighthouse") == ["A red lighthouse"], "what was deleted does not come back"


def test_a_change_that_is_undone_leaves_nothing_behind(searcher: Searcher, write: Write) -> None:
    written = write("A red lighthouse")
    assert titles(searcher, "lighthouse")
    with transaction.atomic():
        SocialActivity.objects.filter(pk=written.pk).update(trashed_at="2026-01-01T00:00Z")
        assert not SearchEntry.objects.exists()
        transaction.set_rollback(True)
    assert titles(searcher, "lighthouse")


def test_something_of_every_kind_is_found(client: Client, ada: Person, exporter: Exporter) -> None:
    client.force_login(ada.row)
    searcher = Searcher(client)
    send_all(exporter)
    tasks.work_off()
    tasks.index_search()
    found = set()
    for kind in searched_kinds():
        entry = SearchEntry.objects.filter(kind=kind.name, owner=ada.row).first()
        if entry is not None:
            word = max(entry.text.split(), key=len)
            assert kind.name in searcher.found(word[-6:], kind=kind.name), word
            found.add(kind.name)
    stand = {kind.name for kind in searched_kinds() if kind.model._default_manager.exists()}
    assert found == stand
    with CaptureQueriesContext(connection) as queries:
        client.get("/search", {"q": "a"})
    assert len(queries) < MOST_QUERIES, [query["sql"][:80] for query in queries]


def test_nobody_finds_what_others_have(searcher: Searcher, client: Client, write: Write) -> None:
    eve = rows.person("eve")
    theirs = rows.transfer(eve, "eve")
    written = write("A red lighthouse", of=theirs)
    write("A red windmill")
    assert titles(searcher, "red") == ["A red windmill"]
    page = searcher.page("lighthouse", kind="socialactivity", service=theirs.source.service)
    assert (
        "Nothing was found" in page
        and written.doc_id not in page
        and theirs.source.service not in page.split("<main")[0]
    )
    client.force_login(eve)
    assert titles(searcher, "red") == ["A red lighthouse"]
    client.logout()
    assert client.get("/search", {"q": "red"}).status_code == 302


def test_two_people_whose_places_are_the_same_find_their_own(searcher: Searcher, write: Write, owner: User) -> None:
    eve = User.objects.create(pk=owner.pk + (1 << 20), username="eve", email="eve@example.org")
    write("A red lighthouse", of=rows.transfer(eve, "eve"))
    write("A red windmill")
    assert titles(searcher, "red") == ["A red windmill"]
    assert SearchEntry.objects.count() == 2


def test_a_deleted_account_leaves_nothing_to_be_found(db: None) -> None:
    person = rows.everything("one")
    tasks.index_search()
    assert SearchEntry.objects.filter(owner=person).exists()
    person.refresh_from_db()
    SocialActivity.objects.update(title="marked")
    assert SearchMark.objects.filter(owner=person).exists()
    delete(person)
    assert not SearchEntry.objects.exists() and not SearchMark.objects.exists()


def test_what_stood_before_is_searched_after_an_upgrade(searcher: Searcher, write: Write, owner: User) -> None:
    """A database of a former version has records, and neither triggers nor entries."""
    assert titles(searcher, "red") == []
    for name, table in database_triggers.installed(connection, PREFIX).items():
        database_triggers.drop(connection, name, table)
    kept, gone = write("A red lighthouse"), write("A red ship")
    assert "being made ready" not in searcher.page("ship")
    assert titles(searcher, "red") == []
    installing.install(connection)
    assert titles(searcher, "red") == ["A red ship", "A red lighthouse"]
    for name, table in database_triggers.installed(connection, PREFIX).items():
        if table == SocialActivity._meta.db_table:
            database_triggers.drop(connection, name, table)
    gone.delete()
    SocialActivity.objects.filter(pk=kept.pk).update(title="A red windmill")
    installing.install(connection)
    assert titles(searcher, "red") == ["A red windmill"]
    assert SearchEntry.objects.count() == 1
    SearchFill.objects.update(version="of a former version")
    SearchEntry.objects.all().delete()
    assert titles(searcher, "red") == ["A red windmill"]


def test_a_command_makes_good_what_is_wrong_and_can_be_stopped(searcher: Searcher, write: Write) -> None:
    for title in ("A red lighthouse", "A red ship"):
        write(title)
    assert len(titles(searcher, "red")) == 2
    SearchEntry.objects.filter(text__contains="ship").delete()
    SearchEntry.objects.create(
        place=1, owner=User.objects.get(), kind="photo", record=99, source=1, at="2026-01-01T00:00Z"
    )
    assert titles(searcher, "red") == ["A red lighthouse"]
    out = StringIO()
    call_command("rebuild_search", "--index", stdout=out)
    assert "2 records looked at; what is searched of 1 of them was written" in out.getvalue()
    assert titles(searcher, "red") == ["A red ship", "A red lighthouse"]
    assert not SearchEntry.objects.filter(kind="photo").exists(), "what is of no record goes"
    write("Another ship")
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    assert re.search("4 records looked at; .* of 1 of them", out.getvalue()), "with what was marked meanwhile"


def test_of_more_than_a_day_has_room_for_all_are_found(searcher: Searcher, write: Write, transfer: Transfer) -> None:
    first = write("A red lighthouse")
    searcher.page("x")
    (entry,) = SearchEntry.objects.all()
    full = entry.place | ((1 << 20) - 1)
    SearchEntry.objects.create(
        place=full, owner=transfer.owner, kind="photo", record=99, source=1, at=first.received_at, text="-"
    )
    write("A red ship"), write("A red windmill")
    assert titles(searcher, "red") == ["A red windmill", "A red ship", "A red lighthouse"]
    day = f"{first.received_at:%Y-%m-%d}"
    assert len(titles(searcher, "red", since=day, until=day)) == 3


def test_a_worker_that_looks_finds_what_was_marked(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, *_, **__: told.append(task))
    index.run(60)
    index.look()
    flush(10)
    assert told == []
    write("A red lighthouse")
    index.look()
    eventually(lambda: told == [INDEX_SEARCH])
    assert (queue_of(INDEX_SEARCH), lane_of(INDEX_SEARCH)) == ("periodic", "search"), "which nothing else holds up"
