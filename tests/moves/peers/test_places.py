"""Servers that say nothing keep nobody waiting but those who ask them."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from django.conf import LazySettings
from django.test import Client

from moves.models import ArchiveImport, ImportQuestion
from tests.support.answers import json_api
from tests.support.bringing import post
from tests.support.exporter import Exporter, Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.fake_server import FakeReply, FakeServer
from tests.support.silent_server import SilentServer
from tests.support.waiting import calls_are_over
from tests.support.worker import browser, hidden_fields, submit

pytestmark = pytest.mark.alone

SOON = 3.0  # seconds in which what waits for nobody is answered, also on a busy machine


@pytest.fixture
def silent(server: str) -> Iterator[Callable[[], SilentServer]]:
    """Makes servers that say nothing."""
    with ExitStack() as stack:

        def make() -> SilentServer:
            return stack.enter_context(SilentServer())

        yield make
    calls_are_over()


@pytest.fixture(autouse=True)
def trusting(settings: LazySettings, server: str) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]
    settings.WHARF_BASE_URL = server


def seconds(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def logged_in(server: str, person: Person) -> tuple[httpx.Client, dict[str, str]]:
    """A browser over real HTTP, and what its forms prove that they are from here by."""
    inside = browser(person.row)
    token = hidden_fields(inside.get("/settings/imports"))
    cookies = {name: cookie.value for name, cookie in inside.cookies.items()}
    return httpx.Client(base_url=server, cookies=cookies, timeout=60), token


def test_many_links_to_a_silent_server_leave_everything_else_quick(
    server: str, ada: Person, exporter: Exporter, http: httpx.Client, silent: Callable[[], SilentServer]
) -> None:
    other = silent()
    pages, token = logged_in(server, ada)
    with pages:

        def ask(_: int) -> float:
            began = time.monotonic()
            answer = pages.post("/settings/imports", data=token | {"link": other.link})
            assert (answer.status_code, answer.headers["Location"]) == (302, "/settings/imports/asking")
            return time.monotonic() - began

        with ThreadPoolExecutor(30) as pool:
            asked = pool.map(ask, range(150))
            assert seconds(lambda: http.get("/status")) < SOON
            item = {"@type": "SocialActivity", "activity": {"id": "p1"}}
            assert seconds(lambda: exporter.send("social-posts", item)) < SOON
            assert max(asked) < SOON * 3
        assert seconds(lambda: http.get("/auth/login")) < SOON
    assert ImportQuestion.objects.count() == 1
    assert len(other.connections) <= 4  # a quarter of the places


def test_who_asks_a_silent_server_can_ask_a_better_one_meanwhile_and_so_can_others(
    ada: Person, silent: Callable[[], SilentServer]
) -> None:
    ben = Person.create("ben")
    answer = submit(browser(ada.row), "/settings/imports", {"link": silent().link})
    assert answer["Location"] == "/settings/imports/asking"
    with ExportingServer(ServedPart(b"")) as good:
        for person in (ada, ben):
            client = browser(person.row)
            assert arrived_at(client, submit(client, "/settings/imports", {"link": good.link})) == "/move/importing"
    assert ArchiveImport.objects.count() == 2


def arrived_at(client: Client, answer: Any) -> str:
    """Where a person is led in the end, who looks again and again without JavaScript."""
    for _ in range(600):
        if answer.status_code != 302:
            assert 'http-equiv="refresh"' in answer.content.decode()
            time.sleep(0.1)
            answer = client.get("/settings/imports/asking")
        elif answer["Location"] == "/settings/imports/asking":
            answer = client.get(answer["Location"])
        else:
            return str(answer["Location"])
    raise AssertionError("it is still being asked")


def test_the_page_says_what_came_of_it_in_the_end(ada: Person) -> None:
    may_answer = threading.Event()

    def slow(_: Any) -> FakeReply:
        may_answer.wait(30)
        return FakeReply(404)

    with FakeServer(slow) as other:
        client = browser(ada.row)
        link = f"{other.url}/#/exports/OPAQUE"
        assert submit(client, "/settings/imports", {"link": link})["Location"] == "/settings/imports/asking"
        page = client.get("/settings/imports/asking").content.decode()
        assert f'Asking <span class="host">127.0.0.1:{other.port}</span>' in page
        assert 'http-equiv="refresh"' in page
        may_answer.set()
        for _ in range(600):
            answer = client.get("/settings/imports/asking")
            if answer.status_code == 409:
                break
            time.sleep(0.1)
        page = answer.content.decode()
        assert "There is no export at this link" in page
        assert link in page
        assert not ArchiveImport.objects.exists()


def test_no_import_begins_after_the_person_has_stopped_asking(ada: Person) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    with ExportingServer(ServedPart(b"")) as other:
        found = other._answers["GET /move/exports/OPAQUE"][0]

        def slow(_: Any) -> Any:
            asked.set()
            may_answer.wait(30)
            return found

        other.says("GET /move/exports/OPAQUE", slow)
        client = browser(ada.row)
        submit(client, "/settings/imports", {"link": other.link})
        assert asked.wait(60)
        page = client.get("/settings/imports/asking")
        assert client.post("/settings/imports/asking/stop", hidden_fields(page)).status_code == 302
        may_answer.set()
        time.sleep(0.5)
        assert not ArchiveImport.objects.exists()
        assert client.get("/settings/imports/asking")["Location"] == "/settings/imports"


def test_programs_are_answered_within_eight_seconds_and_503_where_there_is_no_place(
    ada: Person, http: httpx.Client, settings: LazySettings, silent: Callable[[], SilentServer]
) -> None:
    settings.WHARF_PEER_ANSWER_WITHIN = 2
    settings.WHARF_PEER_CALLS = 4  # so that an account has one of them
    other = silent()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(seconds, lambda: post(http, ada, "/move/imports/precheck", {"url": other.link}))
        while not other.connections:
            time.sleep(0.01)
        began = time.monotonic()
        refused = post(http, ada, "/move/imports", {"url": silent().link})
        assert time.monotonic() - began < 1.5
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        assert refused.json()["errors"][0]["code"] == "temporarily_unavailable"
        with ExportingServer(ServedPart(b"")) as good:
            ben = Person.create("ben")
            assert post(http, ben, "/move/imports/precheck", {"url": good.link}).status_code == 204
        assert 1.5 < first.result() < 6


def test_a_name_that_nobody_looks_up_is_given_up_in_time(
    ada: Person, http: httpx.Client, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WHARF_PEER_ANSWER_WITHIN = 0.3
    looked_up: list[str] = []
    never = threading.Event()
    real = socket.getaddrinfo

    def look_up(host: str, *more: Any, **named: Any) -> Any:
        if not host.endswith(".example"):
            return real(host, *more, **named)
        looked_up.append(host)
        never.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "at last")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        link = "https://slow.example/#/exports/OPAQUE"
        for _ in range(2):
            began = time.monotonic()
            answer = post(http, ada, "/move/imports/precheck", {"url": link})
            assert answer.status_code == 412
            assert time.monotonic() - began < SOON
        assert looked_up == ["slow.example"]  # who asks for the same name waits for the same look-up
        names = [f"n{number}.evil.example" for number in range(12)]
        for name in names:
            post(http, ada, "/move/imports/precheck", {"url": f"https://{name}/#/exports/OPAQUE"})
        assert len(looked_up) == 1 + 8  # of one domain, eight at once
    finally:
        never.set()


def test_a_server_that_says_where_its_export_is_is_asked_at_once(ada: Person) -> None:
    with FakeServer(json_api({"data": {}})) as other:
        answer = submit(browser(ada.row), "/settings/imports", {"link": f"{other.url}/#/exports/OPAQUE"})
    assert answer.status_code == 409
    assert b"is not an export" in answer.content
