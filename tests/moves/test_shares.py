"""Nobody has more than a part of the workers: neither an account nor another server."""

import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from importers.content import processes
from moves.background import BackgroundTask
from moves.exports import hashing
from moves.exports import job as exporting
from moves.exports import requests as export_requests
from moves.exports.requests import Wish
from moves.imports.requests import begin
from moves.imports.running import job
from moves.models import ArchiveImport, Export, Move, Part
from moves.moving import worker
from moves.peers.site import site_of
from tests.support.bringing import Bringing, assert_whole, many
from tests.support.cozy_archives import instance, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.fake_server import FakeReply, FakeServer

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def trusting(settings: LazySettings, server: str) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]
    settings.WHARF_BASE_URL = server


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What workers were told."""
    found: list[tuple[str, int]] = []
    monkeypatch.setattr("moves.shares.tell", lambda task, pk: found.append((task, pk)))
    return found


def at_work(name: str, link: str) -> ArchiveImport:
    """An import of somebody's that a worker is at."""
    return ArchiveImport.objects.create(
        owner=Person.create(name).row,
        link=link,
        site=site_of(link),
        epoch=1,
        started_at=timezone.now(),
        heartbeat_at=timezone.now(),
        process=processes.current(),
    )


def asked(name: str, link: str) -> ArchiveImport:
    """An import that waits for a worker."""
    person = Person.create(name)
    return begin(person.row, link=link, origin="page")


def was_begun(row: ArchiveImport) -> bool:
    """Whether a worker that is told of it takes it."""
    job.run(row.pk)
    row.refresh_from_db()
    return row.epoch > 0


def test_one_other_server_has_half_of_the_workers(told: Any) -> None:
    with ExportingServer(ServedPart(stored_zip([instance()]))) as good:
        for number in range(2):  # of four
            at_work(f"evil{number}", f"https://n{number}.evil.example/#/exports/X")
        assert not was_begun(waiting := asked("third", "https://n3.evil.example:8443/#/exports/X"))
        assert (waiting.state, waiting.tries) == ("importing", 0)  # it waits, and nothing is counted against it
        assert was_begun(asked("ada", good.link))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://ada.cozy.example/", "https://bob.cozy.example:8443/x", True),
        ("https://ada.example.co.uk/", "https://bob.example.co.uk/", True),
        ("https://cozy.example/", "https://cozy.org/", False),
        ("https://192.0.2.7:8001/", "https://192.0.2.7:8002/", False),
        ("https://[2001:db8::1]/", "https://[2001:0db8::1]:443/", True),
        ("https://ada.192.0.2.7:8001/", "https://ada.192.0.2.7:8002/", False),
    ],
)
def test_all_names_of_a_domain_are_one_server(one: str, other: str, same: bool) -> None:
    assert (site_of(one) == site_of(other)) == same


def test_a_link_that_can_not_be_decrypted_any_more_stops_nobody_else(told: Any) -> None:
    evil = at_work("evil", "https://old.example/#/exports/X")
    waiting = asked("ben", "https://old.example/#/exports/X")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE moves_archiveimport SET link = 'of another key' WHERE id IN (%s, %s)", [evil.pk, waiting.pk]
        )
    with ExportingServer(ServedPart(stored_zip([instance()]))) as good:
        assert was_begun(asked("ada", good.link))
    assert told == [(BackgroundTask.IMPORT_ARCHIVE, waiting.pk)]


@pytest.mark.parametrize("how", ["silent", "seen"])
def test_a_worker_that_died_counts_no_more(told: Any, settings: LazySettings, how: str) -> None:
    with ExportingServer(ServedPart(stored_zip([instance()]))) as good:
        for number in range(2):
            row = at_work(f"evil{number}", good.link)
        assert not was_begun(waiting := asked("ada", good.link))
        if how == "silent":
            ArchiveImport.objects.filter(pk=row.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=2))
        else:
            (settings.WHARF_DATA_DIR / "processes" / ("d" * 32)).touch()  # which nobody holds
            ArchiveImport.objects.filter(pk=row.pk).update(process="d" * 32)
        assert was_begun(waiting)


def test_who_waits_for_longest_and_may_begin_is_next(told: list[tuple[str, int]]) -> None:
    with ExportingServer(ServedPart(stored_zip([instance()]))) as good:
        at_work("evil0", "https://evil.example/#/exports/X")
        at_work("evil1", "https://evil.example/#/exports/X")
        asked("evil2", "https://evil.example/#/exports/X")
        first, second = asked("ada", good.link), asked("ben", good.link)
        assert was_begun(asked("cleo", good.link))
        assert told == [(BackgroundTask.IMPORT_ARCHIVE, first.pk)]
        assert was_begun(first)
        assert told[1:] == [(BackgroundTask.IMPORT_ARCHIVE, second.pk)]


def test_one_account_has_half_of_the_workers(ada: Person, told: Any) -> None:
    evil = at_work("evil", "https://evil.example/#/exports/X").owner
    done = export_requests.create(evil, Wish(), "move")
    assert exporting.run(done.pk)
    more = export_requests.create(evil, Wish(), "move")
    Export.objects.filter(pk=done.pk).update(hashing_at=timezone.now())  # somebody is at it
    assert not exporting.run(more.pk)
    assert Export.objects.get(pk=more.pk).epoch == 0
    assert exporting.run(export_requests.create(ada.row, Wish(), "move").pk)
    Export.objects.filter(pk=done.pk).update(hashing_at=None)
    assert exporting.run(more.pk)
    hashing.hash_parts(more.pk)
    assert not Part.objects.filter(export=more.pk, sha256="").exists()


def test_hashes_of_one_account_wait_as_well(ada: Person, told: Any) -> None:
    done = export_requests.create(ada.row, Wish(), "move")
    assert exporting.run(done.pk)
    at_work_of(ada.row, done)
    hashing.hash_parts(done.pk)
    assert Part.objects.filter(export=done, sha256="").exists()
    ArchiveImport.objects.all().delete()
    hashing.hash_parts(done.pk)
    assert not Part.objects.filter(export=done, sha256="").exists()


def at_work_of(owner: User, done: Export) -> None:
    """Another export of this account is made, and an archive comes in."""
    Export.objects.create(
        owner=owner, parts_size=1, max_age=1, expires_at=timezone.now(), heartbeat_at=timezone.now(), epoch=1
    )
    ArchiveImport.objects.create(owner=owner, heartbeat_at=timezone.now(), epoch=1)


def test_an_import_that_has_had_its_turn_makes_room_and_goes_on_later(
    http: httpx.Client, ada: Person, settings: LazySettings, told: list[tuple[str, int]]
) -> None:
    settings.WHARF_ARCHIVE_WORKERS = 1
    settings.WHARF_IMPORT_TURN = timedelta(seconds=0)
    served = ServedPart(stored_zip(many(300, 20)), pause=0.5)
    with ExportingServer(served) as slow, ExportingServer(ServedPart(stored_zip([instance()]))) as good:
        bringing = Bringing.ask(http, ada, slow.link)
        waiting = asked("ben", good.link)
        assert not job.run(bringing.pk)
        assert bringing.row.waiting_for == "Others wait for their turn. It goes on when it has one again."
        assert told == [(BackgroundTask.IMPORT_ARCHIVE, waiting.pk)]
        assert was_begun(waiting)
        served.pause = 0
        assert job.run(bringing.pk)  # nobody waits any more
    assert bringing.row.epoch == 2
    assert_whole(bringing, ada, 300, 20)


def test_two_that_begin_at_once_are_counted(settings: LazySettings, told: Any) -> None:
    settings.WHARF_ARCHIVE_WORKERS = 2
    released = threading.Event()

    def slow(_: Any) -> FakeReply:
        released.wait(30)
        return FakeReply(404)

    with FakeServer(slow) as other:
        rows = [asked(name, f"{other.url}/#/exports/OPAQUE") for name in ("ada", "ben", "cleo")]

        def work(pk: int) -> None:
            job.run(pk)
            connection.close()

        threads = [threading.Thread(target=work, args=(row.pk,)) for row in rows]
        for thread in threads:
            thread.start()
        while sum(thread.is_alive() for thread in threads) > 1:
            threads[0].join(0.05)
        released.set()
        for thread in threads:
            thread.join(30)
    assert sorted(ArchiveImport.objects.values_list("epoch", flat=True)) == [0, 0, 1]


# Moves


def departing(name: str, peer_url: str, **columns: Any) -> Move:
    """A move away that calls the other server next."""
    told = {"side": "source", "state": "announcing", "lease_until": timezone.now() + timedelta(hours=1)}
    due = {"next_at": timezone.now(), "peer_token": "token"}
    return Move.objects.create(owner=Person.create(name).row, peer_url=peer_url, **(told | due | columns))


def test_one_other_server_has_half_of_those_who_call(settings: LazySettings) -> None:
    settings.WHARF_CALL_WORKERS = 4
    beats = {"heartbeat_at": timezone.now(), "process": processes.current(), "epoch": 1}
    for number in range(2):
        departing(f"evil{number}", f"https://n{number}.silent.example/", **beats)
    waiting = departing("third", "https://silent.example/")
    worker.advance(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.epoch, waiting.tries) == (0, 0)
    with FakeServer(FakeReply(404)) as other:
        another = departing("ada", f"{other.url}/")
        worker.advance(another.pk)
        assert other.calls
    Move.objects.filter(owner__username="evil0").update(ended_at=timezone.now())
    worker.advance(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.epoch > 0


def test_workers_are_told_of_as_many_moves_to_one_server_as_may_begin(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WHARF_CALL_WORKERS = 4
    told: list[int] = []
    monkeypatch.setattr("moves.moving.transitions.wake", told.append)
    evil = [departing(f"evil{number}", "https://silent.example/") for number in range(5)]
    another = departing("ada", "https://new.example/")
    assert worker.revive() == 3
    assert sorted(told) == sorted([evil[0].pk, evil[1].pk, another.pk])
