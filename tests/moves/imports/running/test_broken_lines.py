"""Lines that break: an import goes on where it was, with true numbers, or is given up."""

import threading
from html import unescape

import httpx
import pytest
from django.utils import timezone

from importers.verticals.blobs.models import File
from moves.imports.counts import Counts
from moves.imports.running import job
from moves.models import ArchiveImport, Document
from tests.support.bringing import Bringing, assert_whole, many
from tests.support.cozy_archives import cozy_zip, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.fake_server import FakeCall, FakeReply
from tests.support.worker import browser


def test_lines_that_break_are_mended_unseen(bob: Person, http: httpx.Client) -> None:
    archive = stored_zip(many())
    served = ServedPart(archive, breaks=[len(archive), 100_000, 300_000, 5, 700_000, 0, 90_000])
    with ExportingServer(served) as other:
        bringing = Bringing.done(http, bob, other.link)
    assert_whole(bringing, bob)
    assert bringing.row.epoch == 1


def test_a_server_without_ranges_that_breaks_off_is_asked_again(bob: Person, http: httpx.Client) -> None:
    archive = cozy_zip(many())
    with ExportingServer(ServedPart(archive, ranges=False, breaks=[500_000, 1_500_000])) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert not job.run(bringing.pk)
        assert bringing.row.waiting_for
        assert (bringing.row.retry_at or timezone.now()) > timezone.now()
        assert not job.run(bringing.pk)  # it is not time yet
        assert bringing.row.epoch == 1
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert not job.run(bringing.pk)
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert job.run(bringing.pk)
    assert_whole(bringing, bob)
    assert len(other.asked) == 3


def test_an_archive_that_ends_too_early_is_asked_again(bob: Person, http: httpx.Client) -> None:
    archive = cozy_zip(many(100, 10))
    with ExportingServer(ServedPart(archive[: len(archive) // 2], ranges=False)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert not job.run(bringing.pk)
        other.parts[0] = ServedPart(archive, ranges=False)
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert job.run(bringing.pk)
    assert_whole(bringing, bob, 100, 10)


def test_a_server_that_announces_ranges_and_gives_none_is_given_up_with_true_numbers(
    bob: Person, http: httpx.Client
) -> None:
    archive = stored_zip(many())
    with ExportingServer(ServedPart(archive, forgetful=True, breaks=[500_000] * 1000)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        tries = []
        for _ in range(job.MOST_TRIES):
            job.run(bringing.pk, at_once=True)
            tries.append(bringing.row.tries)
    assert tries == list(range(1, job.MOST_TRIES + 1))
    row = bringing.row
    assert row.state == "error"
    assert row.documents == row.outcomes["created"] == sum(row.doctypes.values())
    assert row.documents == Document.objects.count() + File.objects.count() + 1


def test_a_server_that_remembers_its_ranges_goes_on_with_true_numbers(bob: Person, http: httpx.Client) -> None:
    served = ServedPart(stored_zip(many()), forgetful=True, breaks=[700_000, 100, 600_000, 100])
    with ExportingServer(served) as other:
        bringing = Bringing.ask(http, bob, other.link)
        for _ in range(2):
            assert not job.run(bringing.pk, at_once=True)
        part = bringing.row.parts.get()
        served.forgetful = False
        assert job.run(bringing.pk, at_once=True)
    assert part.entries > 3_000
    assert_whole(bringing, bob)


def test_another_archive_in_its_place_is_read_from_its_beginning(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(stored_zip(many(100, 5)), breaks=[60_000, 0, 0, 0])) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert not job.run(bringing.pk)
        assert bringing.row.parts.get().offset
        other.parts[0] = ServedPart(stored_zip(many(120, 6)), etag='"two"')
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert job.run(bringing.pk)
    assert bringing.row.state == "done"
    assert File.objects.filter(owner=bob.row).count() == 6


def test_without_any_progress_it_is_given_up_in_the_end(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(stored_zip(many(10, 1)), breaks=[0] * 1000)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        for _ in range(job.MOST_TRIES):
            assert bringing.row.state == "importing"
            ArchiveImport.objects.update(retry_at=timezone.now())
            job.run(bringing.pk)
    row = bringing.row
    assert row.state == "error"
    assert "given up" in row.error
    assert row.link == ""
    assert sum(job.IMPORT_PAUSES) > 3600 * 3


PAGE = FakeReply(200, b"<!DOCTYPE html><h1>Back soon</h1>", {"Content-Type": "text/html; charset=utf-8"})
NOTHING = FakeReply(200, b"", {"Content-Type": "application/zip"})
JSON_ERROR = FakeReply(200, {"error": "try later"})


class Disturbed(ServedPart):
    """A part in whose place something else is sent for so many times."""

    def __init__(self, content: bytes, instead: FakeReply, times: int) -> None:
        super().__init__(content, ranges=False)
        self.instead, self.times = instead, times

    def __call__(self, call: FakeCall) -> None:
        self.times -= 1
        if self.times < 0:
            return super().__call__(call)
        return call.send(self.instead.raw)


@pytest.mark.parametrize("instead", [PAGE, NOTHING, JSON_ERROR, FakeReply(500)])
def test_what_is_sent_once_in_place_of_an_archive_is_passed_over(
    bob: Person, http: httpx.Client, instead: FakeReply
) -> None:
    with ExportingServer(Disturbed(cozy_zip(many(20, 2)), instead, 2)) as other:
        bringing = Bringing.done(http, bob, other.link)
    assert_whole(bringing, bob, 20, 2)
    assert bringing.row.epoch == 1


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        (PAGE, "sends a page (text/html) in place"),
        (NOTHING, "sends nothing in place"),
        (FakeReply(500), "answered 500"),
    ],
)
def test_what_is_always_sent_in_place_of_an_archive_is_said_while_it_is_tried_again(
    bob: Person, http: httpx.Client, instead: FakeReply, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_it_ran = threading.Event()

    def look(row: ArchiveImport, counts: Counts) -> None:
        if said in ArchiveImport.objects.get(pk=row.pk).waiting_for:
            while_it_ran.set()

    with ExportingServer(Disturbed(cozy_zip(many(20, 2)), instead, 10_000)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert not job.run(bringing.pk)
        assert said in bringing.row.waiting_for
        ArchiveImport.objects.update(waiting_for="")
        monkeypatch.setattr("moves.watch.pause", lambda seconds: while_it_ran.wait(60))
        assert not job.run(bringing.pk, look, at_once=True)
        assert while_it_ran.is_set()
        for _ in range(job.MOST_TRIES):
            job.run(bringing.pk, at_once=True)
    assert bringing.row.state == "error"
    assert said in bringing.row.error


def test_a_damaged_archive_of_a_link_is_to_be_imported_again_and_not_to_be_fetched_by_hand(
    bob: Person, http: httpx.Client
) -> None:
    archive = bytearray(stored_zip(many(20, 2)))
    archive[archive.index(b"PK\x03\x04", 5_000) : -2_000] = bytes(
        len(archive) - 2_000 - archive.index(b"PK\x03\x04", 5_000)
    )
    with ExportingServer(ServedPart(bytes(archive), ranges=False)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        job.run(bringing.pk)
    assert bringing.row.state == "error"
    assert "Import it again by the same link" in bringing.row.error


def test_where_more_came_than_was_expected_nobody_says_how_much_there_is(bob: Person, http: httpx.Client) -> None:
    archive = cozy_zip(many())
    with ExportingServer(ServedPart(archive, ranges=False, breaks=[500_000] * 100)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        ArchiveImport.objects.update(bytes_expected=3_100)
        assert not job.run(bringing.pk)
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert not job.run(bringing.pk)
        row = bringing.row
        page = browser(bob.row).get("/move/importing").content.decode()
    assert row.bytes_read > 3_100
    assert row.bytes_expected == 0
    assert "so far" in page
    assert row.waiting_for in unescape(page)
