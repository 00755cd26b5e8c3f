"""Who ends an import ends its connections, and one that does not get on ends by itself."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from moves.imports.requests import cancel
from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.bringing import Bringing, assert_whole, many
from tests.support.cozy_archives import cozy_zip, document, file, instance, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.fake_server import FakeCall
from tests.support.hostile import padded, tar_header

SECONDS = 10.0  # in which what is ended has ended, also on a busy machine
HUGE = 2**50  # bytes that an entry says to have


class EvilLine:
    """How an evil server sends a part: a beginning, and then so many bytes for ever. `closed`: when the other side has
    hung up."""

    def __init__(self, begin: bytes, more: bytes, pause: float) -> None:
        self.begin, self.more, self.pause = begin, more, pause
        self.began, self.closed = threading.Event(), threading.Event()

    def __call__(self, call: FakeCall) -> None:
        try:
            call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nConnection: close\r\n\r\n" + self.begin)
            self.began.set()
            while self.more:
                call.send(self.more)
                time.sleep(self.pause)
            call.wire.recv(1)  # silent until the other side hangs up
        finally:
            self.closed.set()


def dripping() -> EvilLine:
    name = b"My Cozy/Data/io.cozy.notes/one.json"
    size = b"\x80" + HUGE.to_bytes(11, "big")  # as a tar writes what its twelve digits can't
    return EvilLine(tar_header(b"My Cozy/Data/", kind=b"5") + tar_header(name, size), b" " * 100, 0.05)


def silent() -> EvilLine:
    return EvilLine(b"", b"", 0)


def endless_members() -> EvilLine:
    """A gzip that never has anything in it."""
    return EvilLine(gzip.compress(b"My Cozy/"), gzip.compress(b"") * 2_000, 0.001)


LINES = pytest.mark.parametrize("line", [dripping, silent, endless_members])


@contextmanager
def running(bringing: Bringing) -> Iterator[threading.Thread]:
    """What a worker would do."""

    def work() -> None:
        job.run(bringing.pk)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


def ended_by_person(bringing: Bringing) -> None:
    assert cancel(bringing.row, "It was stopped.")


def account_deleted(bringing: Bringing) -> None:
    User.objects.get(pk=bringing.row.owner_id).delete()


def overtaken(bringing: Bringing) -> None:
    ArchiveImport.objects.update(epoch=7)


@pytest.mark.alone
@LINES
@pytest.mark.parametrize("end", [ended_by_person, account_deleted, overtaken])
def test_who_ends_an_import_ends_its_connection(
    bob: Person, http: httpx.Client, line: Callable[[], EvilLine], end: Callable[[Bringing], None]
) -> None:
    evil = line()
    with ExportingServer(ServedPart(b"")) as other:
        other.says("GET /move/exports/data/OPAQUE", evil)
        bringing = Bringing.ask(http, bob, other.link)
        with running(bringing) as worker:
            assert evil.began.wait(60)
            end(bringing)
            began = time.monotonic()
            assert evil.closed.wait(SECONDS)
            worker.join(SECONDS)
            assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("line", [dripping, endless_members])
def test_an_import_that_brings_too_little_ends_as_error(
    bob: Person, http: httpx.Client, settings: LazySettings, line: Callable[[], EvilLine]
) -> None:
    settings.WHARF_IMPORT_SLOW_AFTER = 2
    with ExportingServer(ServedPart(b"")) as other:
        other.says("GET /move/exports/data/OPAQUE", line())
        bringing = Bringing.ask(http, bob, other.link)
        with running(bringing) as worker:
            worker.join(30)
            assert not worker.is_alive()
    assert bringing.row.state == "error"
    assert "Too little comes" in bringing.row.error


def test_what_came_before_it_was_too_slow_stays_and_is_gone_on_from(
    bob: Person, http: httpx.Client, settings: LazySettings
) -> None:
    settings.WHARF_IMPORT_SLOW_AFTER = 1
    archive = stored_zip(many(300, 20))
    served = ServedPart(archive, pause=0.4)
    with ExportingServer(served) as other:
        bringing = Bringing.ask(http, bob, other.link)
        settings.WHARF_IMPORT_LEAST_BYTES = 10 * len(archive)
        assert job.run(bringing.pk)
        assert bringing.row.state == "error"
        some = bringing.row.documents
        assert 0 < some < 321
        served.pause = 0
        settings.WHARF_IMPORT_LEAST_BYTES = 1
        again = Bringing.done(http, bob, other.link)
    assert again.row.documents == 321
    assert_whole(again, bob, 300, 20)


@pytest.mark.parametrize(
    ("ranges", "number", "size"), [(True, 4, 6_000_000), (False, 4, 6_000_000), (True, 20, 600_000)]
)
def test_an_import_that_finds_everything_here_already_gets_on(
    bob: Person, http: httpx.Client, settings: LazySettings, ranges: bool, number: int, size: int
) -> None:
    """Bytes of entries count, whether they are placed or passed over."""
    entries = [instance()]
    for one in range(number):
        entries += file(f"file-{one}", f"/{one}.bin", bytes([one]) * size)
    archive = stored_zip(entries) if ranges else cozy_zip(entries)
    with ExportingServer(ServedPart(archive, ranges=ranges)) as other:
        Bringing.done(http, bob, other.link)
    settings.WHARF_IMPORT_SLOW_AFTER = 1
    settings.WHARF_IMPORT_LEAST_BYTES = 200_000
    with ExportingServer(ServedPart(archive, ranges=ranges, pause=0.02)) as other:
        again = Bringing.done(http, bob, other.link)
    assert again.row.outcomes["unchanged"] == number


def test_an_import_ends_that_takes_too_long_for_what_it_brings(
    bob: Person, http: httpx.Client, settings: LazySettings
) -> None:
    archive = stored_zip(many(300, 20))
    settings.WHARF_IMPORT_DEADLINE = timedelta(seconds=0)
    settings.WHARF_IMPORT_LEAST_RATE = len(archive)  # so that all of it would have a second
    with ExportingServer(ServedPart(archive, pause=1)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert job.run(bringing.pk)
    assert bringing.row.state == "error"
    assert "took too long" in bringing.row.error


def test_a_large_import_over_a_slow_line_ends_well(bob: Person, http: httpx.Client, settings: LazySettings) -> None:
    """Its deadline grows with what came: 2 TB over 50 Mbit/s take four days, and have three months."""
    days = timedelta(seconds=2e12 / (50e6 / 8))
    archive = stored_zip(many(300, 20))
    with ExportingServer(ServedPart(archive)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        begun = {"started_at": timezone.now() - days, "tally": {"unpacked": 2 * 10**12, "packed": 2 * 10**12}}
        ArchiveImport.objects.update(**begun)
        assert job.run(bringing.pk)
        assert bringing.row.state == "done"
        other_one = Bringing.ask(http, bob, other.link)
        begun["tally"] = {"unpacked": 10**6, "packed": 10**6}
        ArchiveImport.objects.filter(pk=other_one.pk).update(**begun)
        assert job.run(other_one.pk)
    assert other_one.row.state == "error"


def test_an_import_of_an_archive_on_this_machine_is_ended_as_soon(bob: Person, tmp_path: Any) -> None:
    archive = tmp_path / "empty.tar.gz"
    with archive.open("wb") as out:
        out.write(gzip.compress(tar_header(b"x", 3) + padded(b"abc")))
        for _ in range(400):
            out.write(gzip.compress(b"") * 50_000)
    row = ArchiveImport.objects.create(owner=bob.row, paths=[str(archive)], started_at=timezone.now())
    bringing = Bringing(row.pk)
    with running(bringing) as worker:
        while not bringing.row.heartbeat_at:
            time.sleep(0.01)
        cancel(bringing.row, "It was stopped.")
        worker.join(SECONDS)
        assert not worker.is_alive()
    assert bringing.row.error == "It was stopped."


def test_a_document_that_drips_is_ended_inside_of_it(bob: Person, http: httpx.Client) -> None:
    """Before the archive, its export has a document, which may come as slowly."""
    began, closed = threading.Event(), threading.Event()

    def drip(call: FakeCall) -> None:
        try:
            call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            began.set()
            while True:
                call.send(b" ")
                time.sleep(0.05)
        finally:
            closed.set()

    with ExportingServer(ServedPart(stored_zip([document("io.cozy.notes", "n")]))) as other:
        bringing = Bringing.ask(http, bob, other.link)
        other.says("GET /move/exports/OPAQUE", drip)
        with running(bringing):
            assert began.wait(60)
            cancel(bringing.row, "It was stopped.")
            assert closed.wait(SECONDS)
