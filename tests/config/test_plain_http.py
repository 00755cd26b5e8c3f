"""A server in production takes no token that came in the clear, and ends it where that is sure."""

import logging
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken
from pytest_django.fixtures import Settings

from accounts.models import User
from config.asgi import application  # made before a test makes of it one in production
from moves.models import MoveCode
from moves.moving import tokens as move_tokens
from tests.support.running_server import running
from tests.support.worker import Worker, person

pytestmark = pytest.mark.django_db

PROXY = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}


@pytest.fixture
def tokens() -> dict[str, Any]:
    return Worker().connect(person())


@pytest.fixture(autouse=True)
def production(settings: Settings, tokens: dict[str, Any]) -> None:
    """After the worker has got its tokens."""
    settings.PRODUCTION = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.WHARF_TRUSTED_PROXIES = ["127.0.0.1", "10.1.0.0/16"]


def ask(path: str, token: str = "", method: str = "POST", address: str = "127.0.0.1", **headers: str) -> Any:
    client = Client(REMOTE_ADDR=address)
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return client.generic(method, path, b"[]", content_type="application/json", headers=bearer | headers)


def works(token: str) -> bool:
    return ask("/import/blobs", token, **{"X-Forwarded-Proto": "https"}).status_code == 400


@pytest.mark.parametrize(
    ("address", "headers", "ended"),
    [
        ("127.0.0.1", PROXY, True),  # a trusted proxy says so
        ("10.1.2.3", PROXY, True),
        ("203.0.113.9", {}, True),  # nobody is between
        ("192.168.1.7", {}, True),
        ("127.0.0.1", {}, False),  # a proxy that says nothing, or this computer
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, False),  # a proxy that forgot to say it
        ("203.0.113.9", {"X-Forwarded-For": "198.51.100.1"}, False),  # one that is not named
        ("203.0.113.9", PROXY, False),
        ("203.0.113.9", {"X-Untrusted-Proto": "http"}, False),
        ("10.1.2.3", {}, False),
        ("", {}, False),
        ("127.0.0.1", PROXY | {"X-Forwarded-Proto": " HTTP "}, True),
        ("127.0.0.1", PROXY | {"X-Forwarded-Proto": "http, http"}, True),  # two of them say so
        ("127.0.0.1", PROXY | {"X-Forwarded-Proto": "http, https"}, False),  # perhaps a client has said the first
        ("127.0.0.1", PROXY | {"X-Forwarded-Proto": "ftp"}, False),
    ],
)
def test_a_token_in_the_clear_is_refused_and_ended_only_where_that_is_sure(
    tokens: dict[str, Any], address: str, headers: dict[str, str], ended: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    answer = ask("/import/blobs", tokens["access_token"], address=address, **headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "https_required")
    assert "Location" not in answer
    assert works(tokens["access_token"]) is not ended
    assert ("was ended" in caplog.text, "X-Forwarded-Proto" in caplog.text) == (ended, not ended)
    assert RefreshToken.objects.filter(revoked=None).count() == 1  # the grant was not sent, and goes on


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/refresh/", "/oauth/revoke_token", "/auth/access_token"])
def test_what_a_client_sends_to_get_tokens_is_ended_as_well(tokens: dict[str, Any], path: str) -> None:
    client = Client(REMOTE_ADDR="203.0.113.9")
    sent = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = client.post(path, sent, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (403, "https_required")
    assert not RefreshToken.objects.exists()
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("path", ["/auth/access_token", "/move/request"])
def test_a_code_of_a_move_is_ended_as_well(path: str) -> None:
    ada = User.objects.get()
    codes = [move_tokens.new_code(ada, move_tokens.LEAVING) for _ in range(2)]
    form = urlencode({"grant_type": "authorization_code", "code": codes[0]})
    answer = Client(REMOTE_ADDR="203.0.113.9").post(path, form, "application/x-www-form-urlencoded")
    assert answer.status_code == 403
    unused = MoveCode.objects.filter(expires_at__gt=timezone.now())
    assert [one.code_hash for one in unused] == [move_tokens.hashed(codes[1])]


def test_a_token_in_the_form_that_asks_for_a_move_is_ended_as_well(tokens: dict[str, Any]) -> None:
    sent = {"token": tokens["access_token"], "target_url": "https://b.example/", "target_token": "x"}
    form = urlencode(sent)
    answer = Client(REMOTE_ADDR="203.0.113.9").post("/move/request", form, "application/x-www-form-urlencoded")
    assert answer.status_code == 403
    assert not works(tokens["access_token"])


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/status", "/status/", "/", "/auth/login", "/nothing", "/static/a.css"])
def test_a_token_is_ended_wherever_it_is_sent(tokens: dict[str, Any], path: str, method: str) -> None:
    answer = ask(path, tokens["access_token"], method=method, address="203.0.113.9")
    assert answer.status_code == 403
    assert not works(tokens["access_token"])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
@pytest.mark.parametrize("path", ["/import/", "/import/blobs", "/import/nothing"])
def test_nothing_below_import_is_redirected(path: str, method: str) -> None:
    assert ask(path, method=method).status_code == 403


@pytest.mark.parametrize("path", ["/move/exports", "/move/imports", "/move/request", "/auth/register"])
def test_nothing_that_programs_send_is_taken(path: str) -> None:
    assert ask(path, address="203.0.113.9").status_code == 403


def test_pages_are_led_to_https_and_the_status_is_told() -> None:
    for path in ("/auth/login", "/move/start", "/settings/exports"):
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{path}")
    assert Client().get("/status").status_code == 200
    assert ask("/settings/exports", "x", method="GET").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "none"},  # browsers say so over TLS only
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Untrusted-Proto": "https"},  # FORWARDED_ALLOW_IPS does not name it
        {"Via": "1.1 proxy"},
    ],
)
def test_a_browser_behind_a_proxy_that_does_not_say_https_is_told_so_and_not_led_in_circles(
    headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    answer = Client().get("/auth/login", headers=headers)
    assert (answer.status_code, "Location" in answer) == (503, False)
    assert "X-Forwarded-Proto" in answer.content.decode()
    assert "FORWARDED_ALLOW_IPS" in caplog.text
    assert "no-store" in answer["Cache-Control"]
    assert Client().get("/status", headers=headers).status_code == 200


def test_who_says_nothing_is_led_to_https_once_and_is_told_if_they_come_from_there_again() -> None:
    somebody = Client()
    first = somebody.get("/auth/login")
    assert (first.status_code, first["Cache-Control"]) == (301, "no-store")
    assert all(cookie["secure"] for cookie in somebody.cookies.values())  # sent back by TLS alone
    assert somebody.get("/auth/login").status_code == 503


def test_who_came_in_the_clear_through_a_proxy_that_says_so_is_led_however_often() -> None:
    somebody = Client(headers=PROXY)
    assert [somebody.get("/auth/login").status_code for _ in range(3)] == [301, 301, 301]


@pytest.mark.parametrize("said", ["https", "HTTPS", "Https, http"])
def test_over_tls_nothing_is_in_the_way(tokens: dict[str, Any], said: str) -> None:
    answer = ask("/import/blobs", tokens["access_token"], **{"X-Forwarded-Proto": said})
    assert answer.status_code == 400


@pytest.mark.services
@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("proxies", ["127.0.0.1", "192.0.2.9"])
@pytest.mark.parametrize("said", ["https", "http"])
def test_how_a_request_came_is_believed_of_a_trusted_proxy_alone(
    tokens: dict[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch, proxies: str, said: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
    settings.WHARF_TRUSTED_PROXIES = [proxies]
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "X-Forwarded-Proto": said}
    with running(application) as server:
        answer = httpx.get(f"{server}/import/", headers=headers)
    is_trusted = proxies == "127.0.0.1"
    assert answer.status_code == (200 if is_trusted and said == "https" else 403)
    assert works(tokens["access_token"]) is not (is_trusted and said == "http")


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("proxies", ["127.0.0.1", "203.0.113.7"])
@pytest.mark.parametrize("said_by_proxy", ["", "http"])
def test_no_header_with_another_spelling_says_how_a_request_came(
    tokens: dict[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch, proxies: str, said_by_proxy: str
) -> None:
    """A proxy that overwrites `X-Forwarded-Proto` hands on what a client has sent with underscores."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
    settings.WHARF_TRUSTED_PROXIES = [proxies]
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "X_Forwarded_Proto": "https"}
    if said_by_proxy:
        headers["X-Forwarded-Proto"] = said_by_proxy
    with running(application) as server:
        answer = httpx.get(f"{server}/import/", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "https_required")
    assert works(tokens["access_token"]) is not (proxies == "127.0.0.1" and said_by_proxy == "http")
