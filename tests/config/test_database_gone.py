"""PostgreSQL goes away, or says nothing any more: every request is answered 503 in time, in its own form, and all is
well by itself afterwards."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.db import connection

from moves.exports import links
from moves.models import Export
from tests.support.database_line import database_line as database_line
from tests.support.exporter import Exporter, file_item, related
from tests.support.fault_proxy import FaultProxy
from tests.support.waiting import eventually

pytestmark = pytest.mark.services

EXPORTER_GIVES_UP = 10  # seconds
JSON, JSON_API, PAGE = "application/json", "application/vnd.api+json", "text/html; charset=utf-8"
FAULTS: list[Callable[[FaultProxy], None]] = [FaultProxy.silence, FaultProxy.cut, FaultProxy.refuse]


def _requests(exporter: Exporter) -> dict[str, tuple[str, dict[str, Any], str]]:
    """What is asked of the server: method and path, what goes with it, and the form of its errors."""
    bearer = {"headers": exporter.headers}
    client = {name: exporter.client[name] for name in ("client_id", "client_secret")}
    refresh = client | {"grant_type": "refresh_token", "refresh_token": exporter.tokens["refresh_token"]}
    code = client | {"grant_type": "authorization_code", "code": "x", "redirect_uri": "https://a.example/"}
    large = related(file_item("large.bin"), bytes(300_000))
    multipart = {"Content-Type": "multipart/related; boundary=1581c5eb-05d0-42fe-bfb3-472151f366cd"}
    return {
        "item": ("POST /import/blobs", bearer | {"json": {"@type": "Folder", "path": "/a"}}, JSON),
        "file": ("POST /import/blobs", {"headers": exporter.headers | multipart, "content": large}, JSON),
        "token": ("POST /oauth/token/", {"data": code}, JSON),
        "refresh": ("POST /oauth/refresh", {"data": refresh}, JSON),
        "metadata": ("GET /.well-known/oauth-authorization-server", {"cookies": {"sessionid": "a" * 32}}, JSON),
        "exports": ("POST /move/exports", bearer | {"json": {"data": {"attributes": {}}}}, JSON_API),
        "download": (f"GET /move/exports/data/{links.opaque(Export(doc_id='a' * 32))}", {}, JSON_API),
        "finalize": ("POST /move/finalize", bearer, JSON_API),
        "log-in": ("POST /auth/login", {"data": {"username": "ada", "password": "wrong"}}, PAGE),
        "home": ("GET /", {"cookies": {"sessionid": "a" * 32}}, PAGE),
        "content": ("GET /content/" + "a" * 64, {"cookies": {"sessionid": "a" * 32}}, PAGE),
    }


def _ask(server: str, asked: tuple[str, dict[str, Any], str]) -> tuple[httpx.Response, float]:
    method, path = asked[0].split()
    began = time.monotonic()
    with httpx.Client(base_url=server, timeout=60, cookies=asked[1].get("cookies")) as http:
        if path == "/auth/login":
            token = {"csrftoken": "t" * 32}
            http.cookies.update(token)
            asked[1]["headers"] = {"X-CSRFToken": "t" * 32, "Referer": server}
        answer = http.request(method, path, **{k: v for k, v in asked[1].items() if k != "cookies"})
    return answer, time.monotonic() - began


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_request_is_answered_503_in_time_and_in_its_form_and_all_is_well_afterwards(
    exporter: Exporter, server: str, database_line: FaultProxy, fault: Callable[[FaultProxy], None]
) -> None:
    asked = _requests(exporter)
    assert exporter.send("blobs", {"@type": "Folder", "path": "/before"}).status_code == 201
    fault(database_line)
    with ThreadPoolExecutor(len(asked)) as threads:
        answers = dict(zip(asked, threads.map(lambda one: _ask(server, one), asked.values()), strict=True))
    found = {name: (answer.status_code, answer.headers.get("content-type")) for name, (answer, _) in answers.items()}
    assert found == {name: (503, form) for name, (_, _, form) in asked.items()}
    for name, (answer, seconds) in answers.items():
        assert seconds < EXPORTER_GIVES_UP, name
        assert int(answer.headers["retry-after"]) > 0, name
        if asked[name][2] == JSON:
            assert answer.json()["error"] == "temporarily_unavailable", name
        elif asked[name][2] == JSON_API:
            assert answer.json()["errors"][0]["code"] == "temporarily_unavailable", name
        else:
            assert "Not just now" in answer.text
    assert httpx.get(f"{server}/status").status_code == 200
    database_line.heal()
    connection.close()
    eventually(lambda: _ask(server, asked["item"])[0].status_code == 201)
    assert {_ask(server, one)[0].status_code for one in asked.values()}.isdisjoint({500, 503})


@pytest.mark.alone
def test_readiness_says_within_three_seconds_which_service_is_silent_and_is_well_afterwards(
    http: httpx.Client, database_line: FaultProxy
) -> None:
    assert http.get("/status/ready").json()["database"] == "ok"
    database_line.silence()
    began = time.monotonic()
    answer = http.get("/status/ready")
    assert time.monotonic() - began < 3
    assert (answer.status_code, answer.json()["database"], answer.json()["storage"]) == (503, "unavailable", "ok")
    database_line.heal()
    eventually(lambda: http.get("/status/ready").json()["database"] == "ok")
