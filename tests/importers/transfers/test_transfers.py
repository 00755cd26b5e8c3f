"""The audit trail: one transfer per job, with counts that are exact."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from importers.models import Rejection, Source, Transfer, TransferCount
from importers.verticals.social_posts.models import SocialActivity
from tests.support.exporter import Exporter, Person, file_item

pytestmark = pytest.mark.services


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


def test_counts_and_bytes_are_exact_when_items_come_at_the_same_time(exporter: Exporter) -> None:
    sizes = [len(json.dumps(post(str(number))).encode()) for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda number: exporter.send("social-posts", post(str(number))), range(60)))
        answers += list(pool.map(lambda number: exporter.send_file("blobs", file_item("a"), b"x" * 10), range(20)))
        answers += list(pool.map(lambda number: exporter.send("calendar", {"@type": "Calendar"}), range(10)))
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
    exporter.send("social-posts", b'{"@type": "SocialActivity", "activity": {"title": "no id"}}')
    rejection = Rejection.objects.get()
    assert (rejection.status, rejection.code, rejection.vertical) == (400, "invalid_item", "social-posts")
    assert "activity.id" in rejection.reason
    assert bytes(rejection.item) == b'{"@type": "SocialActivity", "activity": {"title": "no id"}}'
    assert SocialActivity.objects.count() == 0


def test_refused_items_do_not_fill_the_server(exporter: Exporter, settings: LazySettings) -> None:
    settings.WHARF_REJECTED_BYTES_KEPT = 10_000
    for number in range(5):
        exporter.send("social-posts", json.dumps({"@type": "SocialActivity", "n": number, "x": "x" * 4000}).encode())
    kept = [len(bytes(rejection.item)) for rejection in Rejection.objects.order_by("id")]
    assert kept == [4044, 4044, 1024, 1024, 1024]
    assert set(Rejection.objects.values_list("item_size", flat=True)) == {4044}


def test_the_command_lists_what_came(exporter: Exporter) -> None:
    exporter.service = "Google"
    exporter.send("social-posts", post("1"))
    exporter.send("calendar", {"@type": "Calendar"})
    out = StringIO()
    call_command("transfers", "ada", stdout=out)
    assert "Google by Cloud One" in out.getvalue()
    assert "social-posts" in out.getvalue()
    assert "id: a Calendar without it" in out.getvalue()
    out = StringIO()
    call_command("transfers", "--json", stdout=out)
    [transfer] = json.loads(out.getvalue())["transfers"]
    assert transfer["verticals"]["social-posts"]["created"] == 1
    with pytest.raises(CommandError, match="no account"):
        call_command("transfers", "nobody")
