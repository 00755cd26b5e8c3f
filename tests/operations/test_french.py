"""Operators who read French have the admin in French; what is written down, and what programs read, stays English."""

import re
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.mail import Posted
from accounts.models import User
from accounts.roles import make_groups
from audit.models import AuditEvent
from importers.models import BinJob
from moves.models import Event, Export
from operations import names
from operations.models import DayCount
from tests.support import arrivals, rows
from tests.support.admin import operators_pages
from tests.support.worker import browser


@pytest.fixture
def marie(client: Client, db: None) -> Client:
    """A browser in which an operator is logged in who reads French."""
    client.force_login(rows.person("marie", is_staff=True, is_superuser=True, language="fr"))
    return client


def text(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_heading_keeps_the_space_before_a_colon_and_ends_after_eighteen_words(marie: Client) -> None:
    ada = rows.person("ada")
    job = BinJob.objects.create(owner=ada, action="throw", chosen=[], title="a " * 30, ended_at=timezone.now())
    page = text(marie, reverse("admin:importers_binjob_change", args=[job.pk]))
    (heading,) = re.findall(r"<h1>(.*?)</h1>", page)
    assert re.fullmatch(r"[^:]+\u00a0:( a){14}…", heading), heading


def test_the_overview_is_in_french(marie: Client) -> None:
    page = text(marie, "/admin/")
    for words in ("Vue d’ensemble", "workers en vie", "Rien n’est encore arrivé.", "dans la file d’attente", "Rouages"):
        assert words in page
    for words in ("Overview", "workers alive", "Nothing has come in yet.", "in the queue", "Internals"):
        assert words not in page


def test_bars_are_as_high_in_french_as_in_english(marie: Client) -> None:
    for number in range(3):
        day = (timezone.now() - timedelta(days=number)).date()
        DayCount.objects.create(day=day, items=number + 1, received_bytes=number + 1, people=1)
    page = text(marie, "/admin/")
    assert re.search(r"<title>(1er|\d+) \w+\.?\u00a0: 3</title>", page)
    assert not re.search("<title>1 ", page), "it is the 1er of a month"
    french = re.findall("<rect[^>]+>", page)
    User.objects.filter(username="marie").update(language="en")
    assert french == re.findall("<rect[^>]+>", text(marie, "/admin/"))
    assert len(french) >= 60


def test_the_side_bar_is_in_the_order_of_a_french_dictionary(marie: Client) -> None:
    [of_records] = [one for one in marie.get("/admin/").context["available_apps"] if one["beside"]]
    names = [model["name"].lower() for model in of_records["beside"]]
    assert names.index("éléments conservés tels quels") < names.index("événements") < names.index("fichiers")


def test_yes_and_no_are_read_out_in_french(marie: Client) -> None:
    move = arrivals.announced(rows.person("ada"), vault=True, changes=False)
    page = text(marie, reverse("admin:moves_move_change", args=[move.pk]))
    assert re.findall('<img src="[^"]+icon-(yes|no)[^"]*" alt="([^"]*)">', page) == [("yes", "oui"), ("no", "non")]


def test_what_was_thrown_away_is_said_in_french(marie: Client) -> None:
    said = {"words": "the %(kinds)s in %(title)s", "values": {"kinds": "photo", "title": "Lisbon"}}
    job = BinJob.objects.create(owner=rows.person("ada"), action="throw", chosen=[], title="", said=said)
    page = text(marie, reverse("admin:importers_binjob_change", args=[job.pk]))
    assert re.search(r"<h1>mettre à la corbeille\s: les photos dans Lisbon</h1>", page)


def test_each_list_is_called_by_a_french_name(marie: Client) -> None:
    for model, of in operators_pages().items():
        with translation.override("fr"):
            called = str(getattr(of, "list_name", "") or model._meta.verbose_name_plural)
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert f"<h1>{called[0].upper()}{called[1:]}</h1>" in text(marie, address)


def test_all_names_of_the_code_that_are_shown_are_known_to_the_catalogue() -> None:
    same = {"action", "agent", "album", "albums", "client", "code", "contact", "contacts", "contenu", "description"}
    with translation.override("fr"):
        said = {name: translation.gettext(name) for name in (*names.SHOWN, *names.CODES, *names.STATES)}
    unchanged = {name for name, words in said.items() if words == name} - same
    assert unchanged <= {
        "export",
        "exports",
        "message",
        "messages",
        "note",
        "notes",
        "page",
        "photo",
        "photos",
        "position",
        "service",
        "source",
        "sources",
        "type",
    }


def test_what_was_written_down_of_an_export_is_told_in_french(marie: Client) -> None:
    found = Export.objects.create(
        owner=rows.person("ada"), parts_size=1, max_age=1, expires_at=timezone.now() + timedelta(days=1)
    )
    Event.objects.create(export=found, kind=Event.Kind.STARTED)
    Event.objects.create(export=found, kind=Event.Kind.MAILED, detail=Posted.UNPROVEN.value)
    page = text(marie, reverse("admin:moves_export_change", args=[found.pk]))
    assert "Un worker a commencé à le préparer." in page
    assert "non envoyé\u00a0: l’adresse n’a pas été prouvée" in page
    assert "A worker began" not in page and "not sent" not in page


@pytest.mark.django_db(transaction=True)
def test_a_deed_asks_in_french_and_is_written_down_in_english(marie: Client) -> None:
    ada = rows.person("ada")
    address = reverse("admin:accounts_user_do", args=[ada.pk, "block"])
    assert "Plus rien n’entre désormais" in text(marie, address)
    answer = marie.post(address, {"confirmed": "yes", "text": "Trop de choses."}, follow=True)
    assert "Bloqués\u00a0: 1." in answer.content.decode()
    ada.refresh_from_db()
    assert ada.blocked == User.Blocked.BY_OPERATOR
    told = AuditEvent.objects.get(kind="staff-acted")
    assert '"Block"' in told.details.get(part="what").text
    assert "action\u00a0: Bloquer" in text(marie, reverse("admin:audit_auditevent_change", args=[told.pk]))


def test_the_group_of_a_role_keeps_its_name_and_is_shown_under_a_french_one(marie: Client) -> None:
    with translation.override("fr"):
        make_groups()
    assert set(Group.objects.values_list("name", flat=True)) >= {"Auditors (role)", "Operators (role)"}
    page = text(marie, "/admin/auth/group/")
    assert "Auditeurs (rôle)" in page
    assert ">Auditors (role)<" not in page


def test_rights_that_can_be_given_are_those_of_pages_and_have_french_names(marie: Client) -> None:
    page = text(marie, reverse("admin:auth_group_add"))
    assert "Peut voir\u00a0: événement du journal d’audit" in page
    for words in ("ended client", "ended session", "audit chain", "Can view"):
        assert words not in page


def test_the_page_of_a_password_speaks_of_a_person(marie: Client) -> None:
    ada = rows.person("ada")
    french = text(marie, f"/admin/accounts/user/{ada.pk}/password/")
    assert "Saisissez un nouveau mot de passe pour <strong>ada</strong>." in french
    assert "utilisateur" not in french
    User.objects.filter(username="marie").update(language="en")
    english = text(marie, f"/admin/accounts/user/{ada.pk}/password/")
    assert "Enter a new password for <strong>ada</strong>." in english
    assert "the user" not in english


def test_a_list_that_is_saved_says_the_same_in_every_language(http: httpx.Client, server: str) -> None:
    rows.transfer(rows.person("ada"), "one")
    files = {}
    for language in ("en", "fr"):
        boss = rows.person(f"boss-{language}", is_staff=True, is_superuser=True, language=language)
        session = browser(boss).cookies["sessionid"].value
        answer = http.get(
            "/lists/importers/transfer.csv",
            headers={"Cookie": f"sessionid={session}", "Accept-Language": "fr"},
        )
        assert answer.status_code == 200
        files[language] = answer.text
    assert files["en"] == files["fr"]
    assert "Last item" in files["fr"]


def test_the_trail_is_narrowed_to_days(marie: Client) -> None:
    today = timezone.now().date()
    address = reverse("admin:audit_auditevent_changelist")
    all_of_them = marie.get(address).context["cl"].result_count
    assert marie.get(f"{address}?first={today}&last={today}").context["cl"].result_count == all_of_them
    assert marie.get(f"{address}?last={today - timedelta(days=2)}").context["cl"].result_count == 0
    page = text(marie, f"{address}?within={quote(f'{today}..{today}')}")
    assert f'name="first" value="{today}"' in page
    assert "Afficher ces jours" in page
