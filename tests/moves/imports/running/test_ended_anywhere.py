"""Who ends an import is not waited for by whatever its call to the other server has come to by then."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from django.db import connection

from moves import watch
from moves.imports.requests import cancel
from moves.imports.running import job
from moves.models import ArchiveImport
from moves.peers.client import call
from moves.peers.errors import PeerError
from tests.support.bringing import Bringing
from tests.support.exporter import Person
from tests.support.fake_server import FakeReply, FakeServer
from tests.support.silent_server import SilentServer

pytestmark = pytest.mark.alone

SOON = 6.0  # seconds, also on a busy machine; each of these waits for ten and more
NEVER_LOOKED_UP = "nobody.example"


class Ended(Exception):
    """Somebody wants the job to end."""


@pytest.fixture
def things() -> Iterator[ExitStack]:
    """What is open until the test is over."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set as soon as somebody looks up the name of which nobody knows anything."""
    asked, never, real = threading.Event(), threading.Event(), socket.getaddrinfo

    def look_up(host: str, *more: Any, **named: Any) -> Any:
        if host != NEVER_LOOKED_UP:
            return real(host, *more, **named)
        asked.set()
        never.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "at last")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield asked
    never.set()


def full(things: ExitStack) -> str:
    """The address of a server that takes no more connections: those who want one hear nothing."""
    listening = things.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(8):
        wire = things.enter_context(socket.socket())
        wire.setblocking(False)
        with suppress(BlockingIOError):
            wire.connect(listening.getsockname())
    return f"127.0.0.1:{listening.getsockname()[1]}"


def sent_on(things: ExitStack) -> str:
    silent = things.enter_context(SilentServer())
    other = things.enter_context(FakeServer(FakeReply(302, headers={"Location": f"{silent.url}/move/exports/OPAQUE"})))
    return other.url


PLACES: dict[str, Callable[[ExitStack], str]] = {
    "the name": lambda things: f"http://{NEVER_LOOKED_UP}",
    "the connection": lambda things: f"http://{full(things)}",
    "TLS": lambda things: f"https://{things.enter_context(SilentServer()).host}",
    "the head": lambda things: things.enter_context(SilentServer()).url,
    "a redirect": sent_on,
}


@pytest.mark.parametrize("place", PLACES)
def test_an_import_ends_at_once_wherever_the_other_server_keeps_it_waiting(
    bob: Person, things: ExitStack, looked_up: threading.Event, place: str
) -> None:
    link = f"{PLACES[place](things)}/#/exports/OPAQUE"
    row = ArchiveImport.objects.create(owner=bob.row, link=link, server="evil.example")

    def work() -> None:
        job.run(row.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert place != "the name" or looked_up.wait(10)
    time.sleep(1.5)
    assert worker.is_alive()
    began = time.monotonic()
    assert cancel(row, "It was stopped.")
    worker.join(30)
    assert time.monotonic() - began < SOON
    assert Bringing(row.pk).row.error == "It was stopped."


def test_a_call_ends_at_once_that_is_not_read() -> None:
    ends = threading.Event()

    def look() -> None:
        if ends.is_set():
            raise Ended

    threading.Timer(1.5, ends.set).start()
    began = time.monotonic()
    with SilentServer() as other, watch.watched(watch.Fence(look)), pytest.raises(Ended):
        call("POST", f"{other.url}/", content=bytes(50_000_000))
    assert 1.0 < time.monotonic() - began < SOON


def test_who_reads_a_call_by_drips_gets_no_more_than_its_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def drip() -> None:
            wire, _ = listening.accept()
            with wire, suppress(OSError):
                while wire.recv(60_000):
                    time.sleep(0.2)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(PeerError):
            call("POST", f"http://127.0.0.1:{listening.getsockname()[1]}/", content=bytes(50_000_000), deadline=2)
        assert time.monotonic() - began < SOON


def test_a_name_with_an_address_that_nobody_answers_at_is_called_at_the_other_one(
    things: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the first one would be waited for longer than a call may take."""
    real = socket.getaddrinfo
    port = int(full(things).rpartition(":")[2])
    good = things.enter_context(socket.create_server(("127.0.0.2", port)))

    def serve() -> None:
        wire, _ = good.accept()
        with wire:
            wire.recv(1_000)
            wire.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()

    def look_up(host: str, *more: Any, **named: Any) -> Any:
        if host != "two.example":
            return real(host, *more, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.1", "127.0.0.2")]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert call("GET", f"http://two.example:{port}/", deadline=8).status == 204
