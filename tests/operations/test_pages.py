"""The page of a person, an exporter or a job says what an operator would otherwise look for in ten lists."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.mail import Posted
from accounts.models import Application, User
from importers.models import Transfer
from moves.models import ArchiveImport, Event, Export, Move, MoveStep
from operations import counting
from operations.overview.panel import Panel
from tests.support import rows
from tests.support.admin import operators_pages
from tests.support.exporter import Exporter
from tests.support.trail import events
from tests.support.worker import Worker, browser, submit


@pytest.fixture
def watching(server: str) -> Client:
    """A browser of an operator's, beside a server that runs."""
    return browser(rows.person("operator", is_staff=True, is_superuser=True))


def page(client: Client, row: object) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    answer = client.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))  # type: ignore[attr-defined]
    assert answer.status_code == 200
    return str(answer.content.decode())


def story(client: Client, row: object) -> list[str]:
    """The words of each line, in their order."""
    meta = row._meta  # type: ignore[attr-defined]
    answer = client.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))  # type: ignore[attr-defined]
    found: list[Panel] = answer.context["panels"]
    return [line.words for line in found[0].story]


def test_no_list_and_no_page_calls_a_column_as_the_database_does(operator: Client, rf: RequestFactory) -> None:
    request = rf.get("/admin/")
    request.user = User.objects.get(username="operator")
    labels = {}
    for model, shown in operators_pages().items():
        fields = flatten_fieldsets(shown.get_fieldsets(request, model()))
        called = shown.get_form(request, model(), change=True, fields=fields)._meta.labels or {}
        for name in fields:
            labels[f"{model.__name__}, page: {name}"] = called.get(name) or label_for_field(name, model, shown)
        for name in map(str, shown.get_list_display(request)):
            labels[f"{model.__name__}, list: {name}"] = label_for_field(name, model, shown)
    of_machines = re.compile(r"\b(at|pk|url|mime|doc id|job id|epoch|vertical|rounds|sha256)$", re.IGNORECASE)
    assert {name: said for name, said in labels.items() if of_machines.search(str(said))} == {}
    for address in ("", "add/", f"{request.user.pk}/change/"):
        shown_page = operator.get(f"/admin/accounts/user/{address}").content.decode()
        words = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", shown_page, flags=re.DOTALL)
        assert re.findall(r".{0,30}\busers?\b.{0,30}", words, re.IGNORECASE) == []


@pytest.mark.services
def test_a_persons_page_has_everything_of_theirs(operator: Client) -> None:
    ada, other = rows.everything("one"), rows.everything("two")
    now = timezone.now()
    Export.objects.create(owner=ada, parts_size=1, max_age=1, expires_at=now, error="The disk was full.", state="error")
    ArchiveImport.objects.create(owner=ada, server="old.example", state="incomplete", missing=3)
    Move.objects.create(
        owner=ada, side="source", state="failed", peer_url="https://new.example/", lease_until=now, ended_at=now
    )
    shown = page(operator, ada)
    for words in (
        "S one",
        "name: missing",
        "No room.",
        "The disk was full.",
        "old.example",
        "3 missing",
        "new.example",
    ):
        assert words in shown, words
    assert "S two" not in shown
    assert page(operator, other)
    addresses = {one.replace("&amp;", "&") for one in re.findall(r'href="(/admin/[^"]+)"', shown)}
    addresses -= {"/admin/password_change/"}
    bad = {address: operator.get(address, follow=True).status_code for address in addresses}
    assert bad == dict.fromkeys(addresses, 200)


def test_no_page_says_a_time_as_a_program_writes_it(operator: Client) -> None:
    ada = rows.everything("one")
    Worker().connect(ada)
    of_programs = re.compile(r">([^<]*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+[^<]*)<")
    found = {
        model.__name__: of_programs.findall(page(operator, row))
        for model in operators_pages()
        if (row := model._default_manager.order_by("-pk").first()) is not None
    }
    assert "RefreshToken" in found
    assert {name: said for name, said in found.items() if said} == {}


def test_who_may_see_people_only_sees_no_more_of_them(client: Client, db: None) -> None:
    ada, staff = rows.everything("one"), rows.person("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(staff)
    shown = page(client, ada)
    assert "S one" not in shown
    assert "No room." not in shown


def test_a_transfer_is_told_from_consent_to_what_is_missing(exporter: Exporter, watching: Client) -> None:
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p1"}})
    transfer = Transfer.objects.get()
    rows.rejection(transfer, "x", item=b'{"@type": "Photo", "title": "Harbour"}', times=3)
    rows.rejection(transfer, "y", item=b'{"title": "Dunes"}', made_good_at=timezone.now())
    told = story(watching, transfer)
    assert told[0] == "ada allowed Cloud One to send."
    assert told[1] == "Cloud One sent the first item."
    assert told[2].startswith("social-posts: 1 new (")
    assert told[3] == "“Harbour” was refused, 3 times: name: missing"
    assert "It came in on" in told[4]
    assert told[-1] == "The last item so far."


def test_an_export_is_told_from_the_request_to_who_fetched_it(operator: Client) -> None:
    now = timezone.now()
    export = Export.objects.create(
        owner=rows.person("ada"), parts_size=1, max_age=1, expires_at=now + timedelta(days=1), state="done"
    )
    for kind in (Event.Kind.REQUESTED, Event.Kind.INTERRUPTED, Event.Kind.DONE):
        Event.objects.create(export=export, kind=kind, detail="The disk is full." if "inter" in kind else "")
    export.fetches.create(part=0, address="192.0.2.7", sent=1_500_000, ended=1)
    told = story(operator, export)
    assert told[:3] == [
        "It was asked for.",
        "It was interrupted, and is tried again. The disk is full.",
        "It was ready.",
    ]
    assert told[3] == "Part 1 was fetched to the end from 192.0.2.7: 1.5 MB sent."
    assert told[-1] == "It will be removed."


@pytest.mark.services
def test_a_move_is_told_step_by_step_with_its_receipts_as_tables(operator: Client) -> None:
    now = timezone.now()
    move = Move.objects.create(
        owner=rows.person("ada"),
        side="source",
        state="moved",
        peer_url="https://new.example/",
        lease_until=now,
        created_at=now - timedelta(minutes=1),
        confirmed_at=now,
        ended_at=now + timedelta(minutes=2),
        receipt={"sent": [{"documents": 1200, "parts": [{"size": 7}]}]},
    )
    step = {"move": move, "state": "handing over", "what": "Sending the archive"}
    MoveStep.objects.create(**step, began_at=now, outcome="again", detail="It says nothing.")
    told = story(operator, move)
    assert told[0] == "ada leaves: new.example."
    assert "Sending the archive: failed, will be tried again. It says nothing." in told
    assert told[-1] == "It ended: moved."
    shown = page(operator, move)
    assert "The receipt of this side" in shown
    assert "sent 1, documents" in shown
    assert "sent 1, parts 1, size" in shown
    assert "1,200" in shown


def test_every_time_on_a_page_is_in_one_form_and_in_the_zone_of_whoever_looks(operator: Client) -> None:
    User.objects.filter(is_staff=True).update(time_zone="Asia/Tokyo")
    ada, at = rows.person("ada"), datetime(2026, 1, 5, 20, 15, 30, tzinfo=UTC)
    shown_at, said = "2026-01-06 05:15:30 JST", at.isoformat()
    receipt = {
        "asked_at": said,
        "ended_at": "2026-01-05T20:15:30.5Z",
        "frozen_at": None,
        "vault": False,
        "day": "2026-01-05",
    }
    columns = {"side": "source", "state": "moved", "peer_url": "https://new.example/", "lease_until": at}
    move = Move.objects.create(owner=ada, created_at=at, ended_at=at, receipt=receipt, peer_receipt=receipt, **columns)
    move.steps.create(state="handing over", what="Sending", began_at=at, ended_at=at, next_at=at, outcome="again")
    sent = rows.transfer(ada, "one", rejected=1, first_item_at=at, last_item_at=at)
    rows.rejection(sent, "one", first_at=at, last_at=at, made_good_at=at)
    assert f"Tried again at {shown_at}." in " ".join(story(operator, move))
    assert "It came in on 2026-01-06 05:15 JST after all." in " ".join(story(operator, sent))
    for row in (move, sent):
        shown = re.sub(r' datetime="[^"]*"', "", page(operator, row))
        assert shown_at in shown
        assert "2026-01-06 05:15 JST · " in shown  # its title
        others = re.findall(r"[^>\n]*(?:20:15|5T20|05:15)[^<\n]*", shown)
        assert [one for one in others if "05:15:30 JST" not in one and "05:15 JST" not in one] == []
    assert "<span>None</span>" not in page(operator, move)
    assert "<span>2026-01-05</span>" in page(operator, move)


@pytest.mark.usefixtures("transactional_db")
def test_a_row_is_called_in_the_trail_by_its_time_in_utc_whoever_looks(operator: Client) -> None:
    User.objects.filter(is_staff=True).update(time_zone="Asia/Tokyo")
    at = datetime(2026, 1, 5, 20, 15, 30, tzinfo=UTC)
    columns = {
        "side": "source",
        "state": "handing over",
        "peer_url": "https://new.example/",
        "lease_until": at,
        "next_at": at,
    }
    move = Move.objects.create(owner=rows.person("ada"), created_at=at, **columns)
    submit(operator, f"{reverse('admin:moves_move_changelist')}{move.pk}/do/retry/", {"text": "It is late."})
    (told,) = events("--person", "ada", "--kind", "staff-acted")
    assert told["what"]["name"] == "ada leaves, 2026-01-05 20:15 UTC"


def test_an_exporters_page_counts_its_days_and_its_people(exporter: Exporter, watching: Client) -> None:
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p1"}})
    counting.run()
    shown = page(watching, Application.objects.get(client_id=exporter.client["client_id"]))
    assert "<strong>1</strong><span>people are connected</span>" in shown
    assert "Items, 30 days: 1 in all, 1 today, at most 1 a day." in shown


def test_a_mail_that_was_not_sent_is_not_called_one_that_told(operator: Client) -> None:
    now = timezone.now()
    export = Export.objects.create(owner=rows.person("ada"), parts_size=1, max_age=1, expires_at=now)
    Event.objects.create(export=export, kind=Event.Kind.MAILED)
    Event.objects.create(export=export, kind=Event.Kind.MAILED, detail=Posted.UNPROVEN.value)
    told, untold = story(operator, export)[:2]
    assert told == "The person was told by mail."
    assert untold == "The person was not told by mail; not sent: the address has not been proven"
