"""The WebSocket that says when an import has ended: a real server, and a real client."""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import uvicorn
from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.sync.client import ClientConnection as Socket
from websockets.sync.client import connect as open_socket

from accounts.models import User
from importers.live import poller
from importers.live.poller import POLLER
from moves.imports.progress import cookie as visitor
from moves.imports.progress.socket import Importing
from moves.models import ArchiveImport, Move
from tests.support.arrivals import MB, announced, arriving, with_cookie
from tests.support.waiting import PATIENCE, eventually
from tests.support.worker import browser, person

pytestmark = pytest.mark.services

PATH = "/move/importing/realtime"


def cookie_of(user: User, logged_in: bool = True) -> str:
    """The header of a browser in which somebody is logged in, or only carries the cookie of a typed password."""
    client = browser(user) if logged_in else with_cookie(user)
    name = settings.SESSION_COOKIE_NAME if logged_in else visitor.ARRIVAL_COOKIE
    return f"{name}={client.cookies[name].value}"


def waiting(server: str, cookie: str, query: str = "", **options: Any) -> Socket:
    """A client that is connected."""
    headers = {"Cookie": cookie} if cookie else {}
    return open_socket(server.replace("http", "ws", 1) + PATH + query, additional_headers=headers, **options)


def heard(client: Socket, timeout: float = PATIENCE) -> Any:
    return json.loads(client.recv(timeout=timeout))


def ends(row: ArchiveImport, state: str = "done", **columns: Any) -> None:
    ArchiveImport.objects.filter(pk=row.pk).update(state=state, finished_at=timezone.now(), **columns)


@pytest.fixture(autouse=True)
def nobody_waits_at_the_end(server: str) -> Iterator[None]:
    yield
    eventually(lambda: not POLLER.clients)


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that any thread but the test's own sends to the database."""
    found: list[str] = []
    execute = CursorWrapper.execute

    def noted(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        if threading.current_thread() is not threading.main_thread():
            found.append(str(sql))
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", noted)
    return found


# What it says


def test_it_says_nothing_until_the_import_is_done_and_then_where_to_go(server: str) -> None:
    ada = person()
    row = arriving(ada)
    with waiting(server, cookie_of(ada)) as client:
        with pytest.raises(TimeoutError):
            client.recv(timeout=2.5)
        ends(row)
        assert heard(client) == {"redirect": "http://127.0.0.1:8000/"}
        with pytest.raises(ConnectionClosedOK):
            client.recv(timeout=PATIENCE)


def test_a_person_who_is_not_logged_in_is_sent_to_log_in(server: str) -> None:
    ada = person()
    row = arriving(ada)
    with waiting(server, cookie_of(ada, logged_in=False)) as client:
        ends(row)
        assert heard(client) == {"redirect": "http://127.0.0.1:8000/auth/login"}


def test_a_session_that_has_lasted_too_long_is_a_strangers(server: str) -> None:
    ada = person()
    arriving(ada)
    client = browser(ada)
    session = client.session
    session["logged_in_at"] -= 31 * 86400
    session.save()
    with pytest.raises(InvalidStatus) as refused:
        waiting(server, f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
    assert refused.value.response.status_code == 403


@pytest.mark.alone
@pytest.mark.parametrize("state", ["done", "error"])
def test_it_says_so_at_once_when_it_already_is(server: str, state: str) -> None:
    ada = person()
    row = arriving(ada, state=state)
    with waiting(server, cookie_of(ada)) as client:
        began = time.monotonic()
        redirect = heard(client)["redirect"]
        assert time.monotonic() - began < 0.9  # no round of the poller
        assert redirect.endswith("/") if state == "done" else row.doc_id in redirect


def test_a_failed_import_leads_to_its_report(server: str) -> None:
    ada = person()
    row = arriving(ada)
    with waiting(server, cookie_of(ada)) as client:
        ends(row, "error", error="The link has expired.")
        assert row.doc_id in heard(client)["redirect"]


def test_a_move_ends_when_the_move_does_and_not_with_its_first_import(server: str) -> None:
    ada = person()
    move = announced(ada)
    with waiting(server, cookie_of(ada)) as client:
        row = arriving(ada, move=move)
        Move.objects.filter(pk=move.pk).update(state=Move.State.IMPORTING)
        ends(row)
        with pytest.raises(TimeoutError):
            client.recv(timeout=2.5)
        Move.objects.filter(pk=move.pk).update(state=Move.State.ARRIVED, ended_at=timezone.now())
        assert heard(client) == {"redirect": "http://127.0.0.1:8000/"}


def test_who_has_no_import_yet_is_told_of_one_that_comes(server: str) -> None:
    ada = person()
    with waiting(server, cookie_of(ada)) as client:
        with pytest.raises(TimeoutError):
            client.recv(timeout=1.5)
        arriving(ada, state="done")
        assert "redirect" in heard(client)


def test_progress_comes_every_second_where_it_is_asked_for(server: str) -> None:
    ada = person()
    row = arriving(ada)
    with waiting(server, cookie_of(ada), "?progress=1") as client:
        first = heard(client)["progress"]
        assert (first["percent"], first["title"]) == (25, "Your data is arriving")
        assert first["counts"][0] == {"number": "1,100", "kind": "files and folders"}
        for read in (300, 400, 500, 600, 700):
            ArchiveImport.objects.filter(pk=row.pk).update(bytes_read=read * MB)
            last = heard(client)["progress"]
        assert last["percent"] >= 60
        assert 60 < float(re.findall(r"([\d.]+) MB a second", last["said"])[0]) < 160  # of late, not since it began
        ends(row)
        messages = [heard(client), heard(client)]
        assert messages[-1] == {"redirect": "http://127.0.0.1:8000/"} or heard(client)["redirect"]


def test_what_a_client_says_changes_nothing(server: str) -> None:
    ada = person()
    row = arriving(ada)
    with waiting(server, cookie_of(ada)) as client:
        for message in ("hello", b"\x00\x01", "{}"):
            client.send(message)
        ends(row)
        assert "redirect" in heard(client)


# Who may listen


@pytest.mark.parametrize("cookie", ["", "sessionid=nobody", "wharf_arrival=1:forged"])
def test_a_stranger_is_refused(server: str, cookie: str) -> None:
    arriving(person())
    with pytest.raises(InvalidStatus) as refused:
        waiting(server, cookie)
    assert refused.value.response.status_code == 403


def test_a_page_of_another_server_is_refused(server: str) -> None:
    ada = person()
    arriving(ada)
    for origin in ("https://evil.example", "null", "https://127.0.0.1.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            waiting(server, cookie_of(ada), origin=origin)
        assert refused.value.response.status_code == 403
    with waiting(server, cookie_of(ada), "?progress=1", origin="http://127.0.0.1:8000") as client:
        assert "progress" in heard(client)


def test_a_deleted_account_is_waited_for_by_nobody(server: str) -> None:
    ada = person()
    arriving(ada)
    with waiting(server, cookie_of(ada)) as client:
        ada.delete()
        with pytest.raises(ConnectionClosedOK):
            client.recv(timeout=PATIENCE)


def test_there_is_no_websocket_elsewhere(server: str) -> None:
    for path in ("/", "/import/blobs", "/move/importing", "/move/importing/realtime/x"):
        with pytest.raises(InvalidStatus) as refused:
            open_socket(server.replace("http", "ws", 1) + path)
        assert refused.value.response.status_code == 403


def test_a_request_that_offers_a_websocket_but_can_not_have_one_is_answered(server: str, http: httpx.Client) -> None:
    offer = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    answers = [
        http.post("/import/social-posts", content=b"{}", headers=offer),
        http.post("/import/social-posts", headers=offer),
        http.request("GET", PATH, content=b"a body", headers=offer),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 400]
    assert http.get("/status").status_code == 200


# What it costs


def test_two_hundred_clients_cost_one_query_a_second(server: str, queries: list[str]) -> None:
    people = [person(f"p{number}") for number in range(40)]
    rows = [arriving(one) for one in people]
    cookies = [cookie_of(people[number % 40], logged_in=number % 5 == 0) for number in range(200)]
    threads = threading.active_count()

    async def all_of_them() -> None:
        async with AsyncExitStack() as clients:
            connected = [await clients.enter_async_context(_connected(server, cookie)) for cookie in cookies]
            await asyncio.sleep(1.5)
            queries.clear()
            began = time.monotonic()
            await asyncio.sleep(5)
            seconds = time.monotonic() - began
            looks = [sql for sql in queries if sql.startswith('SELECT "accounts_user"."id" AS "pk"')]
            assert len(looks) - 1 <= seconds <= len(looks) + 2, queries
            assert len(queries) - len(looks) <= 2, queries  # which sessions are still open, and whose: each tenth time
            assert threading.active_count() - threads <= 3
            await asyncio.to_thread(_end_all, rows)
            told = await asyncio.gather(*(asyncio.wait_for(client.recv(), 10) for client in connected))
            assert all("redirect" in json.loads(one) for one in told)

    asyncio.run(all_of_them())


def _connected(server: str, cookie: str) -> connect:
    return connect(server.replace("http", "ws", 1) + PATH, additional_headers={"Cookie": cookie})


def _end_all(rows: list[ArchiveImport]) -> None:
    ArchiveImport.objects.filter(pk__in=[row.pk for row in rows]).update(state="done")
    connection.close()


def test_nobody_is_asked_for_when_nobody_waits(server: str, queries: list[str]) -> None:
    ada = person()
    arriving(ada)
    with waiting(server, cookie_of(ada)):
        eventually(lambda: any("archiveimport" in sql for sql in queries))
    eventually(lambda: POLLER.task is not None and POLLER.task.done())
    queries.clear()
    time.sleep(1.5)
    assert queries == []


def test_a_client_that_takes_nothing_holds_up_nobody(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = person("ada"), person("ben")
    arriving(ada)
    row = arriving(ben)
    send = Importing.send

    async def stalled(self: Importing, *arguments: Any, **named: Any) -> None:
        if self.account == ada.pk:
            await asyncio.sleep(60)  # as when the socket's buffer is full
        await send(self, *arguments, **named)

    monkeypatch.setattr(Importing, "send", stalled)
    with waiting(server, cookie_of(ada), "?progress=1"), waiting(server, cookie_of(ben)) as client:
        time.sleep(1.5)
        ends(row)
        assert "redirect" in heard(client)


def test_who_comes_while_the_database_is_asked_stays(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    accept, look = Importing.accept, poller.look

    def slowly(wanted: Any) -> Any:
        asked.set()
        time.sleep(1)
        return look(wanted)

    async def meanwhile(self: Importing) -> None:
        asked.clear()
        await asyncio.to_thread(asked.wait, 5)
        await accept(self)

    ada, ben = person("ada"), person("ben")
    arriving(ada)
    row = arriving(ben)
    with waiting(server, cookie_of(ada)):
        monkeypatch.setattr("importers.live.poller.look", slowly)
        monkeypatch.setattr(Importing, "accept", meanwhile)
        with waiting(server, cookie_of(ben)) as client:
            with pytest.raises(TimeoutError):
                client.recv(timeout=2.5)
            ends(row)
            assert "redirect" in heard(client)


# Clients that are gone


@pytest.fixture
def impatient_server(server: str) -> Iterator[str]:
    """A server that pings often. The other one's poller has ended before, since a process has one."""
    from config.asgi import application

    eventually(lambda: POLLER.task is None or POLLER.task.done())
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application,
        http="config.protocol:HttpProtocol",
        log_level="critical",
        lifespan="off",
        ws_ping_interval=0.2,
        ws_ping_timeout=0.2,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    eventually(lambda: running.started)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    eventually(lambda: POLLER.task is None or POLLER.task.done())
    running.should_exit = True
    thread.join(timeout=60)


@pytest.mark.alone
def test_who_answers_pings_stays(impatient_server: str) -> None:
    ada = person()
    row = arriving(ada)
    with waiting(impatient_server, cookie_of(ada)) as client:
        with pytest.raises(TimeoutError):
            client.recv(timeout=2)
        ends(row)
        assert "redirect" in heard(client)


def test_who_answers_no_ping_goes(impatient_server: str) -> None:
    ada = person()
    arriving(ada)
    host, _, port = impatient_server.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as dead:
        dead.sendall(
            f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Cookie: {cookie_of(ada)}\r\n\r\n".encode()
        )
        assert dead.recv(12) == b"HTTP/1.1 101"
        eventually(lambda: ada.pk in POLLER.clients)
        eventually(lambda: ada.pk not in POLLER.clients)


def test_who_closes_is_forgotten(server: str) -> None:
    ada = person()
    arriving(ada)
    with waiting(server, cookie_of(ada)):
        eventually(lambda: ada.pk in POLLER.clients)
    eventually(lambda: ada.pk not in POLLER.clients)
