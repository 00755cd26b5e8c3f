"""Lines that break: an import goes on where it was, with true numbers, or is given up."""

import httpx
from django.utils import timezone

from importers.verticals.blobs.models import File
from moves.imports.running import job
from moves.models import ArchiveImport, Document
from tests.support.bringing import Bringing, assert_whole, many
from tests.support.cozy_archives import cozy_zip, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart


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
