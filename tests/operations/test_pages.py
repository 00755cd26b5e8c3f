"""The page of a person, an exporter or a job says what an operator would otherwise look for in ten lists."""

import re
from datetime import timedelta

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
from tests.support.worker import Worker, browser

pytestmark = pytest.mark.services


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
