"""The one gate for guesses: exactly as many are looked at as a limit says, at every door, and nobody is forgotten."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from redis.exceptions import RedisError

from accounts import throttles
from accounts.hashing import PasswordsBusy, line
from accounts.models import LimitWindow, User, limit_window
from accounts.tasks import purge_limits
from accounts.throttles import ResetsPerAccount, SignUpsPerAddress
from tests.support.exporter import Person
from tests.support.worker import PASSWORD, Worker, browser, person, session_of, submit

pytestmark = pytest.mark.django_db

NOBODY = "redis://127.0.0.1:1/0"  # where nobody listens
WRONG = {"username": "ada", "password": "wrong"}


def from_address(address: str, fields: dict[str, str], path: str = "/auth/login") -> int:
    return Client(REMOTE_ADDR=address).post(path, fields).status_code


# As many as the limit says


class AtOnce:
    """A browser on the real server, which asks many times at the same moment."""

    def __init__(self, server: str, user: User) -> None:
        session = session_of(user)
        self.cookies = {"sessionid": session}
        self.server = server

    def post(self, path: str, fields: dict[str, str], times: int) -> list[httpx.Response]:
        page = httpx.get(self.server + path, cookies=self.cookies)
        token = page.cookies["csrftoken"]
        sent, cookies = fields | {"csrfmiddlewaretoken": token}, self.cookies | {"csrftoken": token}
        with ThreadPoolExecutor(times) as threads:
            asked = [
                threads.submit(httpx.post, self.server + path, data=sent, cookies=cookies, timeout=60)
                for _ in range(times)
            ]
            return [one.result() for one in asked]


SESSION_DOORS: list[tuple[str, dict[str, str], str]] = [
    ("/settings/delete", {"password": "wrong"}, "not your password"),
    ("/settings/password", {"old_password": "wrong"}, "Your old password was entered incorrectly"),
    ("/settings/exports", {"password": "wrong", "what": "blobs", "parts_size": "0"}, "not your password"),
]


@pytest.mark.parametrize(("path", "fields", "said"), SESSION_DOORS)
def test_of_a_hundred_wrong_passwords_at_once_exactly_ten_are_looked_at(
    server: str, ada: Person, path: str, fields: dict[str, str], said: str
) -> None:
    answers = AtOnce(server, ada.row).post(path, fields, 100)
    assert sum(said in answer.text for answer in answers) == 10
    assert sum(answer.status_code == 429 for answer in answers) == 90


@pytest.mark.services
def test_of_a_hundred_log_ins_at_once_exactly_ten_are_looked_at(server: str, ada: Person) -> None:
    with httpx.Client(base_url=server) as http:
        token = http.get("/auth/login").cookies["csrftoken"]
    fields, cookies = WRONG | {"csrfmiddlewaretoken": token}, {"csrftoken": token}
    with ThreadPoolExecutor(50) as threads:
        asked = [
            threads.submit(httpx.post, f"{server}/auth/login", data=fields, cookies=cookies, timeout=60)
            for _ in range(100)
        ]
        answers = [one.result() for one in asked]
    assert sorted({answer.status_code for answer in answers}) == [200, 429]
    assert sum("belong together" in answer.text for answer in answers) == 10


# At every door the same


@pytest.mark.services
def test_a_name_and_an_address_of_one_account_are_guessed_together() -> None:
    person()
    names = ["ada", "ADA", " ada ", "ada@example.org", "Ada@Example.ORG"] * 2
    assert [from_address("192.0.2.1", WRONG | {"username": name}) for name in names] == [200] * 10
    assert [from_address("192.0.2.1", WRONG | {"username": name}) for name in names] == [429] * 10


def test_the_door_of_operators_is_the_same_one() -> None:
    person(is_staff=True)
    answer = Client().post("/admin/login/?next=/admin/accounts/user/", WRONG)
    assert (answer.status_code, answer["Location"]) == (302, "/auth/login?next=/admin/accounts/user/")
    assert Client().get("/admin/", follow=True).redirect_chain[-1][0].startswith("/auth/login?next=")
    assert "//evil" not in Client().get("/admin/login/?next=//evil.example/")["Location"]
    assert Client().post("/admin/password_change/")["Location"] == "/settings/password"
    fields = {"username": "ada", "password": PASSWORD}
    assert submit(browser(), answer["Location"], fields)["Location"] == "/admin/accounts/user/"


def test_who_may_not_see_the_admin_is_told_so() -> None:
    shown = browser(person()).get("/admin/", follow=True).content.decode()
    assert "You are logged in as" in shown
    assert "who may not see that page" in shown


def test_whoever_is_logged_in_guesses_no_more_at_the_log_in() -> None:
    ada = person()
    client = browser(ada)
    assert [submit(client, "/auth/login", WRONG).status_code for _ in range(10)] == [200] * 10
    for path, fields, _ in SESSION_DOORS:
        token = client.get(path).context["csrf_token"]
        assert client.post(path, fields | {"csrfmiddlewaretoken": str(token)}).status_code == 429


@pytest.mark.services
def test_strangers_who_guess_keep_nobody_from_their_settings() -> None:
    ada = person()
    for number in range(100):
        from_address(f"192.0.2.{number}", WRONG)
    assert from_address("198.51.100.1", WRONG) == 429
    assert submit(browser(ada), "/settings/delete", {"password": PASSWORD})["Location"] == "/"


@pytest.mark.services
def test_a_right_password_frees_its_place() -> None:
    person()
    for _ in range(3):
        assert [from_address("192.0.2.1", WRONG) for _ in range(9)] == [200] * 9
        assert from_address("192.0.2.1", {"username": "ada", "password": PASSWORD}) == 302
    client = browser(User.objects.get())
    fields = {"old_password": PASSWORD, "new_password1": "x", "new_password2": "y"}
    assert {submit(client, "/settings/password", fields).status_code for _ in range(12)} == {200}


@pytest.mark.services
def test_a_limit_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    person()
    assert [from_address("192.0.2.1", WRONG) for _ in range(11)] == [200] * 10 + [429]
    later = limit_window.now_ms() + int(timedelta(minutes=15, seconds=1).total_seconds() * 1000)
    monkeypatch.setattr("accounts.models.limit_window.now_ms", lambda: later)
    monkeypatch.setattr("accounts.throttles.now_ms", lambda: later)
    assert [from_address("192.0.2.1", WRONG) for _ in range(11)] == [200] * 10 + [429]


# What is kept, and what it costs


def test_who_is_over_a_limit_causes_no_statement() -> None:
    person()
    for _ in range(11):
        from_address("192.0.2.1", WRONG)
    with CaptureQueriesContext(connection) as asked:
        assert from_address("192.0.2.1", WRONG) == 429
    assert [one["sql"] for one in asked.captured_queries if "limitwindow" in one["sql"]] == []
    throttles.shut.forget()  # as in another process
    with CaptureQueriesContext(connection) as asked:
        assert from_address("192.0.2.1", WRONG) == 429
    assert {one["sql"].split()[0] for one in asked.captured_queries} == {"SELECT"}


@pytest.mark.services
def test_clients_that_do_not_exist_make_one_row_and_make_no_limit_forgotten() -> None:
    sign_ups = [SignUpsPerAddress("127.0.0.1").take() for _ in range(31)]
    assert sign_ups == [True] * 30 + [False]
    worker = Worker()
    rows = LimitWindow.objects.count()
    answers = [worker.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_id": f"c{n}"})
               for n in range(330)]  # fmt: skip
    assert [answer.status for answer in answers] == [401] * 20 + [429] * 310
    assert LimitWindow.objects.count() == rows + 1
    throttles.shut.forget()
    cache.clear()
    assert Client().post("/auth/sign-up", {}).status_code == 429


def test_a_wizards_secret_is_guessed_no_more_often_where_moves_are_asked_for() -> None:
    fields = {"token": "x", "client_id": "unknown", "client_secret": "y"}
    answers = [Client().post("/move/request", fields).status_code for _ in range(22)]
    assert answers == [401] * 20 + [429] * 2


def test_windows_that_have_ended_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    ResetsPerAccount("a@example.org").take()
    purge_limits()
    assert LimitWindow.objects.count() == 1
    later = limit_window.now_ms() + 3_601_000
    monkeypatch.setattr("accounts.models.limit_window.now_ms", lambda: later)
    purge_limits()
    assert not LimitWindow.objects.exists()


def test_logging_in_needs_no_cache(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": NOBODY}}
    person()
    with pytest.raises(RedisError):
        cache.get("anything")
    assert from_address("192.0.2.1", WRONG) == 200
    assert from_address("192.0.2.1", {"username": "ada", "password": PASSWORD}) == 302


def test_a_failed_log_in_is_in_the_log_without_what_was_typed(caplog: pytest.LogCaptureFixture) -> None:
    ada = person()
    caplog.set_level(logging.INFO, "wharf.accounts")
    from_address("192.0.2.1", WRONG | {"username": "my-secret-in-the-wrong-field"})
    from_address("192.0.2.1", WRONG)
    submit(browser(ada), "/settings/delete", {"password": "wrong"})
    lines = [one for one in caplog.records if one.message == "a password was wrong"]
    assert [(vars(one)["account"], vars(one)["door"], vars(one)["address"]) for one in lines] == [
        (None, "auth/login", "192.0.2.1"),
        (ada.pk, "auth/login", "192.0.2.1"),
        (ada.pk, "settings/delete", "127.0.0.1"),
    ]
    assert "my-secret" not in json.dumps([str(vars(one)) for one in caplog.records])


def test_where_too_many_passwords_wait_the_next_one_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    person()

    def full() -> None:
        raise PasswordsBusy

    monkeypatch.setattr(line, "require_room", full)
    answer = Client().post("/auth/login", WRONG)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert not LimitWindow.objects.exists()
