"""The WebSocket of the pages that show what is coming in: a real server, a real client, and an exporter that sends."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.sync.client import ClientConnection as Socket
from websockets.sync.client import connect

from importers.live.poller import POLLER
from importers.models import Content, Transfer
from importers.models.content import Drawn
from tests.support import pictures
from tests.support.exporter import Exporter, Person
from tests.support.waiting import PATIENCE, eventually
from tests.support.worker import browser

pytestmark = pytest.mark.services

PATH = "/live"


def opened(server: str, person: Person | None, query: str = "", **options: Any) -> Socket:
    """A page that is open."""
    client = browser(person.row if person else None)
    held = client.cookies.get(settings.SESSION_COOKIE_NAME)
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={held.value}"} if held else {}
    return connect(server.replace("http", "ws", 1) + PATH + query, additional_headers=headers, **options)


def heard(client: Socket) -> Any:
    return json.loads(client.recv(timeout=PATIENCE))


def until(client: Socket, true: Callable[[Any], bool]) -> Any:
    """The first message of which this is true."""
    while not true(told := heard(client)):
        pass
    return told


@pytest.fixture(autouse=True)
def nobody_looks_at_the_end(server: str) -> Iterator[None]:
    yield
    eventually(lambda: not POLLER.clients)


def photo(exporter: Exporter, name: str) -> None:
    exporter.send_file("media", {"@type": "Photo", "name": name}, pictures.jpeg(), "image/jpeg")


def test_the_next_photo_is_told(server: str, exporter: Exporter, ada: Person) -> None:
    with opened(server, ada) as page:
        assert heard(page) == {"over": True}
        photo(exporter, "Lisbon.jpg")
        told = heard(page)
        assert told["said"] == "1 item has come in from Cloud One so far."
        assert "Lisbon.jpg" in told["parts"]["newest"]
        assert "From <bdi>Cloud One</bdi>" in told["parts"]["coming"]
        assert '<span class="figure">1</span> <span class="quiet">photo</span>' in told["parts"]["have"]
        assert told["parts"]["first"] == ""
        Content.objects.update(drawn=Drawn.MADE)  # as a worker does, a moment later
        assert "/thumbnails/photo/" in heard(page)["parts"]["newest"]


def test_the_page_and_its_socket_write_the_same(server: str, exporter: Exporter, ada: Person) -> None:
    photo(exporter, "Lisbon \u202e.jpg")
    exporter.send("calendar", {"@type": "Calendar", "id": "home", "name": "Home"})
    for name in ("Without a file.jpg", "Without a file.jpg", "Nor this one.jpg"):
        exporter.send("media", {"@type": "Photo", "name": name})
    page = browser(ada.row).get("/").content.decode()
    assert page.count("2 items were refused") == 2  # of what is coming in, and of what needs its person
    with opened(server, ada) as client:
        for name, written in heard(client)["parts"].items():
            assert f'data-live="{name}">{written}' in page, name


def test_a_transfer_is_told_by_itself(server: str, exporter: Exporter, ada: Person) -> None:
    photo(exporter, "Lisbon.jpg")
    first = Transfer.objects.get()
    exporter.new_job()
    photo(exporter, "Porto.jpg")
    second = Transfer.objects.exclude(pk=first.pk).get()
    with opened(server, ada, f"?transfer={second.pk}") as page:
        assert 'data-head="Kept as they came">0</td>' in heard(page)["parts"]["brought"]
        for _ in range(3):  # tries of one item
            exporter.send("media", {"@type": "Photo", "name": "Without a file.jpg"})
        assert "1 item was refused so far" in until(page, lambda told: told["parts"]["rejected"])["parts"]["rejected"]
    with opened(server, ada, "?transfer=9999999") as page:
        assert heard(page) == {"over": True}


def test_several_pages_of_one_person_are_told_each_what_it_shows_and_only_what_is_new(
    server: str, exporter: Exporter, ada: Person
) -> None:
    photo(exporter, "Lisbon.jpg")
    with opened(server, ada) as home, opened(server, ada, f"?transfer={Transfer.objects.get().pk}") as page:
        assert "newest" in heard(home)["parts"] and "brought" in heard(page)["parts"]
        for client in (home, page):
            with pytest.raises(TimeoutError):
                client.recv(timeout=2.5)
        photo(exporter, "Porto.jpg")
        assert "Porto.jpg" in heard(home)["parts"]["newest"]
        assert "2 items have come in" in heard(page)["said"]


def test_when_nothing_has_come_for_long_it_is_over(server: str, exporter: Exporter, ada: Person) -> None:
    photo(exporter, "Lisbon.jpg")
    with opened(server, ada) as page:
        assert "parts" in heard(page)
        Transfer.objects.update(last_item_at=timezone.now() - timedelta(minutes=3))
        assert heard(page) == {"over": True}


def test_it_is_of_whoever_is_logged_in_alone(server: str, exporter: Exporter, ada: Person) -> None:
    with pytest.raises(InvalidStatus) as refused:
        opened(server, None)
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        opened(server, None, query=f"?transfer={'9' * 5000}")
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus):
        opened(server, ada, origin="https://evil.example")
    photo(exporter, "Lisbon.jpg")
    with opened(server, Person.create("bob")) as page, opened(server, ada) as mine:
        assert heard(page) == {"over": True}
        photo(exporter, "Porto.jpg")
        until(mine, lambda told: "Porto.jpg" in told["parts"]["newest"])
        with pytest.raises(TimeoutError):
            page.recv(timeout=1)


def test_who_has_been_blocked_is_told_nothing_more(server: str, ada: Person) -> None:
    with opened(server, ada) as page:
        heard(page)
        row = ada.row
        row.is_active = False
        row.save()
        with pytest.raises(ConnectionClosedOK):
            page.recv(timeout=PATIENCE)


def test_a_page_whose_session_was_ended_is_told_nothing_more(server: str, ada: Person) -> None:
    with opened(server, ada) as page, opened(server, ada) as other:
        heard(page), heard(other)
        newest = Session.objects.order_by("expire_date").last()
        assert newest is not None
        newest.delete()
        with pytest.raises(ConnectionClosedOK):
            other.recv(timeout=PATIENCE)
        with pytest.raises(TimeoutError):
            page.recv(timeout=0.1)


def test_all_open_pages_together_cost_one_query_a_second(
    server: str, exporter: Exporter, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(exporter, "Lisbon.jpg")
    number = Transfer.objects.get().pk
    found: list[str] = []
    execute = CursorWrapper.execute

    def noted(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        if threading.current_thread() is not threading.main_thread():
            found.append(str(sql))
        return execute(self, sql, params)

    with ExitStack() as pages:
        for query in ("", f"?transfer={number}"):
            for person in (ada, Person.create(f"bob{number}{bool(query)}")):
                pages.enter_context(opened(server, person, query))
        monkeypatch.setattr(CursorWrapper, "execute", noted)
        began = time.monotonic()
        time.sleep(3.5)
        seconds = time.monotonic() - began
        assert 2 <= len(found) <= seconds + 1, found
