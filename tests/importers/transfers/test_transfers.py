"""The audit trail: one transfer per job, with counts that are exact."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from importers.models import Rejection, Source, Transfer, TransferCount
from importers.verticals.blobs.models import File
from tests.support.exporter import BOUNDARY, Exporter, Person, file_item, related
from tests.support.waiting import eventually
from tests.verticals.mail.samples import mail, message

CONTENT = b"c" * 2_000_000


def transfers_of(name: str) -> str:
    out = StringIO()
    call_command("transfers", name, stdout=out)
    return out.getvalue()


def json_transfers() -> list[dict[str, Any]]:
    out = StringIO()
    call_command("transfers", "--json", stdout=out)
    return json.loads(out.getvalue())["transfers"]


def post(identifier: str) -> dict[str, object]:
    return {"@type": "SocialActivity", "activity": {"id": identifier}}


def test_one_transfer_per_job(exporter: Exporter) -> None:
    exporter.service = "Google"
    jobs = [exporter.job, exporter.new_job(recurring="weekly")]
    for job in jobs * 2:
        exporter.job = job
        exporter.send("social-posts", post("1"))
    assert sorted(Transfer.objects.values_list("job_id", flat=True)) == sorted(jobs)
    assert Source.objects.get().service == "Google"
    assert Transfer.objects.get(job_id=jobs[1]).recurring_job_id == "weekly"


@pytest.mark.services
def test_one_transfer_per_client_service_and_person_even_with_one_job_id(
    server: str, exporter: Exporter, ada: Person
) -> None:
    bob = Person.create("bob")
    with Exporter(server, bob, "Cloud of Bob") as of_bob, Exporter(server, ada, "Cloud Two") as other:
        of_bob.job = other.job = exporter.job
        for sender in (exporter, of_bob, other):
            sender.send("social-posts", post("1"))
        other.service = "Flickr"
        other.send("social-posts", post("1"))
    assert Transfer.objects.count() == 4


def test_without_a_job_id_a_pause_of_an_hour_begins_another_transfer(exporter: Exporter) -> None:
    exporter.job = ""
    exporter.send("social-posts", post("1"))
    exporter.send("social-posts", post("2"))
    assert Transfer.objects.count() == 1
    Transfer.objects.update(last_item_at=timezone.now() - timedelta(minutes=59))
    exporter.send("social-posts", post("3"))
    assert Transfer.objects.count() == 1
    Transfer.objects.update(last_item_at=timezone.now() - timedelta(minutes=61))
    exporter.send("social-posts", post("4"))
    assert sorted(Transfer.objects.values_list("items", flat=True)) == [1, 3]


@pytest.mark.parametrize("value", ["x" * 5000, "naïve ünï", "\x80\xff"])
def test_headers_with_anything_in_them_are_kept_or_cut(exporter: Exporter, value: str) -> None:
    names = (b"X-DTP-Job-Id", b"X-DTP-Export-Service", b"X-DTP-Recurring-Job-Id")
    body = json.dumps(post("1")).encode()
    sent = {**exporter.headers, "Content-Type": "application/json"}
    headers = {name.encode(): text.encode() for name, text in sent.items()} | dict.fromkeys(names, value.encode())
    for _ in range(2):
        assert exporter.http.post("/import/social-posts", content=body, headers=headers).status_code == 201
    assert Transfer.objects.get().items == 2


@pytest.mark.services
def test_counts_and_bytes_are_exact_when_items_come_at_the_same_time(exporter: Exporter) -> None:
    sizes = [len(json.dumps(post(str(number))).encode()) for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda number: exporter.send("social-posts", post(str(number))), range(60)))
        answers += list(pool.map(lambda number: exporter.send_file("blobs", file_item("a"), b"x" * 10), range(20)))
        answers += list(pool.map(lambda number: exporter.send("calendar", {"id": "c"}), range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 80 + [400] * 10
    transfer = Transfer.objects.get()
    posts, blobs, calendar = (
        TransferCount.objects.get(transfer=transfer, vertical=vertical)
        for vertical in ("social-posts", "blobs", "calendar")
    )
    assert (posts.created, posts.received_bytes) == (60, sum(sizes))
    assert (blobs.created, blobs.unchanged) == (1, 19)
    assert blobs.received_bytes == 20 * (len(json.dumps(file_item("a"))) + 10)
    assert (calendar.rejected, Rejection.objects.get().times) == (10, 10)
    assert (transfer.items, transfer.received_bytes) == (80, posts.received_bytes + blobs.received_bytes)
    assert (transfer.rejected, transfer.outcome, transfer.first_item_at < transfer.last_item_at) == (
        10,
        "refusals",
        True,
    )


def test_a_refused_item_is_kept_with_its_reason(exporter: Exporter) -> None:
    exporter.send("blobs", b'{"@type": "File", "name": "without its bytes"}')
    rejection = Rejection.objects.get()
    assert (rejection.status, rejection.code, rejection.vertical) == (400, "invalid_item", "blobs")
    assert rejection.reason.startswith("file:")
    assert bytes(rejection.item) == b'{"@type": "File", "name": "without its bytes"}'
    assert File.objects.count() == 0


def test_refused_items_do_not_fill_the_server(exporter: Exporter, settings: LazySettings) -> None:
    settings.WHARF_REJECTED_BYTES_KEPT = 10_000
    for number in range(5):
        exporter.send("blobs", json.dumps({"@type": "File", "name": "f", "n": number, "x": "x" * 4000}).encode())
    kept = [len(bytes(rejection.item)) for rejection in Rejection.objects.order_by("id")]
    assert kept == [4047, 4047, 1024, 1024, 1024]
    assert set(Rejection.objects.values_list("item_size", flat=True)) == {4047}


def multipart(item: dict[str, object], content: bytes) -> tuple[bytes, dict[str, str]]:
    return related(item, content), {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}


def full(exporter: Exporter) -> None:
    exporter.person.set_quota(1000)
    body, headers = multipart(file_item("a.bin"), CONTENT)
    assert exporter.post("blobs", body, **headers).status_code == 413
    exporter.person.set_quota(None)


def in_another_scope(exporter: Exporter) -> None:
    AccessToken.objects.update(scope="import:photos")
    body, headers = multipart(file_item("a.bin"), CONTENT)
    assert exporter.post("blobs", body, **headers).status_code == 403
    AccessToken.objects.update(scope="import")


def of_another_type(exporter: Exporter) -> None:
    body, headers = multipart(file_item("a.bin"), CONTENT)
    assert exporter.post("unheard-of" + "x" * 100, body, **headers).status_code == 404


def cut_in_its_file(exporter: Exporter) -> None:
    cut_after(exporter, 1_500_000)


def cut_in_its_json(exporter: Exporter) -> None:
    """Behind all that it is told from others by."""
    body, _ = multipart(file_item("a.bin"), CONTENT)
    cut_after(exporter, body.index(b"2020-02-01") + 11)


def cut_after(exporter: Exporter, size: int) -> None:
    body, headers = multipart(file_item("a.bin"), CONTENT)
    cut(exporter, "blobs", body, size, **headers)


def cut(exporter: Exporter, vertical: str, body: bytes, size: int, **headers: str) -> None:
    """The connection breaks; a client that is gone can't tell when the server has noticed."""
    before = attempts()
    with exporter.connect() as broken:
        broken.sendall(exporter.head(vertical, len(body), **headers) + body[:size])
    eventually(lambda: attempts() > before)


def attempts() -> int:
    """How many have been refused."""
    return sum(Rejection.objects.values_list("times", flat=True))


@pytest.mark.parametrize("refuse", [full, in_another_scope, of_another_type, cut_in_its_file, cut_in_its_json])
def test_every_refusal_leaves_its_rejection_until_the_item_has_come(
    exporter: Exporter, client: Client, refuse: Callable[[Exporter], None]
) -> None:
    refuse(exporter)
    transfer = Transfer.objects.get()
    assert (transfer.rejected, transfer.outcome == Transfer.Outcome.COMPLETE) == (1, False)
    exporter.send_file("blobs", file_item("b.bin"), b"another one of the page comes first")
    assert Rejection.objects.get(made_good_at=None)
    exporter.new_job()  # a retry may be another job's
    assert exporter.send_file("blobs", file_item("a.bin"), CONTENT).status_code == 201
    assert Rejection.objects.get().made_good_at is not None
    assert "refused from" not in transfers_of("ada")
    assert json_transfers()[-1]["rejections"] == []
    transfer.refresh_from_db()
    assert (transfer.rejected, transfer.outcome) == (0, Transfer.Outcome.COMPLETE)
    assert sum(transfer.counts.values_list("rejected", flat=True)) == 0
    client.force_login(exporter.person.row, backend="accounts.backends.NameOrEmail")
    assert "Not everything could be taken" not in client.get("/").content.decode()


@pytest.mark.services
def test_only_the_same_item_of_the_same_source_and_person_makes_good(server: str, exporter: Exporter) -> None:
    of_another_type(exporter)
    of_another_type(exporter)
    bob = Person.create("bob")
    with Exporter(server, bob, "Cloud of Bob") as of_bob, Exporter(server, exporter.person, "Cloud Two") as other:
        for sender in (of_bob, other):
            sender.send_file("blobs", file_item("a.bin"), CONTENT)
    exporter.send_file("blobs", file_item("b.bin"), CONTENT)
    assert (Rejection.objects.get().made_good_at, Transfer.objects.order_by("pk")[0].rejected) == (None, 2)


AS_JSON = {"Content-Type": "application/json"}


def still_missing() -> int:
    return Rejection.objects.filter(made_good_at=None).count()


@pytest.mark.services
def test_two_items_that_were_cut_at_the_same_place_are_two(exporter: Exporter) -> None:
    items = [{"@type": "SocialActivity", "activity": {"id": "1", "title": "x" * size}} for size in (100, 200)]
    bodies = [json.dumps(item).encode() for item in items]
    for body in bodies:
        for _ in range(2):
            cut(exporter, "social-posts", body, 90, **AS_JSON)
    assert list(Rejection.objects.order_by("pk").values_list("times", "body_size")) == [
        (2, len(body)) for body in bodies
    ]
    assert exporter.send("social-posts", bodies[1]).status_code == 201
    assert Rejection.objects.get(made_good_at=None).body_size == len(bodies[0])
    assert Transfer.objects.get().rejected == 2


@pytest.mark.parametrize("read", [0, 45, 60])
def test_an_item_of_the_same_beginning_and_length_does_not_stand_for_one_that_was_cut(
    exporter: Exporter, read: int
) -> None:
    one, other = ({"@type": "SocialActivity", "activity": {"title": "Hello", "id": number}} for number in "12")
    cut(exporter, "social-posts", json.dumps(one).encode(), read, **AS_JSON)
    exporter.send("social-posts", other)
    assert still_missing() == 1


@pytest.mark.parametrize("size", [100, 20_000, 2_000_000])
@pytest.mark.parametrize("more", [0, 1])
def test_a_photo_does_not_stand_for_another_one_with_the_same_json(exporter: Exporter, size: int, more: int) -> None:
    photo = {"@type": "Photo", "name": "IMG_0001.jpg"}
    exporter.person.set_quota(50)
    assert exporter.send_file("media", photo, b"a" * size).status_code == 413
    exporter.person.set_quota(None)
    exporter.send_file("media", photo, b"b" * (size + more))
    assert still_missing() == 1
    exporter.send_file("media", photo, b"a" * size)
    assert still_missing() == 0


@pytest.mark.services
@pytest.mark.parametrize("size", [20_000, 2_000_000])
def test_refused_photos_with_the_same_json_are_as_many(exporter: Exporter, size: int) -> None:
    photo = {"@type": "Photo", "name": "IMG_0001.jpg"}
    exporter.person.set_quota(1000)
    for content in (b"a", b"b", b"c"):
        assert exporter.send_file("media", photo, content * size).status_code == 413
    exporter.person.set_quota(None)
    exporter.send_file("media", photo, b"b" * size)
    assert still_missing() == 2


def test_items_of_other_kinds_that_say_the_same_do_not_stand_for_each_other(exporter: Exporter) -> None:
    says = {"id": "1", "name": "One"}
    exporter.send("unheard-of", {"@type": "Calendar", **says})
    for vertical, kind in (("media", "Album"), ("tasks", "TaskList"), ("calendar", "NobodyKnows")):
        assert exporter.send(vertical, {"@type": kind, **says}).status_code == 201
    assert still_missing() == 1
    other_generation = {"name": "One", "id": "1", "@type": "CalendarModelExportData"}
    exporter.send("calendar", {"@type": "GenericPayload", "payload": other_generation})
    assert still_missing() == 0


def test_a_message_that_came_before_its_vertical_makes_good_by_the_same_bytes(exporter: Exporter) -> None:
    """Where nothing was taken, nobody knew that a file stands in its JSON."""
    item = json.dumps(mail(message(), "inbox")).encode()
    assert exporter.send("letters", item).status_code == 404
    exporter.send("mail", mail(message(text="Another one\n"), "inbox"))
    assert still_missing() == 1
    assert exporter.send("mail", item).status_code == 201
    assert still_missing() == 0


def in_chunks(exporter: Exporter, body: bytes) -> httpx.Response:
    headers = {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}
    return exporter.http.post("/import/blobs", content=iter([body]), headers=exporter.headers | headers)


def as_a_form(exporter: Exporter, body: bytes) -> httpx.Response:
    return exporter.post("blobs", body, **{"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def with_another_boundary(exporter: Exporter, body: bytes) -> httpx.Response:
    return exporter.post("blobs", body, **{"Content-Type": "multipart/related; boundary=another"})


def with_line_feeds(exporter: Exporter, body: bytes) -> httpx.Response:
    _, headers = multipart({}, b"")
    head, end = body[:400], body[-60:]
    return exporter.post("blobs", head.replace(b"\r\n", b"\n") + body[400:-60] + end.replace(b"\r\n", b"\n"), **headers)


def with_carriage_returns(exporter: Exporter, body: bytes) -> httpx.Response:
    _, headers = multipart({}, b"")
    head, end = body[:400], body[-60:]
    return exporter.post("blobs", head.replace(b"\r\n", b"\r") + body[400:-60] + end.replace(b"\r\n", b"\r"), **headers)


def compressed(exporter: Exporter, body: bytes) -> httpx.Response:
    _, headers = multipart({}, b"")
    return exporter.post("blobs", body, **headers, **{"Content-Encoding": "gzip"})


@pytest.mark.parametrize("size", [100, 2_000_000])
@pytest.mark.parametrize(
    "wrongly", [in_chunks, as_a_form, with_another_boundary, with_line_feeds, with_carriage_returns, compressed]
)
def test_a_rejection_for_its_framing_is_made_good_by_the_item_and_by_no_other(
    exporter: Exporter, wrongly: Callable[[Exporter, bytes], httpx.Response], size: int
) -> None:
    assert wrongly(exporter, related(file_item("a.bin"), CONTENT[:size])).status_code in (400, 411, 415)
    assert b'"a.bin"' in bytes(Rejection.objects.get().item)
    exporter.send_file("blobs", file_item("a.bin"), CONTENT[: size - 7])
    exporter.send_file("blobs", file_item("b.bin"), CONTENT[:size])
    assert still_missing() == 1
    exporter.send_file("blobs", {**file_item("a.bin"), "apiVersion": "0.2.0"}, CONTENT[:size])  # another envelope
    assert still_missing() == 0


@pytest.mark.services
def test_a_file_that_came_without_its_bytes_makes_good_in_another_spelling(exporter: Exporter) -> None:
    bare = {"@type": "BlobbyFileData", "name": "a.bin", "folder": "/root/foo", "size": 1.50}
    assert exporter.send("blobs", bare).status_code == 400
    exporter.send_file("blobs", file_item("a.bin", size=1.50), b"bytes")  # says when it was changed, too
    assert still_missing() == 1
    spelled = b'{"payload": {"size": 1.5, "folder": "/root\\u002ffoo", "name": "a.bin", "@type": "File"},'
    assert exporter.send_file("blobs", spelled + b'"@type": "GenericPayload"}', b"bytes").status_code == 201
    assert still_missing() == 0


@pytest.mark.services
def test_what_is_left_of_several_refusals_is_still_told(exporter: Exporter) -> None:
    full(exporter)
    exporter.send("nonsense", post("1"))
    exporter.send("social-posts", post("1"))
    transfer = Transfer.objects.get()
    assert (transfer.rejected, transfer.outcome) == (1, Transfer.Outcome.FULL)
    of_another_type(exporter)
    exporter.send_file("blobs", file_item("a.bin"), CONTENT)
    transfer.refresh_from_db()
    assert (transfer.rejected, transfer.outcome) == (0, Transfer.Outcome.COMPLETE)


def test_the_command_lists_what_came(exporter: Exporter) -> None:
    exporter.service = "Google"
    exporter.send("social-posts", post("1"))
    exporter.send("blobs", {"@type": "File", "name": "a"})
    listed = transfers_of("ada")
    assert "Google by Cloud One" in listed
    assert "social-posts" in listed
    assert "file: a File comes as multipart/related" in listed
    [transfer] = json_transfers()
    assert transfer["rejections"][0]["code"] == "invalid_item"
    assert transfer["verticals"]["social-posts"]["created"] == 1
    with pytest.raises(CommandError, match="no account"):
        call_command("transfers", "nobody")
