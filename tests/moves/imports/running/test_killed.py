"""Killed or overtaken, an import goes on where it was; and it always ends."""

import io
import random
import signal
import tarfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from importers.models import Upload
from importers.verticals.blobs.models import File
from moves import jobs
from moves.imports import requests
from moves.imports.placing import staging
from moves.imports.running import job
from moves.imports.running.all_parts import AllParts
from moves.jobs import Fenced
from moves.models import ArchiveImport
from tests.support.bringing import Bringing, assert_nothing_is_left, assert_whole, import_archive, many
from tests.support.cozy_archives import cozy_zip, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart

pytestmark = pytest.mark.services


def killed(bringing: Bringing, after: float, *, reads_something: bool = False) -> None:
    """Lets a worker begin, and kills it so many seconds after it has claimed the import or, where it `reads_something`,
    after it has written down how far it is."""
    epoch = bringing.row.epoch
    process = bringing.worker()
    while bringing.row.epoch == epoch and process.poll() is None:
        time.sleep(0.02)
    while reads_something and process.poll() is None and not any(part.offset for part in bringing.row.parts.all()):
        time.sleep(0.02)
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
        for number in range(4):
            if bringing.row.state == "importing":
                killed(bringing, chance.random() * 1.2, reads_something=number == 2)
                offsets.append([part.offset for part in bringing.row.parts.all()])
        job.revive()
        job.run(bringing.pk)
    assert_whole(bringing, bob)
    assert any(offset for [offset] in filter(None, offsets)), offsets
    assert bringing.row.epoch > 2
    if ranges:
        assert [asked for _, asked in other.asked if asked], other.asked


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
            patched.setattr(AllParts, "_note_read", kill)
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


def test_a_cancelled_import_stops(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(stored_zip(many(2_000, 100)), pause=0.05)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        process = bringing.worker()
        while not bringing.row.documents:
            time.sleep(0.02)
        assert requests.cancel(bringing.row, "It was stopped by the operator.")
        assert process.wait(timeout=60) == 0
    row = bringing.row
    assert (row.state, row.error, row.link) == ("error", "It was stopped by the operator.", "")
    Upload.objects.update(expires_at=timezone.now())
    assert_nothing_is_left()


def test_archives_on_the_disk_go_on_after_a_kill(bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(stored_zip(many(6_000, 300)))
    bringing = Bringing(requests.begin(bob.row, paths=[path], origin="command").pk)
    process = bringing.worker()
    while not bringing.row.documents:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    begun = bringing.row.documents
    assert 0 < begun < 6_000
    import_archive("bob", path)
    assert_whole(bringing, bob, 6_000, 300)
    assert ArchiveImport.objects.count() == 1
