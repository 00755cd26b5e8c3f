"""What a caller makes the audit trail keep is bounded in bytes and rows; beyond that, refusals count by cause."""

import json
from io import StringIO

import httpx
import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db.models import Sum

from importers.models import AuditUse, CountedRefusal, Rejection, Source, Transfer, TransferCount
from importers.verticals.social_posts.models import SocialActivity
from tests.support.exporter import Exporter, Person, run
from tests.support.worker import browser


def post(number: object) -> dict[str, object]:
    return {"@type": "SocialActivity", "activity": {"id": str(number), "title": "Hello"}}


def rows(person: Person) -> int:
    """Returns how many rows the person's audit trail has."""
    of_transfers = (TransferCount, Rejection)
    return sum(model.objects.filter(owner=person.row).count() for model in (Source, Transfer)) + sum(
        model._default_manager.filter(transfer__owner=person.row).count() for model in of_transfers
    )


def sends(exporter: Exporter, way: str, number: int) -> httpx.Response:
    """Sends what is refused, and would make another row each time."""
    refused = {"@type": "File", "name": "no bytes", "n": number}
    match way:
        case "items":
            return exporter.send("blobs", refused)
        case "paths":
            return exporter.send(f"made-up-{number}", refused)
        case "jobs":
            return exporter.send("blobs", refused, **{"X-DTP-Job-Id": f"job {number}"})
        case "services":
            return exporter.send("blobs", refused, **{"X-DTP-Export-Service": f"service {number}"})
    return exporter.send("blobs", json.dumps(refused).encode()[: -1 - number % 5])


@pytest.mark.parametrize("way", ["items", "paths", "jobs", "services", "cut"])
def test_refusals_make_no_more_rows_than_the_budget_and_are_counted_by_cause(
    exporter: Exporter, ada: Person, settings: LazySettings, way: str
) -> None:
    settings.WHARF_AUDIT_ROWS = 12
    answers = [sends(exporter, way, number) for number in range(40)]
    assert {answer.status_code for answer in answers} <= {400, 404}
    assert rows(ada) <= 12 + 2 * Transfer.objects.count()  # and a count at each path, or elsewhere
    assert rows(ada) == rows(ada)
    counted = CountedRefusal.objects.aggregate(times=Sum("times"))["times"]
    kept = Rejection.objects.aggregate(times=Sum("times"))["times"]
    assert counted + kept == 40
    assert Transfer.objects.aggregate(times=Sum("rejected"))["times"] == 40
    assert set(CountedRefusal.objects.values_list("code", flat=True)) <= {
        "invalid_item",
        "invalid_request",
        "unknown_vertical",
    }
    before = rows(ada)
    for number in range(40, 60):
        sends(exporter, way, number)
    assert rows(ada) == before


def test_paths_that_somebody_makes_up_are_counted_together(exporter: Exporter, ada: Person) -> None:
    for number in range(30):
        assert exporter.send(f"made-up-{number}", post(1)).status_code == 404
    assert exporter.send("blobs", {"@type": "File", "name": "no bytes"}).status_code == 400
    counted = TransferCount.objects.values_list("vertical", "rejected")
    assert sorted(counted) == [("blobs", 1), ("elsewhere", 30)]
    assert Rejection.objects.filter(vertical="made-up-29").exists()
    assert exporter.send("social-posts", post(1)).status_code == 201  # it was all of those
    assert Transfer.objects.get().rejected == 1
    assert sorted(TransferCount.objects.values_list("vertical", "rejected")) == [
        ("blobs", 1),
        ("elsewhere", 0),
        ("social-posts", 0),
    ]


@pytest.mark.services
def test_refused_bytes_stay_within_the_budget(exporter: Exporter, ada: Person, settings: LazySettings) -> None:
    settings.WHARF_AUDIT_BYTES, settings.WHARF_REJECTED_BYTES_KEPT = 20_000, 15_000
    for number in range(30):
        exporter.send("blobs", {"@type": "File", "name": "f", "n": number, "x": "x" * 4000})
    sizes = [len(bytes(one.item)) + len(one.reason) + len(one.vertical) for one in Rejection.objects.all()]
    assert sum(sizes) <= 20_000
    assert CountedRefusal.objects.get().times == 30 - len(sizes)
    assert AuditUse.objects.get(owner=ada.row).bytes <= 20_000


def test_a_path_as_long_as_a_head_is_cut_wherever_it_is_kept(exporter: Exporter, ada: Person) -> None:
    for number in range(20):
        answer = exporter.send("a" * 30_000 + str(number), post(number))
        assert answer.status_code == 404
    for rejection in Rejection.objects.all():
        assert len(rejection.vertical) <= 200
        assert len(rejection.reason) <= 200
    assert AuditUse.objects.get(owner=ada.row).bytes < 20_000


@pytest.mark.services
def test_items_of_new_jobs_come_in_beyond_the_budget_in_the_last_transfer(
    exporter: Exporter, ada: Person, settings: LazySettings
) -> None:
    settings.WHARF_AUDIT_ROWS = 4
    for number in range(12):
        for again in ("a", "b"):
            answer = exporter.send("social-posts", post(f"{number}{again}"), **{"X-DTP-Job-Id": f"job {number}"})
            assert answer.status_code == 201
    assert SocialActivity.objects.filter(owner=ada.row).count() == 24
    assert Transfer.objects.count() == 3
    assert Transfer.objects.aggregate(items=Sum("items"))["items"] == 24


def test_an_item_of_another_source_beyond_the_budget_is_refused_and_says_why(
    exporter: Exporter, ada: Person, settings: LazySettings
) -> None:
    exporter.send("social-posts", post(1))
    settings.WHARF_AUDIT_ROWS = 2
    answer = exporter.send("social-posts", post(1), **{"X-DTP-Export-Service": "another"})
    assert (answer.status_code, answer.json()["error"]) == (413, "destination_full")
    assert "audit trail" in answer.json()["error_description"]
    assert exporter.send("social-posts", post(2)).status_code == 201
    [counted] = CountedRefusal.objects.all()
    assert (counted.code, counted.times, counted.transfer) == ("destination_full", 1, Transfer.objects.get())


def test_one_persons_budget_is_not_anothers(
    exporter: Exporter, server: str, ada: Person, settings: LazySettings
) -> None:
    settings.WHARF_AUDIT_ROWS = 6
    for number in range(10):
        sends(exporter, "items", number)
    grace = Person.create("grace")
    with Exporter(server, grace, "Cloud Two") as other:
        sends(other, "items", 1)
    assert Rejection.objects.filter(transfer__owner=grace.row).count() == 1
    assert not CountedRefusal.objects.filter(transfer__owner=grace.row).exists()


@pytest.mark.services
def test_the_transfer_says_what_was_only_counted(exporter: Exporter, ada: Person, settings: LazySettings) -> None:
    settings.WHARF_AUDIT_ROWS = 5
    for number in range(9):
        sends(exporter, "items", number)
    [said] = run("transfers", "ada")["transfers"]
    assert said["counted_refusals"] == {"invalid_item": 7}
    out = StringIO()
    call_command("transfers", "ada", stdout=out)
    assert (
        "only counted, since the account's budget for the audit trail is used up: invalid_item (7x)" in out.getvalue()
    )
    assert "7 more attempts were refused" in browser(ada.row).get("/").content.decode()
    row = ada.row
    row.is_staff = row.is_superuser = True
    row.save()
    page = browser(row).get(f"/admin/importers/transfer/{Transfer.objects.get().pk}/change/").content.decode()
    assert "invalid_item: 7" in page


def test_what_was_there_before_the_budget_counts(exporter: Exporter, ada: Person, settings: LazySettings) -> None:
    for number in range(5):
        sends(exporter, "items", number)
    use = AuditUse.objects.get()
    measured = (use.rows, use.item_bytes)
    AuditUse.objects.all().delete()
    settings.WHARF_AUDIT_ROWS = use.rows
    sends(exporter, "items", 6)
    use = AuditUse.objects.get()
    assert (use.rows, use.item_bytes) == measured
    assert CountedRefusal.objects.get().times == 1


def test_a_transfer_with_counted_refusals_never_becomes_complete(
    exporter: Exporter, ada: Person, settings: LazySettings
) -> None:
    settings.WHARF_AUDIT_ROWS = 4
    refused = {"@type": "File", "folder": "/", "name": "a.txt"}
    exporter.send("blobs", refused)
    exporter.send("blobs", refused | {"name": "b.txt"})
    assert exporter.send_file("blobs", refused, b"bytes").status_code == 201
    assert Rejection.objects.get().made_good_at is not None
    transfer = Transfer.objects.get()
    assert (transfer.rejected, transfer.outcome) == (1, "refusals")
