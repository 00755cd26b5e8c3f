"""How long somebody stays logged in, and with which cookies."""

import json
import logging
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sessions import still_open
from tests.support.checkout import CHECKOUT
from tests.support.worker import PASSWORD, browser, person, submit

pytestmark = pytest.mark.django_db


def logged_in(client: Client) -> bool:
    return client.get("/settings/services").status_code == 200


@pytest.mark.parametrize("is_staff", [True, False])
def test_the_session_of_an_operator_ends_after_twelve_hours(is_staff: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    person(is_staff=is_staff)
    client = browser()
    submit(client, "/auth/login", {"username": "ada", "password": PASSWORD})
    now = timezone.now()
    monkeypatch.setattr("accounts.sessions.timezone.now", lambda: now + timedelta(hours=11, minutes=59))
    assert logged_in(client)
    monkeypatch.setattr("accounts.sessions.timezone.now", lambda: now + timedelta(hours=12, seconds=1))
    assert logged_in(client) is not is_staff
    if is_staff:
        assert client.cookies["sessionid"]["max-age"] in ("", 0) or client.cookies["sessionid"].value == ""


def test_the_session_of_anybody_ends_after_thirty_days_however_busy_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(person())
    now = timezone.now()
    for days in (10, 20, 29):
        monkeypatch.setattr("django.utils.timezone.now", lambda days=days: now + timedelta(days=days))
        session = client.session  # a page changes something in it, which makes it last longer
        session["changed"] = days
        session.save()
        assert logged_in(client)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=30, seconds=1))
    assert not logged_in(client)


@pytest.mark.parametrize("is_staff", [True, False])
def test_who_does_not_want_to_stay_logged_in_is_forgotten_when_the_browser_is_closed(is_staff: bool) -> None:
    person(is_staff=is_staff)
    typed = {"username": "ada", "password": PASSWORD}
    assert re.search(r'name="remember"[^>]* checked', browser().get("/auth/login").content.decode())
    stays, goes = browser(), browser()
    submit(stays, "/auth/login", {**typed, "remember": "on"})
    submit(goes, "/auth/login", typed)
    assert stays.cookies["sessionid"]["max-age"] > 0
    assert (
        goes.cookies["sessionid"]["max-age"] == ""
    )  # RFC 6265, section 4.1.2.2: until the session of the browser ends
    assert logged_in(stays) and logged_in(goes)


def test_whoever_logs_in_is_in_the_log_by_number_and_address(caplog: pytest.LogCaptureFixture) -> None:
    ada = person()
    caplog.set_level(logging.INFO, "wharf.accounts")
    submit(browser(), "/auth/login", {"username": "ada", "password": PASSWORD})
    lines = [vars(one) for one in caplog.records if one.message == "logged in"]
    assert [(line["account"], line["address"]) for line in lines] == [(ada.pk, "127.0.0.1")]


def test_whoever_logs_in_gets_another_session() -> None:
    person()
    client = browser()
    planted = client.session  # somebody else knows its key
    planted["something"] = "said"
    planted.save()
    before = client.cookies["sessionid"].value
    submit(client, "/auth/login", {"username": "ada", "password": PASSWORD})
    assert logged_in(client)
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_no_cookie_is_there_for_scripts() -> None:
    person()
    client = browser()
    submit(client, "/auth/login", {"username": "ada", "password": PASSWORD})
    assert {"sessionid", "csrftoken"} <= set(client.cookies)
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in client.cookies.values())


def test_a_session_of_which_nobody_knows_since_when_it_is_ends() -> None:
    ada = person()
    client = browser(ada)
    session = client.session
    del session["logged_in_at"]
    session.save()
    assert logged_in(client)
    User.objects.update(is_staff=True)
    assert not logged_in(client)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://127.0.0.1:8111", "8111_sessionid"),
        ("http://127.0.0.1:8113", "8113_sessionid"),
        ("http://127.0.0.1:8000", "sessionid"),
        ("https://wharf.example", "__Host-sessionid"),
        ("https://wharf.example:8443", "__Host-8443_sessionid"),
    ],
)
def test_two_servers_of_one_host_have_cookies_of_their_own(address: str, name: str) -> None:
    code = "from config.settings.security import SESSION_COOKIE_NAME as name; print(name)"
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "WHARF_BASE_URL": address,
        "SECRET_KEY": "of-a-test",
        "PATH": "/usr/bin",
    }
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == name


def test_in_production_every_cookie_is_of_this_host_alone() -> None:
    code = (
        "import django, json; django.setup(); from django.conf import settings as s;"
        "from moves.wizard.journey import JOURNEY_COOKIE as j; from moves.imports.progress.cookie import *;"
        "from accounts.sessions import PlainCookieMessages as m;"
        "print(json.dumps([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, j, ARRIVAL_COOKIE, m.cookie_name]));"
        "assert COOKIE_PATH == s.SESSION_COOKIE_PATH == s.CSRF_COOKIE_PATH == '/';"
        "assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and not s.SESSION_COOKIE_DOMAIN"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "WHARF_BASE_URL": "https://wharf.example",
        "SECRET_KEY": "of-a-test",
        "PATH": "/usr/bin",
    }
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    assert all(name.startswith("__Host-") for name in json.loads(made.stdout))


def test_what_stays_connected_learns_that_a_session_is_over() -> None:
    ada, bob = person("ada"), person("bob")
    keys = [browser(one).session.session_key or "" for one in (ada, bob, ada)]
    assert still_open([*keys, "nobody's"]) == set(keys)
    Session.objects.get(session_key=keys[2]).delete()
    assert still_open(keys) == set(keys[:2])
    ada.set_password("another long password of Ada's")
    ada.save()
    assert still_open(keys) == {keys[1]}
    User.objects.filter(pk=bob.pk).update(sessions_from=timezone.now() + timedelta(seconds=1))
    assert still_open(keys) == set()
