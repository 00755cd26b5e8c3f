"""Signing up, logging in and out, and the pages of one's own account."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken
from pytest_django.fixtures import Settings

from accounts.models import Application, User
from importers.models import Transfer
from moves.moving import tokens
from tests.support.deleting import day_comes
from tests.support.exporter import Exporter, Person, run
from tests.support.signing_up import sign_up
from tests.support.worker import PASSWORD, Worker, browser, person, submit

pytestmark = pytest.mark.django_db

NEW = {"username": "grace", "email": "grace@example.org", "password": "a nice long one"}


def logged_in_as(client: Client) -> str:
    return client.session.get("_auth_user_id", "")


def test_signing_up_makes_an_account_and_logs_in(settings: Settings) -> None:
    settings.WHARF_DEFAULT_QUOTA = 5_000_000_000
    client = browser()
    assert sign_up(client, NEW)["Location"] == "/"
    grace = User.objects.get()
    assert (grace.username, grace.quota_bytes, grace.used_bytes) == ("grace", 5_000_000_000, 0)
    assert logged_in_as(client) == str(grace.pk)


def test_signing_up_leads_back_to_where_it_was_needed() -> None:
    assert sign_up(browser(), NEW, "/auth/sign-up?next=/settings/services")["Location"] == "/settings/services"


@pytest.mark.parametrize("page", ["/auth/sign-up", "/auth/login"])
@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil"])
def test_nobody_is_sent_elsewhere(page: str, elsewhere: str) -> None:
    person()
    fields = {"next": elsewhere} | (NEW if page == "/auth/sign-up" else {"username": "ada", "password": PASSWORD})
    answer = sign_up(browser(), fields) if page == "/auth/sign-up" else submit(browser(), page, fields)
    assert answer["Location"] == "/"


@pytest.mark.parametrize("name", ["ada", "ADA"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    person()
    answer = submit(browser(), "/auth/sign-up", NEW | {"username": name})
    assert "There is already an account with that name." in answer.content.decode()
    assert User.objects.count() == 1


def test_somebody_who_was_a_moment_quicker_is_no_error() -> None:
    with patch.object(User, "save", side_effect=IntegrityError):
        answer = submit(browser(), "/auth/sign-up", NEW)
    assert "There is already an account" in answer.content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"username": "a@b"},
        {"username": "a b"},
        {"username": "x" * 151},
        {"username": "a\0"},
        {"email": "nonsense"},
        {"password": "short"},
        {"password": "password"},
        {"username": ""},
    ],
)
def test_what_can_not_be_an_account_is_refused(change: dict[str, str]) -> None:
    assert submit(browser(), "/auth/sign-up", NEW | change).status_code == 200
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("\u0430da", "can be taken for another one"),
        ("ad\u03b1", "can be taken for another one"),
        ("\u0430\u0441\u0435", "can be taken for another one"),
        ("\u0410\u0412\u0415", "can be taken for another one"),
        ("\u0251da", "can be taken for another one"),
        ("7\u0661", "can be taken for another one"),
        ("..", "has a letter or a digit"),
        ("-", "has a letter or a digit"),
        ("Admin", "kept for the people who run this server"),
        ("ROOT.", "kept for the people who run this server"),
        ("\uff57\uff48\uff41\uff52\uff46", "kept for the people who run this server"),
        ("s.u.p.p.o.r.t", "kept for the people who run this server"),
    ],
)
def test_nobody_signs_up_with_a_name_that_can_be_taken_for_another(name: str, why: str) -> None:
    answer = submit(browser(), "/auth/sign-up", NEW | {"username": name})
    assert answer.status_code == 200
    assert why in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "zo\u00eb",
        "\u043a\u0430\u0442\u044f_7",
        "\u0432\u043e\u0432\u0430",
        "\u3072\u306a\u30ab\u5c71",
        "\ud55c\u5c71",
        "rootless",
        "7",
    ],
)
def test_names_of_one_script_are_taken(name: str) -> None:
    assert submit(browser(), "/auth/sign-up", NEW | {"username": name}).status_code == 302
    assert User.objects.get().username == name


def test_sign_up_can_be_closed(settings: Settings) -> None:
    settings.WHARF_SIGN_UP = False
    for answer in (browser().get("/auth/sign-up"), Client().post("/auth/sign-up", NEW)):
        assert answer.status_code == 403
        assert "This server takes no new accounts" in answer.content.decode()
    assert not User.objects.exists()
    assert "sign-up" not in browser().get("/").content.decode()


def test_signing_up_is_limited_per_address() -> None:
    client = Client()
    answers = [client.post("/auth/sign-up", NEW | {"password": "short"}).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


@pytest.mark.parametrize("name", ["ada", "ADA", " ada ", "ada@example.org", "Ada@Example.ORG"])
def test_logging_in_by_name_or_address(name: str) -> None:
    person()
    client = browser()
    assert submit(client, "/auth/login", {"username": name, "password": PASSWORD})["Location"] == "/"
    assert logged_in_as(client)


def test_logging_in_leads_to_where_it_was_needed() -> None:
    person()
    client = browser()
    asked = client.get("/settings/services")
    assert asked["Location"] == "/auth/login?next=/settings/services"
    fields = {"username": "ada", "password": PASSWORD}
    assert submit(client, asked["Location"], fields)["Location"] == "/settings/services"


def test_a_wrong_password_an_unknown_name_and_an_inactive_account_are_told_the_same() -> None:
    person()
    person("gone", is_active=False)
    tries = [("ada", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD), ("gone", "wrong")]
    pages = set()
    for name, password in tries:
        answer = submit(browser(), "/auth/login", {"username": name, "password": password})
        assert "belong together" in answer.content.decode()
        pages.add((answer.status_code, len(answer.content) - len(name)))
    assert len(pages) == 1


def test_a_blocked_account_may_log_in_and_reads_why_nothing_comes_in() -> None:
    person(blocked=User.Blocked.BY_OPERATOR)
    client = browser()
    submit(client, "/auth/login", {"username": "ada", "password": PASSWORD})
    assert "Nothing can be added to this account by the operator" in client.get("/").content.decode()


def test_logging_out_takes_a_post() -> None:
    client = browser(person())
    assert client.get("/auth/logout").status_code == 405
    assert client.post("/auth/logout").status_code == 403  # without the form's token
    assert submit(client, "/", {}).status_code == 405
    client.post("/auth/logout", {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})
    assert not logged_in_as(client)
    assert not Session.objects.exists()


def test_the_front_page_shows_use_and_quota() -> None:
    words = browser(person(used_bytes=1_500_000_000, quota_bytes=5_000_000_000)).get("/").content.decode()
    assert "1.5 GB" in words
    assert "of 5 GB in use" in words
    assert 'value="30"' in words
    assert "with no limit" in browser(person("grace", quota_bytes=None)).get("/").content.decode()


def test_a_stranger_is_welcomed() -> None:
    words = browser().get("/").content.decode()
    assert "/auth/login" in words
    assert "/auth/sign-up" in words


def test_connected_services_are_shown_with_what_they_may_do() -> None:
    ada = person()
    assert "No service is connected" in browser(ada).get("/settings/services").content.decode()
    Worker("Drive", "--vertical", "blobs").connect(ada)
    run("create_token", "ada", "--scope", "import:calendar")
    words = browser(ada).get("/settings/services").content.decode()
    for said in ("Drive", "It may add files and folders to your account.", "Connected since", "nothing has come yet"):
        assert said in words
    assert "Command line" in words
    assert "Drive" not in browser(person("grace")).get("/settings/services").content.decode()


def test_a_service_was_last_active_when_something_last_came_from_it(exporter: Exporter, ada: Person) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "home", "name": "Home"})
    services = browser(ada.row).get("/settings/services").content.decode()
    assert re.search("last item <time[^>]*>just now</time>", services)
    Transfer.objects.update(last_item_at=timezone.now() - timedelta(days=3))
    AccessToken.objects.update(updated=timezone.now())  # as a refresh does
    assert "3\xa0days ago" in browser(ada.row).get("/settings/services").content.decode()


def test_what_wizards_of_moves_may_do_is_one_entry_and_ends_at_once() -> None:
    ada = person()
    Worker("Drive", "--vertical", "blobs").connect(ada)
    for number in range(3):
        client = Application.objects.create(
            name="Wizard at a.example",
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            redirect_uris=f"https://a.example/{number}",
        )
        tokens.issue(ada, client, "io.cozy.exports.requests")
    client = browser(ada)
    shown = client.get("/settings/services").content.decode()
    assert shown.count("<article") == 2
    assert "Moves of your account" in shown
    assert shown.count("Wizard at a.example") == 1
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post("/settings/services/leaves/disconnect", token).status_code == 302
    shown = client.get("/settings/services").content.decode()
    assert "Moves of your account" not in shown
    assert "Drive" in shown
    assert AccessToken.objects.count() == 1


def test_nobody_disconnects_somebody_elses_service() -> None:
    worker, ada = Worker(), person()
    tokens = worker.connect(ada)
    application = Application.objects.get(client_id=worker.id)
    client = browser(person("grace"))
    client.get("/")
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    client.post(f"/settings/services/{application.pk}/disconnect", token)
    assert worker.refresh(tokens["refresh_token"]).status == 200
    for number in (application.pk, 0, 10**30):
        answer = client.post(f"/settings/services/{number}/disconnect", token, follow=True)
        assert "That service is not connected." in answer.content.decode()
        assert "Cloud One" not in answer.content.decode()


def test_deleting_takes_the_password() -> None:
    ada = person()
    client = browser(ada)
    answer = submit(client, "/settings/delete", {"password": "wrong"})
    assert "That is not your password" in answer.content.decode()
    assert User.objects.exists()
    assert submit(client, "/settings/delete", {"password": PASSWORD})["Location"] == "/"
    assert "Your account is deleted on" in client.get("/").content.decode()
    day_comes(ada)
    assert not User.objects.exists()


def test_guessing_the_password_of_an_open_browser_is_limited() -> None:
    client = browser(person())
    statuses = [submit(client, "/settings/delete", {"password": "wrong"}).status_code for _ in range(10)]
    assert statuses == [200] * 10
    assert submit(client, "/settings/delete", {"password": PASSWORD}).status_code in (405, 429)
    assert User.objects.exists()


@pytest.mark.parametrize("path", ["/settings/services", "/settings/delete", "/settings/password"])
def test_pages_of_an_account_need_a_log_in(path: str) -> None:
    assert browser().get(path)["Location"].startswith("/auth/login?next=")


@pytest.mark.parametrize("path", ["/nothing", "/auth/reset/\0/x", "/settings/services/x"])
def test_what_does_not_exist_is_a_page(path: str) -> None:
    answer = browser().get(path)
    assert answer.status_code in (200, 404)
    assert "Wharf" in answer.content.decode()
