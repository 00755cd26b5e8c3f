"""Whatever breaks, nothing is left behind: no row, no use, no bytes."""

import errno
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction

from accounts.models import User
from importers.content.storage import stored_keys
from importers.models import Content, Holding, Rejection, Transfer, Upload
from importers.transfers import rejections
from importers.verticals.blobs.models import File
from tests.support.exporter import BOUNDARY, Exporter, Person, file_item, read_answer, related
from tests.support.waiting import eventually

pytestmark = pytest.mark.services

MULTIPART = {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}
CONTENT = os.urandom(3 * 1024 * 1024)


def assert_nothing_is_left(person: Person) -> None:
    eventually(lambda: not Upload.objects.exists())
    rows = [model._default_manager.count() for model in (File, Content, Holding, Upload)]
    assert (rows, person.used, list(stored_keys(default_storage))) == ([0, 0, 0, 0], 0, [])


@pytest.mark.parametrize("sent", [0.0, 0.01, 0.5, 0.999, 0.99999])
def test_a_connection_that_breaks_leaves_nothing(exporter: Exporter, ada: Person, sent: float) -> None:
    body = related(file_item("a.bin"), CONTENT)
    with exporter.connect() as broken:
        broken.sendall(exporter.head("blobs", len(body)) + body[: int(len(body) * sent)])
        time.sleep(0.05)
    time.sleep(0.1)
    assert_nothing_is_left(ada)


@pytest.mark.parametrize("cut", [1, 2, 4, 30, 44, 60, 1000])
def test_a_body_that_is_cut_before_its_closing_boundary_is_refused(exporter: Exporter, ada: Person, cut: int) -> None:
    body = related(file_item("a.bin"), CONTENT)[:-2]  # a worker may leave out the last line end, and nothing else
    assert exporter.post("blobs", body[:-cut], **MULTIPART).status_code == 400
    assert_nothing_is_left(ada)
    assert exporter.post("blobs", body, **MULTIPART).status_code == 201


@pytest.mark.parametrize("wrong", [-1, 1, -1000, 1000, 10**9])
def test_a_part_whose_content_length_is_wrong_is_refused(exporter: Exporter, ada: Person, wrong: int) -> None:
    said = b"Content-Length: %d\r\n\r\n"
    body = related(file_item("a.bin"), CONTENT)
    body = body.replace(said % len(CONTENT), said % (len(CONTENT) + wrong))
    assert exporter.post("blobs", body, **MULTIPART).status_code == 400
    assert_nothing_is_left(ada)


def test_a_content_length_that_is_too_long_ends_with_the_silence(
    exporter: Exporter, ada: Person, settings: LazySettings
) -> None:
    body = related(file_item("a.bin"), b"bytes")
    with exporter.connect() as waiting:
        waiting.sendall(exporter.head("blobs", len(body) + 100) + body)
        waiting.shutdown(1)  # nothing more will come
        assert waiting.recv(100) == b""
    eventually(Rejection.objects.exists)
    assert_nothing_is_left(ada)


def test_a_content_length_that_is_too_short_is_refused(exporter: Exporter, ada: Person) -> None:
    body = related(file_item("a.bin"), CONTENT)
    with exporter.connect() as short:
        short.sendall(exporter.head("blobs", len(body) - 1000) + body)
        assert read_answer(short)[0] == 400
    assert_nothing_is_left(ada)


def test_a_third_part_is_refused(exporter: Exporter, ada: Person) -> None:
    body = related(file_item("a.bin"), CONTENT)
    third = f"\r\n--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nmore\r\n--{BOUNDARY}--\r\n".encode()
    body = body.removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode()) + third
    assert exporter.post("blobs", body, **MULTIPART).status_code == 400
    assert_nothing_is_left(ada)


def test_a_file_without_its_announced_second_part_is_refused(exporter: Exporter, ada: Person) -> None:
    body = related(file_item("a.bin"), b"").partition(f"\r\n--{BOUNDARY}\r\nContent-Type: application/octet".encode())[
        0
    ]
    body += f"\r\n--{BOUNDARY}--\r\n".encode()
    answer = exporter.post("blobs", body, **MULTIPART)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_item")
    assert_nothing_is_left(ada)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errno.ENOSPC, (413, "destination_full")),  # the worker waits for the person, and nothing is lost
        (errno.EDQUOT, (413, "destination_full")),
        (errno.EIO, (503, "temporarily_unavailable")),
    ],
)
def test_a_disk_that_is_full_or_broken_keeps_nothing_and_says_so(
    exporter: Exporter,
    ada: Person,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: int,
    said: tuple[int, str],
) -> None:
    write, written = os.write, 0

    def full(descriptor: int, chunk: Any) -> int:
        nonlocal written
        if len(chunk) > 10_000:
            written += len(chunk)
            if written > 2_000_000:
                raise OSError(error, os.strerror(error))
        return write(descriptor, chunk)

    monkeypatch.setattr("importers.content.storage.os.write", full)
    answer = exporter.send_file("blobs", file_item("a.bin"), CONTENT)
    monkeypatch.undo()
    assert (answer.status_code, answer.json()["error"]) == said
    assert ("The disk is full" in caplog.text) == (said[0] == 413)  # a note to the operator
    assert Rejection.objects.get().code == said[1]
    assert_nothing_is_left(ada)
    assert exporter.send_file("blobs", file_item("a.bin"), CONTENT).status_code == 201
    assert not Rejection.objects.filter(made_good_at=None).exists()


def test_a_disk_that_cannot_sync_is_answered_503(
    exporter: Exporter, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr("importers.content.storage.os.fsync", broken)
    answer = exporter.send_file("blobs", file_item("a.bin"), CONTENT)
    monkeypatch.undo()
    assert answer.status_code == 503
    assert_nothing_is_left(ada)


def test_a_database_that_fails_at_the_end_leaves_nothing(
    exporter: Exporter, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the database is gone")

    with monkeypatch.context() as patched:
        patched.setattr("importers.transfers.transfer.count_answer", gone)
        answer = exporter.send_file("blobs", file_item("a.bin"), CONTENT)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert_nothing_is_left(ada)


@pytest.mark.parametrize("error", [sqlite3.OperationalError("database or disk is full"), psycopg.errors.DiskFull()])
def test_a_full_disk_below_the_database_is_answered_413(
    exporter: Exporter, ada: Person, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    if isinstance(error, sqlite3.Error):
        error.sqlite_errorname = "SQLITE_FULL"

    def full(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("full") from error

    with monkeypatch.context() as patched:
        patched.setattr("importers.transfers.transfer.count_answer", full)
        answer = exporter.send_file("blobs", file_item("a.bin"), CONTENT)
    assert (answer.status_code, answer.json()["error"]) == (413, "destination_full")
    assert_nothing_is_left(ada)


@contextmanager
def locked(person: Person) -> Iterator[None]:
    """Somebody else has the database while it is entered."""
    holds, done = Event(), Event()

    def lock() -> None:
        with transaction.atomic():
            list(User.objects.select_for_update().filter(pk=person.row.pk))  # on SQLite the transaction is the lock
            holds.set()
            done.wait(30)
        connection.close()

    holder = Thread(target=lock)
    holder.start()
    try:
        assert holds.wait(60)
        yield
    finally:
        done.set()
        holder.join()


@pytest.mark.alone
def test_what_the_turn_has_cost_is_not_waited_once_more_for_a_lock(
    exporter: Exporter, ada: Person, settings: LazySettings
) -> None:
    settings.WHARF_ITEMS_PER_MINUTE, settings.WHARF_LOCK_PATIENCE, settings.WHARF_ANSWER_WITHIN = 30, 3, 3
    for number in range(30):  # a minute's at once; the next one's turn is two seconds later
        exporter.send("blobs", {"@type": "Folder", "path": f"/{number}"})
    with locked(ada):
        began = time.monotonic()
        answer = exporter.send("blobs", {"@type": "Folder", "path": "/late"})
        took = time.monotonic() - began
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert took < 3.9


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["an item", "a file"])
def test_all_waiting_for_a_locked_database_together_is_bounded(
    exporter: Exporter, ada: Person, settings: LazySettings, kind: str
) -> None:
    settings.WHARF_LOCK_PATIENCE = 2
    with locked(ada):
        began = time.monotonic()
        if kind == "an item":
            answer = exporter.send("blobs", {"@type": "Folder", "path": "/a"})
        else:
            answer = exporter.send_file("blobs", file_item("a.bin"), CONTENT)
        took = time.monotonic() - began
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert took < 3.9  # and not once more for the rejection, or for what has to be removed
    assert_nothing_is_left(ada)
    assert exporter.send_file("blobs", file_item("a.bin"), CONTENT).status_code == 201


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["an item", "a file"])
def test_what_is_refused_by_a_locked_database_is_recorded_when_it_has_time(
    exporter: Exporter, ada: Person, settings: LazySettings, kind: str
) -> None:
    settings.WHARF_LOCK_PATIENCE = 0.6
    with locked(ada):
        if kind == "an item":
            answer = exporter.send("blobs", {"@type": "Folder", "path": "/a"})
        else:
            answer = exporter.send_file("blobs", file_item("a.bin"), CONTENT)
        assert answer.status_code == 503
        time.sleep(1)
        assert not Rejection.objects.exists()
    eventually(Rejection.objects.exists)
    eventually(lambda: rejections.late_ones.is_empty)
    assert (Rejection.objects.get().status, Transfer.objects.get().rejected) == (503, 1)


@pytest.mark.alone
def test_what_comes_in_before_its_refusal_could_be_recorded_is_not_missing(
    exporter: Exporter, ada: Person, settings: LazySettings
) -> None:
    settings.WHARF_LATE_REJECTION_PAUSE = 2.0
    settings.WHARF_LOCK_PATIENCE = 0.6
    with locked(ada):
        assert exporter.send("blobs", {"@type": "Folder", "path": "/a"}).status_code == 503
        assert exporter.send("blobs", {"@type": "Folder", "path": "/b"}).status_code == 503
    assert exporter.send("blobs", {"@type": "Folder", "path": "/a"}).status_code == 201
    eventually(lambda: rejections.late_ones.is_empty)
    assert json.loads(bytes(Rejection.objects.get().item))["path"] == "/b"


def test_a_mistake_of_this_program_leaves_a_rejection_as_well(
    exporter: Exporter, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("importers.transfers.transfer.count_answer", mistake)
        answer = exporter.send_file("blobs", file_item("a.bin"), CONTENT)
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert Rejection.objects.get().code == "server_error"
    assert_nothing_is_left(ada)


def test_an_upload_holds_no_database_connection_while_bytes_flow(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importers.content.uploads import Reader

    pass_through, open_connections = Reader._pass_through, []

    def watched(self: Reader, part: Any) -> Iterator[memoryview]:
        for chunk in pass_through(self, part):
            open_connections.append(connection.connection is not None)
            yield chunk

    monkeypatch.setattr(Reader, "_pass_through", watched)
    assert exporter.send_file("blobs", file_item("a.bin"), CONTENT).status_code == 201
    assert open_connections
    assert not any(open_connections)
