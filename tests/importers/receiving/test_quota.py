"""Room: reserved when the length tells, enforced to the byte, never exceeded, and never leaked."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.conf import LazySettings

from importers.models import Content, Rejection, Transfer, Upload
from importers.verticals.blobs.models import File
from tests.support.exporter import BOUNDARY, Exporter, Person, file_item, related
from tests.support.waiting import eventually

pytestmark = pytest.mark.services

MIB = 1024 * 1024


def test_content_counts_once_and_json_counts_too(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.bin"), bytes(1000))
    first = ada.used
    payload = len(File.objects.get().payload)
    assert first == 1000 + payload
    exporter.send_file("blobs", file_item("b.bin"), bytes(1000))
    assert ada.used == first + payload  # the bytes are there already
    exporter.send_file("blobs", file_item("b.bin"), bytes(1000))
    assert ada.used == first + payload  # and so is the item


def test_an_old_version_still_counts(exporter: Exporter, ada: Person) -> None:
    exporter.job = ""
    exporter.send_file("blobs", file_item("a.bin"), b"x" * 1000)
    one = ada.used
    exporter.send_file("blobs", file_item("a.bin"), b"y" * 1000)
    assert ada.used == 2 * one


def test_a_quota_is_exact_to_the_byte(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"x" * 1000)
    needed = ada.used
    ada.set_quota(2 * needed - 1)
    refused = exporter.send_file("blobs", file_item("b.bin"), b"y" * 1000)
    assert (refused.status_code, refused.json()["error"]) == (413, "destination_full")
    assert ada.used == needed
    ada.set_quota(2 * needed)
    assert exporter.send_file("blobs", file_item("b.bin"), b"y" * 1000).status_code == 201
    assert ada.used == 2 * needed


def test_json_alone_is_refused_when_the_account_is_full(exporter: Exporter, ada: Person) -> None:
    ada.set_quota(10)
    answer = exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1"}})
    assert (answer.status_code, answer.json()["error"]) == (413, "destination_full")
    assert ada.used == 0


def test_what_is_already_there_is_answered_201_even_when_the_account_is_full(exporter: Exporter, ada: Person) -> None:
    sends: list[Callable[[], httpx.Response]] = [
        lambda: exporter.send_file("blobs", file_item("a.bin"), b"x" * 1000),
        lambda: exporter.send_file("media", {"@type": "Photo", "name": "a.jpg"}, b"y" * 1000),
        lambda: exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1"}}),
        lambda: exporter.send("calendar", {"@type": "CalendarEvent", "title": "Tea"}),
    ]
    for send in sends:
        assert send().status_code == 201
    for quota in (ada.used, 0):
        ada.set_quota(quota)
        assert [(send().status_code, send().json()["status"]) for send in sends] == [(201, "unchanged")] * 4
    assert Upload.objects.count() == 0


def test_a_file_without_a_length_of_its_own_fits_as_exactly(exporter: Exporter, ada: Person) -> None:
    body = related(file_item("a.bin"), b"x" * 1000).replace(b"Content-Length: 1000\r\n", b"")
    multipart = {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}
    assert exporter.post("blobs", body, **multipart).status_code == 201
    ada.set_quota(2 * ada.used)
    body = body.replace(b"a.bin", b"b.bin").replace(b"xx", b"yy")
    assert exporter.post("blobs", body, **multipart).status_code == 201


def test_a_quota_is_never_exceeded_by_uploads_at_the_same_time(server: str, exporter: Exporter, ada: Person) -> None:
    contents = [os.urandom(MIB) for _ in range(12)]
    ada.set_quota(5 * MIB + 5 * 1000)
    with ThreadPoolExecutor(12) as pool:
        sent = [
            pool.submit(exporter.send_file, "blobs", file_item(f"{number}.bin"), content)
            for number, content in enumerate(contents)
        ]
    statuses = sorted(answer.result().status_code for answer in sent)
    assert set(statuses) == {201, 413}
    kept = statuses.count(201)
    # Reservations may turn one away that would have fitted in the end, never the other way round.
    assert kept <= 5
    assert (Content.objects.count(), Upload.objects.count()) == (kept, 0)
    held = sum(Content.objects.values_list("size", flat=True)) + sum(len(file.payload) for file in File.objects.all())
    assert ada.used == held <= 5 * MIB + 5000
    for number, content in enumerate(contents):
        exporter.send_file("blobs", file_item(f"{number}.bin"), content)
    assert Content.objects.count() == 5  # what was free is free again


def test_what_is_on_its_way_is_reserved(exporter: Exporter, ada: Person) -> None:
    ada.set_quota(10 * MIB)
    body = related(file_item("big.bin"), bytes(8 * MIB))
    with exporter.connect() as slow:
        slow.sendall(exporter.head("blobs", len(body)) + body[: 2 * MIB])
        eventually(Upload.objects.exists)
        assert Upload.objects.get().reserved_bytes == 8 * MIB
        assert exporter.send_file("blobs", file_item("other.bin"), b"z" * 3 * MIB).status_code == 413
        assert exporter.send_file("blobs", file_item("small.bin"), b"z" * MIB).status_code == 201
        slow.sendall(body[2 * MIB :])
        assert slow.recv(12) == b"HTTP/1.1 201"
    assert Upload.objects.count() == 0


def test_the_same_file_twice_at_the_same_time_needs_its_room_once(exporter: Exporter, ada: Person) -> None:
    content = os.urandom(3 * MIB)
    ada.set_quota(4 * MIB)
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(exporter.send_file, "blobs", file_item("a.bin"), content) for _ in range(2)]
    assert sorted(answer.result().json()["status"] for answer in sent) == ["created", "unchanged"]


def test_an_upload_that_died_makes_room_for_the_same_one(exporter: Exporter, ada: Person) -> None:
    ada.set_quota(4 * MIB)
    body = related(file_item("a.bin"), os.urandom(3 * MIB))
    multipart = {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}
    with exporter.connect() as dying, ThreadPoolExecutor(1) as pool:
        dying.sendall(exporter.head("blobs", len(body)) + body[: 2 * MIB])
        while not Upload.objects.exists():
            time.sleep(0.02)
        again = pool.submit(exporter.post, "blobs", body, **multipart)
        time.sleep(0.5)
        assert not again.done()
        dying.close()
        assert again.result().status_code == 201


@pytest.mark.alone
def test_what_the_turn_has_cost_is_not_waited_once_more_for_room(
    exporter: Exporter, ada: Person, settings: LazySettings
) -> None:
    settings.WHARF_ITEMS_PER_MINUTE, settings.WHARF_ANSWER_WITHIN = 30, 3
    ada.set_quota(int(3.5 * MIB))
    body = related(file_item("a.bin"), os.urandom(3 * MIB))
    with exporter.connect() as slow:
        slow.sendall(exporter.head("blobs", len(body)) + body[: 2 * MIB])
        while not Upload.objects.exists():
            time.sleep(0.02)
        for number in range(29):  # a minute's at once; the next one's turn is two seconds later
            exporter.send("blobs", {"@type": "Folder", "path": f"/{number}"})
        began = time.monotonic()
        answer = exporter.send_file("blobs", file_item("b.bin"), bytes(MIB - 1000))
        took = time.monotonic() - began
    assert (answer.status_code, took < 3.9) == (413, True)


def test_a_full_account_shows_in_the_transfer(exporter: Exporter, ada: Person) -> None:
    ada.set_quota(0)
    for _ in range(3):
        exporter.send_file("blobs", file_item("a.bin"), b"x")
    transfer = Transfer.objects.get()
    assert (transfer.outcome, transfer.rejected, transfer.items) == ("full", 3, 0)
    rejection = Rejection.objects.get()
    assert (rejection.times, rejection.code) == (3, "destination_full")
    assert b"a.bin" in bytes(rejection.item)


def test_a_blocked_account_answers_what_makes_a_worker_wait(exporter: Exporter, ada: Person) -> None:
    row = ada.row
    row.blocked, row.blocked_note = "operator", "Write to help@example.org."
    row.save()
    for answer in (
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1"}}),
        exporter.send_file("blobs", file_item("a.bin"), b"x"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (413, "destination_full")
        assert "help@example.org" in answer.json()["error_description"]
