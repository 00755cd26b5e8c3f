"""Killed, cut off, or without room: an import goes on where it was, and always ends."""

import io
import os
import random
import signal
import tarfile
import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from importers.content.storage import stored_keys
from importers.maintenance import collection, verification
from importers.models import Content, Upload
from importers.verticals.blobs.models import File
from moves import jobs
from moves.imports import requests
from moves.imports.placing import staging
from moves.imports.running import job, run
from moves.jobs import Fenced
from moves.models import ArchiveImport, Document
from tests.support.bringing import Bringing
from tests.support.cozy_archives import cozy_zip, directory, document, file, instance, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def trusting(settings: Any) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]
    settings.WHARF_PEER_PAUSES = (0, 0)


@pytest.fixture
def bob(server: str) -> Person:
    return Person.create("bob")


def many(documents: int = 3_000, files: int = 150, size: int = 20_000) -> list[tuple[str, bytes]]:
    """The entries of an archive that takes a moment."""
    chance = random.Random(5)  # noqa: S311
    entries = [instance(), directory("dir", "/Folder")]
    entries += [document("io.cozy.notes.of.someone", f"note-{n}", text=f"Note {n}") for n in range(documents)]
    for number in range(files):
        entries += file(f"file-{number}", f"/Folder/{number}.bin", chance.randbytes(size + number), "dir")
    return entries


def assert_whole(bringing: Bringing, person: Person, documents: int = 3_000, files: int = 150) -> None:
    row = bringing.row
    assert row.state == "done", row.error
    assert bringing.said == []
    assert File.objects.filter(owner=person.row).count() == files
    assert row.doctypes["io.cozy.notes.of.someone"] == documents
    assert row.doctypes["io.cozy.files"] == files + 1
    assert row.documents == sum(row.outcomes.values()) == documents + files + 1
    assert row.files_count == files
    assert_nothing_is_left()


def assert_nothing_is_left() -> None:
    """Every stored byte belongs to somebody."""
    Upload.objects.exclude(process="").update(expires_at=timezone.now())
    collection.purge()
    assert set(stored_keys(default_storage)) == set(Content.objects.values_list("storage_key", flat=True))
    assert list(verification.verify_keys(repair=False)) == []


def killed(bringing: Bringing, after: float) -> None:
    """Lets a worker begin, and kills it so many seconds after it has claimed the import."""
    epoch = bringing.row.epoch
    process = bringing.worker()
    while bringing.row.epoch == epoch and process.poll() is None:
        time.sleep(0.005)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("ranges", [True, False])
def test_killed_at_any_moment_it_goes_on_and_ends_whole(ranges: bool, bob: Person, http: httpx.Client) -> None:
    archive = (stored_zip if ranges else cozy_zip)(many())
    chance = random.Random(11)  # noqa: S311
    with ExportingServer(ServedPart(archive, ranges=ranges, pause=0.06)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        offsets = []
        for _ in range(4):
            if bringing.row.state == "importing":
                killed(bringing, chance.random() * 1.2)
                offsets.append([part.offset for part in bringing.row.parts.all()])
        job.revive()
        job.run(bringing.pk)
    assert_whole(bringing, bob)
    assert any(offset for [offset] in filter(None, offsets)), offsets
    assert bringing.row.epoch > 2
    if ranges:
        assert [asked for _, asked in other.asked if asked], other.asked


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


@pytest.mark.parametrize("kind", ["stored", "streamed", "tar"])
def test_killed_after_the_last_entry_it_reads_the_end_again(
    kind: str, bob: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = many(100, 5)
    archive = {"stored": stored_zip, "streamed": cozy_zip, "tar": tar_of}[kind](entries)

    def kill(*_: Any) -> None:
        raise Fenced

    with ExportingServer(ServedPart(archive)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        with monkeypatch.context() as patched:
            patched.setattr(run.ImportRun, "_note_read", kill)
            assert not job.run(bringing.pk)
        part = bringing.row.parts.get()
        assert (part.done_at, part.entries) == (None, len(entries))
        assert len(archive) // 2 < part.offset < len(archive)
        ArchiveImport.objects.update(heartbeat_at=timezone.now() - jobs.LEASE * 2, process="gone")
        assert job.run(bringing.pk)
        assert (0, f"bytes={part.offset}-") in other.asked
    assert_whole(bringing, bob, 100, 5)


def tar_of(entries: list[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, body in entries:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return packed.getvalue()


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


def test_workers_that_always_die_end_it(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(stored_zip(many(10, 1)))) as other:
        bringing = Bringing.ask(http, bob, other.link)
        ArchiveImport.objects.update(tries=job.MOST_TRIES, heartbeat_at=timezone.now() - timedelta(hours=1))
        job.run(bringing.pk)
    assert bringing.row.state == "error"
    assert "died" in bringing.row.error


def test_a_living_run_is_left_alone(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(stored_zip(many(10, 1)))) as other:
        bringing = Bringing.ask(http, bob, other.link)
        ArchiveImport.objects.update(epoch=1, heartbeat_at=timezone.now(), process="of another machine")
        assert not job.run(bringing.pk)
        assert bringing.row.epoch == 1


def test_a_run_that_was_overtaken_writes_nothing(
    bob: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = staging.Staging.receive

    def overtaken(stage: staging.Staging, part: Any) -> Any:
        ArchiveImport.objects.update(epoch=7)
        return original(stage, part)

    with ExportingServer(ServedPart(stored_zip(many(0, 5)))) as other:
        bringing = Bringing.ask(http, bob, other.link)
        with monkeypatch.context() as patched:
            patched.setattr(staging.Staging, "receive", overtaken)
            assert not job.run(bringing.pk)
        assert File.objects.filter(owner=bob.row).count() == 0
        assert (bringing.row.state, bringing.row.epoch) == ("importing", 7)
        ArchiveImport.objects.update(heartbeat_at=timezone.now() - jobs.LEASE * 2, process="gone")
        assert job.run(bringing.pk)
    assert_whole(
        bringing, bob, 0, 5
    ) if "io.cozy.notes.of.someone" in bringing.row.doctypes else assert_nothing_is_left()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """A file that is gone on with inside."""
    yield os.urandom(70 * MIB)


def test_a_large_file_goes_on_inside(large: bytes, bob: Person, http: httpx.Client) -> None:
    archive = stored_zip([instance(), *file("large", "/large.bin", large), *file("small", "/small.bin", b"small")])
    with ExportingServer(ServedPart(archive, pause=0.003)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        process = bringing.worker()
        while not [one for one in stored_keys(default_storage) if default_storage.size(one) > 20 * MIB]:
            time.sleep(0.01)
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        collection.purge()  # what came of it stays
        before = len(other.asked)
        assert job.run(bringing.pk)
    begins = [int(asked[6:-1]) for _, asked in other.asked[before:] if asked]
    assert max(begins) > 20 * MIB
    assert bringing.row.state == "done"
    assert bringing.said == []
    assert {one.name: one.content.size for one in File.objects.filter(owner=bob.row)} == {
        "large.bin": len(large),
        "small.bin": 5,
    }
    assert Upload.objects.count() == 0
    assert_nothing_is_left()


def test_what_is_wrong_with_the_kept_bytes_of_a_large_file_is_mended(
    large: bytes, bob: Person, http: httpx.Client
) -> None:
    archive = stored_zip([instance(), *file("large", "/large.bin", large)])
    with ExportingServer(ServedPart(archive, breaks=[30 * MIB, 0, 0, 0])) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert not job.run(bringing.pk)
        [key] = stored_keys(default_storage)
        with open(default_storage.path(key), "r+b") as stored:  # noqa: PTH123
            stored.write(b"other bytes than those that came")
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert job.run(bringing.pk)
    assert bringing.row.state == "done"
    assert bringing.said == []
    assert File.objects.get(owner=bob.row).content.size == len(large)
    assert_nothing_is_left()


def test_without_room_it_stops_and_goes_on_when_there_is_some(bob: Person, http: httpx.Client) -> None:
    entries = many(10, 50, 10_000)
    with ExportingServer(ServedPart(stored_zip(entries))) as other:
        bob.set_quota(250_000)
        first = Bringing.ask(http, bob, other.link)
        assert job.run(first.pk)
        assert first.row.state == "error"
        assert "room" in first.row.error
        here = File.objects.filter(owner=bob.row).count()
        assert 15 < here < 25
        assert bob.used <= 250_000
        assert Upload.objects.filter(reserved_bytes__gt=0).count() == 0
        bob.set_quota(None)
        before = len(other.asked)
        second = Bringing.done(http, bob, other.link)
    assert File.objects.filter(owner=bob.row).count() == 50
    assert (first.row.files_count, second.row.files_count) == (here, 50)  # the second tells of all of it
    assert second.row.documents == second.row.outcomes["created"] == 61
    assert any(asked for _, asked in other.asked[before:])
    assert second.said == []
    assert_nothing_is_left()


def test_what_is_said_of_a_full_account_is_true(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(cozy_zip(many(0, 20, 40_000)), ranges=False)) as other:
        bob.set_quota(300_000)
        bringing = Bringing.ask(http, bob, other.link)
        assert job.run(bringing.pk)
    assert bob.used > 240_000
    assert f"{bob.used} of 300000 bytes are in use" in bringing.row.error


def test_what_has_no_room_with_its_documents_is_not_passed_over(bob: Person, http: httpx.Client) -> None:
    """The bytes of the first file fit, but not what its document takes; the second one is no small file."""
    one = file("one", "/one.txt", b"1" * 20_000, note="n" * 50_000)
    entries = [instance(), *one, *file("two", "/two.bin", bytes(9 * MIB))]
    with ExportingServer(ServedPart(stored_zip(entries))) as other:
        bob.set_quota(50_000)
        first = Bringing.ask(http, bob, other.link)
        assert job.run(first.pk)
        assert "room" in first.row.error
        bob.set_quota(None)
        second = Bringing.done(http, bob, other.link)
    assert second.row.doctypes == {"io.cozy.files": 2}
    assert File.objects.filter(owner=bob.row).count() == 2


def test_what_goes_on_after_a_failure_still_says_what_was_lost_before_it(bob: Person, http: httpx.Client) -> None:
    lost = file("bad", "/bad.txt", b"bad", md5sum="AAAAAAAAAAAAAAAAAAAAAA==")
    homeless = file("homeless", "/nowhere/homeless.txt", b"homeless", "no such directory")
    with ExportingServer(ServedPart(cozy_zip([*lost, *homeless, *many(0, 20, 40_000)]), ranges=False)) as other:
        bob.set_quota(300_000)
        first = Bringing.ask(http, bob, other.link)
        assert job.run(first.pk)
        assert first.row.state == "error"
        assert first.row.codes == {"md5_differs": 1, "refused": 1}
        bob.set_quota(None)
        second = Bringing.done(http, bob, other.link)
    assert second.row.codes == {"md5_differs": 1, "refused": 1, "parent_missing": 1}
    assert second.row.reported == 3
    assert [code for code, _ in second.said] == ["md5_differs", "refused", "parent_missing"]
    assert second.row.proof["missing"] > 0
    assert second.row.doctypes == {"io.cozy.files": 23}
    assert File.objects.filter(owner=bob.row).count() == 21


def test_a_cancelled_import_stops(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(stored_zip(many(2_000, 100)), pause=0.05)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        process = bringing.worker()
        while not bringing.row.documents:
            time.sleep(0.02)
        assert requests.cancel(bringing.row, "It was stopped by the operator.")
        assert process.wait(timeout=20) == 0
    row = bringing.row
    assert (row.state, row.error, row.link) == ("error", "It was stopped by the operator.", "")
    Upload.objects.update(expires_at=timezone.now())
    assert_nothing_is_left()


def test_progress_within_a_large_file_counts_as_such(large: bytes, bob: Person, http: httpx.Client) -> None:
    archive = stored_zip([instance(), *file("large", "/large.bin", large)])
    with ExportingServer(ServedPart(archive, breaks=[10 * MIB, 0, 0, 10**9, 3 * MIB, 0, 0])) as other:
        bringing = Bringing.ask(http, bob, other.link)
        for _ in range(2):
            assert not job.run(bringing.pk, at_once=True)
            assert bringing.row.tries == 1
        assert job.run(bringing.pk, at_once=True)
    assert bringing.row.state == "done"


def test_archives_on_the_disk_go_on_after_a_kill(bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(stored_zip(many(6_000, 300)))
    bringing = Bringing(requests.begin(bob.row, paths=[path], origin="command").pk)
    process = bringing.worker()
    while not bringing.row.documents:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    begun = bringing.row.documents
    assert 0 < begun < 6_000
    call_command("import_archive", "bob", str(path), stdout=StringIO(), stderr=StringIO())
    assert_whole(bringing, bob, 6_000, 300)
    assert ArchiveImport.objects.count() == 1
