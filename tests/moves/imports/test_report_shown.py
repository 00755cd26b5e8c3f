"""Who hears what could not be placed: the person by mail and on pages, the operator in the admin."""

from typing import Any

import httpx
import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from moves.imports.running import ending, job
from moves.models import ArchiveImport, Event
from moves.tasks import send_import_mail, settle_import
from tests.support.bringing import Bringing
from tests.support.cozy_archives import BROKEN, cozy_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.worker import browser, submit


def test_the_mail_has_the_report(bob: Person, http: httpx.Client) -> None:
    found = Bringing.of(http, bob, cozy_zip(BROKEN))
    send_import_mail(found.pk)
    send_import_mail(found.pk)
    [sent] = mail.outbox
    assert sent.to == ["bob@example.org"]
    assert sent.subject == "Your data has arrived, but 1 thing is missing"
    assert "It is done, but 1 thing is missing" in sent.body
    assert "io.cozy.files/lost: Its content is missing" in sent.body
    assert f"/settings/imports/{found.row.doc_id}" in sent.body
    assert "2 new here" in sent.body
    assert Event.objects.filter(archive_import_id=found.pk, kind=Event.Kind.MAILED).count() == 1


def test_the_mail_of_a_failure_says_why(bob: Person, http: httpx.Client) -> None:
    found = Bringing.of(http, bob, b"no archive")
    send_import_mail(found.pk)
    assert "neither a zip nor a tar" in mail.outbox[0].body
    assert mail.outbox[0].subject == "Your data could not be brought in"


def test_who_waits_for_the_end_is_told_until_it_hears(bob: Person, http: httpx.Client) -> None:
    told: list[str] = []

    def deaf(archive_import: ArchiveImport, **_: Any) -> None:
        told.append(archive_import.state)
        if len(told) == 1:
            raise OSError("nobody there")

    found = Bringing.of(http, bob, cozy_zip(BROKEN))
    ending.import_ended.connect(deaf)
    try:
        with pytest.raises(OSError, match="nobody"):
            settle_import(found.pk)
        assert found.row.settled_at is None
        for _ in range(3):
            settle_import(found.pk)
    finally:
        ending.import_ended.disconnect(deaf)
    assert told == ["incomplete", "incomplete"]


def test_the_page_brings_data_in_and_shows_what_came(bob: Person, http: httpx.Client) -> None:
    client = browser(bob.row)
    with ExportingServer(ServedPart(cozy_zip(BROKEN))) as other:
        answer = submit(client, "/settings/imports", {"link": other.link})
        assert (answer.status_code, answer["Location"]) == (302, "/move/importing")
        found = ArchiveImport.objects.get()
        assert "On its way" in client.get("/settings/imports").content.decode()
        assert job.run(found.pk)
    page = client.get("/settings/imports").content.decode()
    assert "1 to be looked at" in page
    assert "Done, but 1 missing" in page
    page = client.get("/move/importing").content.decode()
    assert "Your data has arrived, but not all of it" in page
    assert f'href="/settings/imports/{found.doc_id}"' in page
    assert "1 thing is missing" in page
    page = client.get(f"/settings/imports/{found.doc_id}").content.decode()
    assert "It is done, but 1 thing is missing. What is known of it stands below." in page
    assert "io.cozy.files/lost" in page
    assert "could not be taken" in page


@pytest.mark.parametrize("link", ["", "nothing", "https://127.0.0.1:1/#/exports/ABC", "https://a.example/page"])
def test_a_link_that_leads_nowhere_is_said_on_the_page(link: str, bob: Person) -> None:
    answer = submit(browser(bob.row), "/settings/imports", {"link": link})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert ArchiveImport.objects.count() == 0


def test_reports_are_for_their_person(bob: Person, http: httpx.Client) -> None:
    found = Bringing.of(http, bob, cozy_zip(BROKEN))
    other = Person.create("eve")
    assert browser(other.row).get(f"/settings/imports/{found.row.doc_id}").status_code == 404
    assert Client().get(f"/settings/imports/{found.row.doc_id}").status_code == 302


@pytest.fixture
def operator(server: str) -> Client:
    return browser(User.objects.create_superuser("root", "root@example.org", "root"))


def test_the_operator_sees_every_step(bob: Person, http: httpx.Client, operator: Client) -> None:
    found = Bringing.of(http, bob, cozy_zip(BROKEN))
    listed = operator.get("/admin/moves/archiveimport/?state__exact=incomplete").content.decode()
    assert "127.0.0.1" in listed
    assert "done, with some missing" in listed
    page = operator.get(f"/admin/moves/archiveimport/{found.pk}/change/").content.decode()
    for words in (
        "requested",
        "started",
        "done, with some missing",
        "1 missing",
        "Its content is missing",
        "ada.cozy.example",
        "io.cozy.notes",
    ):
        assert words in page, words
    assert "OPAQUE" not in page


def act(operator: Client, action: str, one: Bringing) -> None:
    answer = submit(operator, f"/admin/moves/archiveimport/{one.pk}/do/{action}/", {"text": "asked by Bob"})
    assert answer.status_code == 302


def test_the_operator_can_try_at_once_and_cancel(bob: Person, http: httpx.Client, operator: Client) -> None:
    with ExportingServer(ServedPart(cozy_zip(BROKEN)[:500], ranges=False)) as other:
        found = Bringing.ask(http, bob, other.link)
        assert not job.run(found.pk)
        assert found.row.retry_at
        assert "Again in" in operator.get(f"/admin/moves/archiveimport/{found.pk}/change/").content.decode()
        act(operator, "try_now", found)
        assert found.row.retry_at is None
        assert not job.run(found.pk)
        act(operator, "cancel", found)
    assert found.row.state == "error"
    assert "stopped" in found.row.error
    assert found.row.link == ""
