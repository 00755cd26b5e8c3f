"""The first page of the admin answers what operators ask first, and every number leads to what it counts."""

import re
from datetime import UTC, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import signs
from accounts.models import PeriodicTask, ProcessSign, User
from importers.models import Holding, Rejection, Transfer, TransferCount
from moves.models import ArchiveImport, Export, Move, MoveStep
from operations import counting
from operations.models import DayCount, DayRefusals, TransferDay
from operations.overview import panels
from operations.overview.panel import Figure, Panel
from tests.support import rows

HOME = "/admin/"


def panel(browser: Client, title: str) -> Panel:
    found = {one.title: one for one in browser.get(HOME).context["panels"]}
    return found[title]


def figure(browser: Client, title: str, words: str) -> Figure:
    return next(one for one in panel(browser, title).figures if one.words.startswith(words))


def cells(of: Panel) -> dict[str, list[str]]:
    return {row[0].value: [cell.value for cell in row[1:]] for row in of.table.rows} if of.table else {}


def move(**columns: object) -> Move:
    usual = {
        "side": Move.Side.SOURCE,
        "state": Move.State.HANDING_OVER,
        "peer_url": "https://other.example/",
        "lease_until": timezone.now() + timedelta(days=1),
        "next_at": timezone.now() + timedelta(seconds=30),
    }
    return Move.objects.create(owner=rows.person(f"mover-{Move.objects.count()}-x"), **(usual | columns))


@pytest.mark.services
def test_transfers_are_told_apart_by_what_they_do(operator: Client) -> None:
    ada, now = rows.person("ada"), timezone.now()
    rows.transfer(ada, "runs")
    rows.transfer(ada, "silent", last_item_at=now - timedelta(hours=3))
    rows.transfer(ada, "full", last_item_at=now - timedelta(days=2), outcome=Transfer.Outcome.FULL)
    rows.transfer(ada, "old", last_item_at=now - timedelta(days=20), rejected=4)
    assert figure(operator, "Transfers", "running").value == "1"
    assert figure(operator, "Transfers", "stopped").needs
    silent = figure(operator, "Transfers", "silent")
    assert silent.value == "1"
    found = operator.get(silent.address).context["cl"].result_list
    assert [one.job_id for one in found] == ["job-silent"]
    assert figure(operator, "Transfers", "with refused items").value == "0"


def test_an_overdue_move_is_named_with_its_last_error(operator: Client) -> None:
    waits = move(state=Move.State.REQUESTED, next_at=None)
    late = move(tries=3)
    step = {"move": late, "state": late.state, "what": "hands over"}
    MoveStep.objects.create(**step, outcome=MoveStep.Outcome.AGAIN, detail="The other server says nothing.")
    move(state=Move.State.FAILED, ended_at=timezone.now())
    assert figure(operator, "Moves", "overdue").value == "1"
    assert figure(operator, "Moves", "waiting").value == "1"
    assert figure(operator, "Moves", "failed").value == "1"
    row = cells(panel(operator, "Moves"))
    assert row[f"{late.owner.username}, other.example"][-1] == "The other server says nothing."
    listed = operator.get(figure(operator, "Moves", "waiting").address).content.decode()
    assert waits.owner.username in listed
    assert late.owner.username not in listed
    assert (
        "The other server says nothing." in operator.get(figure(operator, "Moves", "overdue").address).content.decode()
    )


@pytest.mark.services
def test_what_waits_for_a_worker_says_since_when(operator: Client) -> None:
    now = timezone.now()
    usual = {"parts_size": 1, "max_age": 1, "expires_at": now + timedelta(days=1)}
    for name, columns in {"a": {"created_at": now - timedelta(hours=5)}, "b": {}, "c": {"heartbeat_at": now}}.items():
        Export.objects.create(owner=rows.person(name), **{**usual, "created_at": now, **columns})
    ArchiveImport.objects.create(owner=rows.person("d"), created_at=now, retry_at=now + timedelta(hours=1))
    assert figure(operator, "Exports", "overdue").note == "the oldest for 5 h"
    assert [figure(operator, "Exports", words).value for words in ("running", "in the queue", "overdue")] == ["1"] * 3
    assert figure(operator, "Imports of archives", "in the queue").value == "1"


def test_room_says_what_is_stored_and_who_has_nearly_none(operator: Client) -> None:
    shared, own = rows.content("a", size=3_000_000), rows.content("b", size=500_000)
    full = rows.person("full", quota_bytes=100, used_bytes=99)
    half = rows.person("half", quota_bytes=100, used_bytes=50)
    Holding.objects.bulk_create([Holding(owner=one, content=shared) for one in (full, half)])
    Holding.objects.create(owner=full, content=own)
    rows.person("free", used_bytes=5_000_000)
    counting.run()
    assert figure(operator, "Room", "of files").value == "3.5 MB"
    assert figure(operator, "Room", "people hold").value == "5 MB"  # their items as well
    assert figure(operator, "Room", "saved").value == "3 MB"
    near = figure(operator, "Room", "people near")
    assert near.value == "1"
    assert [one.username for one in operator.get(near.address).context["cl"].result_list] == ["full"]


def test_a_missing_worker_is_said_first(operator: Client) -> None:
    assert panel(operator, "System").lines == signs.missing() != []
    now = timezone.now()
    for kind, queues in (("beat", ""), ("worker", "periodic,mail,moves,exports,imports,thumbnails")):
        ProcessSign.objects.create(kind=kind, host="h", process=1, queues=queues, started_at=now, seen_at=now)
    assert panel(operator, "System").lines == []
    assert figure(operator, "System", "workers").value == "1"


@pytest.mark.services
def test_days_are_counted_from_what_came_since_and_people_once(operator: Client) -> None:
    ada, bob, now = rows.person("ada"), rows.person("bob"), timezone.now()
    long_one = rows.transfer(ada, "long", last_item_at=now - timedelta(days=1))
    count = TransferCount.objects.create(transfer=long_one, vertical="photos", created=5, received_bytes=50, rejected=1)
    counting.run()
    TransferCount.objects.filter(pk=count.pk).update(created=7, received_bytes=70)
    Transfer.objects.filter(pk=long_one.pk).update(last_item_at=now)
    for seed in ("one", "two"):
        TransferCount.objects.create(transfer=rows.transfer(bob, seed), vertical="photos", unchanged=10)
    counting.run()
    counting.run()  # and no more by doing it again
    today = DayCount.objects.get(vertical="photos", day=timezone.now().date())
    assert (today.items, today.received_bytes, today.people) == (22, 20, 2)
    before = DayCount.objects.get(vertical="photos", day=(now - timedelta(days=1)).date())
    assert (before.items, before.received_bytes, before.people, before.refused) == (5, 50, 1, 1)
    assert cells(panel(operator, "What came in"))["photos"][:2] == ["22", "27"]
    ada.delete()
    counting.run()
    assert cells(panel(operator, "What came in"))["photos"][:2] == ["20", "25"]  # of the day before nothing is undone


def test_transfers_of_one_moment_or_of_times_ahead_keep_no_other_from_being_counted(operator: Client) -> None:
    """An archive may say that thousands of transfers brought something, and when."""
    ada, bob, now = rows.person("ada"), rows.person("bob"), timezone.now()
    ahead = rows.transfer(ada, "ahead", last_item_at=now + timedelta(days=365_000))
    same = [
        Transfer(source=ahead.source, owner=ada, job_id=f"{number}", last_item_at=ahead.last_item_at)
        for number in range(20_000)
    ]
    Transfer.objects.bulk_create(same)
    counting.run()
    assert figure(operator, "Transfers", "running").value == "0"
    Transfer.objects.update(last_item_at=now)  # that time has come
    counting.run()
    TransferCount.objects.create(transfer=rows.transfer(bob, "late"), vertical="photos", created=10)
    counting.run()
    assert DayCount.objects.get(vertical="photos").items == 10


@pytest.mark.services
def test_refusals_are_counted_by_cause_with_their_trend(operator: Client) -> None:
    rows.everything("one")
    counting.run()
    row = cells(panel(operator, "What was refused"))["destination full"]
    assert row == ["1", "1", "1", "0", "more"]
    link = next(row[1].address for row in panel(operator, "What was refused").table.rows)  # type: ignore[union-attr]
    found = operator.get(link).context["cl"].result_list
    assert len(found) == 1


@pytest.mark.services
def test_every_number_leads_to_a_list(operator: Client) -> None:
    rows.everything("one")
    move(tries=1)
    counting.run()
    page = operator.get(HOME).content.decode()
    addresses = {one.replace("&amp;", "&") for one in re.findall(r'href="(/admin/[^"]+)"', page)} - {
        "/admin/password_change/"
    }
    assert len(addresses) > 60
    assert {address: operator.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


def test_a_list_shows_the_days_that_are_asked_for(operator: Client) -> None:
    ada, now = rows.person("ada"), timezone.now()
    for days in (0, 3, 9):
        rows.transfer(ada, f"{days}", last_item_at=now - timedelta(days=days))
    address = reverse("admin:importers_transfer_changelist")

    def shown(**asked: str) -> list[str]:
        return [one.job_id for one in operator.get(address, asked).context["cl"].result_list]

    day = (now - timedelta(days=3)).date().isoformat()
    assert shown(within=day) == ["job-3"]
    assert shown(first=day) == ["job-0", "job-3"]
    assert shown(last=day) == ["job-3", "job-9"]
    assert shown(first=day, last=day) == ["job-3"]
    assert shown(within="9999-12-31..") == []
    assert len(shown(within="nonsense")) == 3


def test_the_overview_costs_the_same_with_many_rows(operator: Client, django_assert_max_num_queries: object) -> None:
    ada = rows.person("ada")
    for number in range(30):
        move(tries=1)
        TransferCount.objects.create(transfer=rows.transfer(ada, f"{number}"), vertical=f"v{number}", created=1)
    counting.run()
    with django_assert_max_num_queries(50):  # type: ignore[operator]
        operator.get(HOME)


def test_the_side_bar_is_by_task_and_shows_what_may_be_seen(client: Client, db: None) -> None:
    staff = rows.person("staff", is_staff=True)
    client.force_login(staff)
    assert "There is nothing here that you may see" in client.get(HOME).content.decode()
    staff.user_permissions.add(Permission.objects.get(codename="view_transfer"))
    shown = client.get(HOME)
    assert [one["name"] for one in shown.context["available_apps"]] == ["What came in"]
    assert [one.title for one in shown.context["panels"]] == ["Transfers", "What came in"]
    administrator = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    client.force_login(administrator)
    sections = [one["name"] for one in client.get(HOME).context["available_apps"]]
    assert sections == [
        "People", "What came in", "Exports", "Imports", "Moves", "Exporters", "System", "Internals",
    ]  # fmt: skip


def test_old_days_of_ended_transfers_are_forgotten_and_their_counts_stay(db: None) -> None:
    ada, now = rows.person("ada"), timezone.now()
    old = rows.transfer(ada, "old", last_item_at=now - timedelta(days=29))
    TransferCount.objects.create(transfer=old, vertical="photos", created=5)
    counting.run()
    assert TransferDay.objects.count() == 1
    counting.forget(now + timedelta(days=100))
    assert TransferDay.objects.count() == 0
    assert DayCount.objects.filter(vertical="photos").get().items == 5


def test_a_refused_item_is_found_by_its_name(operator: Client) -> None:
    rows.rejection(rows.transfer(rows.person("ada"), "one"), "x", item=b'{"@type": "Photo", "title": "Harbour"}')
    page = operator.get(reverse("admin:importers_rejection_changelist"), {"q": "ad"}).content.decode()
    assert "Harbour" in page
    assert (
        "Harbour"
        in operator.get(reverse("admin:importers_transfer_change", args=[Transfer.objects.get().pk])).content.decode()
    )
    assert Rejection.objects.count() == 1


def test_each_panel_needs_its_own_permission(db: None) -> None:
    assert panels(rows.person("nobody")) == []


@pytest.mark.services
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_the_days_of_the_overview_lead_to_what_they_count(operator: Client, zone: str) -> None:
    User.objects.filter(username="operator").update(time_zone=zone)
    ada, bob, now = rows.person("ada"), rows.person("bob"), timezone.now()
    goes_on = rows.transfer(ada, "goes-on", last_item_at=now - timedelta(days=2))
    photos = TransferCount.objects.create(transfer=goes_on, vertical="photos", created=3)
    counting.run()
    Transfer.objects.filter(pk=goes_on.pk).update(last_item_at=now)
    TransferCount.objects.create(transfer=goes_on, vertical="blobs", created=1)
    TransferCount.objects.create(transfer=rows.transfer(bob, "today"), vertical="blobs", created=1)
    old = rows.rejection(goes_on, "old", first_at=now - timedelta(days=2), last_at=now)
    new = rows.rejection(goes_on, "new", reason="new")
    DayRefusals.objects.create(day=(now - timedelta(days=2)).astimezone(UTC).date(), code=old.code, items=1)
    counting.run()

    def listed(address: str) -> list[object]:
        return sorted(one.pk for one in operator.get(address).context["cl"].result_list)

    came = {row[0].value: row for row in panel(operator, "What came in").table.rows}  # type: ignore[union-attr]
    assert [cell.value for cell in came["photos"]][1:3] == ["0", "3"]
    assert [cell.value for cell in came["photos"]][5] == "0"  # people today, who brought something else
    assert listed(came["photos"][1].address) == []
    assert listed(came["photos"][2].address) == [photos.transfer_id]
    assert len(listed(came["blobs"][1].address)) == int(came["blobs"][5].value) == 2
    bars = [bar for bar in panel(operator, "What came in").charts[0].bars if bar.height]
    assert goes_on.pk in listed(bars[0].address)
    (refused,) = panel(operator, "What was refused").table.rows  # type: ignore[union-attr]
    assert [cell.value for cell in refused[1:4]] == ["1", "2", "2"]
    assert listed(refused[1].address) == [new.pk]
    assert listed(refused[2].address) == listed(refused[3].address) == [old.pk, new.pk]


def test_what_is_said_of_the_machinery_leads_to_what_it_counts(operator: Client) -> None:
    now = timezone.now()
    for kind, age in (("worker", 0), ("worker", 3600), ("beat", 0)):
        seen = now - timedelta(seconds=age)
        ProcessSign.objects.create(kind=kind, host=f"h{age}", process=1, started_at=seen, seen_at=seen)
    PeriodicTask.objects.create(name="fails", due_at=now, ended_at=now, failure="It failed.")
    PeriodicTask.objects.create(name="works", due_at=now, ended_at=now)
    for words in ("workers alive", "periodic tasks failed"):
        said = figure(operator, "System", words)
        assert said.value == str(len(operator.get(said.address).context["cl"].result_list)) == "1", words
