"""Passwords: forgotten, changed, guessed."""

import re
from collections.abc import Iterator

import pytest
from celery import current_app
from django.core.mail import EmailMessage
from django.test import Client

from tests.support.worker import PASSWORD, browser, person, submit

pytestmark = pytest.mark.django_db

NEW = "an entirely different one"


@pytest.fixture(autouse=True)
def working_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The worker's tasks run in the request, which never ends for the database."""
    monkeypatch.setattr("accounts.letters.on_commit", lambda tell: tell())
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before


def ask(email: str = "ada@example.org") -> str:
    answer = submit(browser(), "/auth/reset", {"email": email})
    return str(answer["Location"]) if answer.status_code == 302 else str(answer.status_code)


def link(mail: EmailMessage) -> str:
    return re.findall(r"http://127\.0\.0\.1:8000(/\S+)", str(mail.body))[0]


def log_in(password: str) -> int:
    return submit(browser(), "/auth/login", {"username": "ada", "password": password}).status_code


def test_a_forgotten_password_is_set_anew_by_mail(mailoutbox: list[EmailMessage]) -> None:
    person()
    assert ask("ADA@example.org") == "/auth/reset/sent"
    assert mailoutbox[0].to == ["ada@example.org"]
    client = browser()
    form = client.get(link(mailoutbox[0]))["Location"]
    answer = submit(client, form, {"new_password1": NEW, "new_password2": NEW})
    assert answer["Location"] == "/auth/login"
    assert (log_in(PASSWORD), log_in(NEW)) == (200, 302)


def test_a_link_works_once(mailoutbox: list[EmailMessage]) -> None:
    person()
    ask()
    client = browser()
    form = client.get(link(mailoutbox[0]))["Location"]
    submit(client, form, {"new_password1": NEW, "new_password2": NEW})
    assert "This link doesn&#x27;t work any more" in browser().get(link(mailoutbox[0])).content.decode().replace(
        "doesn't", "doesn&#x27;t"
    )


def test_nobody_learns_whether_there_is_an_account(mailoutbox: list[EmailMessage]) -> None:
    person()
    person("gone", is_active=False)
    assert ask() == ask("nobody@example.org") == ask("gone@example.org") == "/auth/reset/sent"
    assert len(mailoutbox) == 1


def test_nobody_is_sent_more_than_a_few_mails(mailoutbox: list[EmailMessage]) -> None:
    person()
    assert {ask() for _ in range(6)} == {"/auth/reset/sent"}
    assert len(mailoutbox) == 3


@pytest.mark.services
def test_asking_is_limited_per_address() -> None:
    assert [ask(f"{number}@example.org") for number in range(31)][-2:] == ["/auth/reset/sent", "429"]


def test_the_link_leads_here_whatever_the_request_claims(mailoutbox: list[EmailMessage]) -> None:
    person()
    Client(headers={"Host": "localhost"}).post("/auth/reset", {"email": "ada@example.org"})
    assert "http://127.0.0.1:8000/auth/reset/" in mailoutbox[0].body


def test_changing_the_password_ends_other_sessions_and_not_this_one() -> None:
    ada = person()
    here, there = browser(ada), browser(ada)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert submit(here, "/settings/password", fields)["Location"] == "/"
    assert here.get("/settings/services").status_code == 200
    assert there.get("/settings/services").status_code == 302


@pytest.mark.services
def test_ten_wrong_passwords_lock_that_name_from_that_address_for_a_while() -> None:
    person()
    person("grace")
    answers = [log_in("wrong") for _ in range(10)]
    assert answers == [200] * 10
    locked = submit(browser(), "/auth/login", {"username": "ada", "password": "wrong"})
    assert locked.status_code == 429
    assert 0 < int(locked["Retry-After"]) <= 900
    assert "Too many tries" in locked.content.decode()
    assert log_in(PASSWORD) == 429
    assert submit(browser(), "/auth/login", {"username": "ADA", "password": PASSWORD}).status_code == 429
    assert submit(browser(), "/auth/login", {"username": "grace", "password": PASSWORD}).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/auth/login", {"username": "ada", "password": PASSWORD}).status_code == 302


def test_guessing_one_name_from_everywhere_is_limited() -> None:
    person()
    for number in range(100):
        Client(REMOTE_ADDR=f"192.0.2.{number}").post("/auth/login", {"username": "ada", "password": "wrong"})
    answer = Client(REMOTE_ADDR="198.51.100.1").post("/auth/login", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 429


def test_guessing_every_name_from_one_network_is_limited() -> None:
    person()
    for number in range(200):
        address = f"2001:db8::{number:x}"
        Client(REMOTE_ADDR=address).post("/auth/login", {"username": f"name{number}", "password": "wrong"})
    known = {"username": "ada", "password": PASSWORD}
    assert Client(REMOTE_ADDR="2001:db8::ffff").post("/auth/login", known).status_code == 429
    assert Client(REMOTE_ADDR="2001:db8:0:1::1").post("/auth/login", known).status_code == 302
