"""A stop of the server: what somebody known brings may end, and whatever else comes is told that it did not."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from tests.support.exporter import BOUNDARY, Exporter, Person, related
from tests.support.raw_http import LOCAL, connect, post_head, read_until_closed
from tests.support.running_server import running_until

pytestmark = pytest.mark.alone

GRACE = 6  # seconds; in the last four what still comes is told
RELATED = f"multipart/related; boundary={BOUNDARY}"


@pytest.fixture(autouse=True)
def quick_looks(settings: LazySettings) -> None:
    settings.WHARF_CONNECTION_LOOKS_EVERY = 0.05


@pytest.fixture
def one_line(caplog: pytest.LogCaptureFixture) -> Callable[[], None]:
    def no_traceback() -> None:
        assert not [record.getMessage() for record in caplog.records if record.exc_info and record.exc_info[0]]

    caplog.set_level(logging.INFO)
    return no_traceback


def form_of(answer: bytes) -> tuple[int, str]:
    """Status and error code of an answer, or that it is a page."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"text/html" in head:
        return int(answer[9:12]), "page"
    return int(answer[9:12]), json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["error"]


def test_an_upload_that_ends_in_time_is_taken(transactional_db: None) -> None:
    ada = Person.create("ada")
    body = related({"@type": "File", "folder": "/", "name": "a.bin"}, bytes(200_000))
    with (
        running_until(grace=20) as (address, stop),
        Exporter(address, ada, "Cloud One") as exporter,
        connect(address) as connection,
    ):
        head = post_head("/import/blobs", len(body), Content_Type=RELATED, **exporter.headers)
        connection.sendall(head + body[:100_000])
        time.sleep(0.3)
        stop.set()
        for start in range(100_000, len(body), 10_000):
            time.sleep(0.2)
            connection.sendall(body[start : start + 10_000])
        assert read_until_closed(connection).startswith(b"HTTP/1.1 201 ")
    assert User.objects.get(username="ada").used_bytes > 0


def test_what_still_comes_at_the_end_is_told_in_the_form_of_its_endpoint(
    transactional_db: None, one_line: Callable[[], None]
) -> None:
    ada = Person.create("ada")
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    with (
        running_until(grace=GRACE) as (address, stop),
        Exporter(address, ada, "Cloud One") as exporter,
        ExitStack() as stack,
    ):
        begun = related({"@type": "File", "folder": "/", "name": "a.bin"}, b"")[:200]
        heads = {
            "item": post_head("/import/social-posts", 60_000, Content_Type="application/json", **exporter.headers),
            "read first": post_head("/import/blobs", 300_000, Content_Type=RELATED, **exporter.headers) + begun,
            "streams": post_head("/import/blobs", 20_000_000, Content_Type=RELATED, **exporter.headers) + begun,
            "token": post_head("/oauth/token", 60_000, **form) + b"a",
            "announced": post_head("/move/importing", 60_000, Content_Type="application/vnd.api+json") + b"{",
            "page": post_head("/auth/login", 60_000, **form) + b"a",
        }
        waiting = {name: stack.enter_context(connect(address)) for name in heads}
        for name, connection in waiting.items():
            connection.sendall(heads[name])
        idle, half = stack.enter_context(connect(address)), stack.enter_context(connect(address))
        half.sendall(b"GET / HTTP/1.1\r\n" + LOCAL)
        time.sleep(0.5)
        stop.set()
        since = time.monotonic()
        assert read_until_closed(idle) == read_until_closed(half) == b""
        answers = {name: read_until_closed(waiting[name]) for name in ("item", "token", "announced", "page")}
        strangers = time.monotonic() - since
        answers |= {name: read_until_closed(waiting[name]) for name in ("read first", "streams")}
        known = time.monotonic() - since
    assert strangers < 2 < known < GRACE
    assert b'"status": "503"' in answers.pop("announced")
    said = {name: form_of(answer) for name, answer in answers.items()}
    unavailable = (HTTPStatus.SERVICE_UNAVAILABLE, "temporarily_unavailable")
    assert said.pop("page") == (503, "page")
    assert said == dict.fromkeys(said, unavailable)
    assert all(b"retry-after: " in answer.lower() for answer in answers.values())
    one_line()


def test_an_answer_that_does_not_come_or_end_in_time_is_broken_off(one_line: Callable[[], None]) -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/begun":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await asyncio.sleep(60)

    with running_until(endless, grace=GRACE) as (address, stop), ExitStack() as stack:
        begun, silent = (stack.enter_context(connect(address)) for _ in range(2))
        begun.sendall(b"GET /begun HTTP/1.1\r\n" + LOCAL + b"\r\n")
        silent.sendall(b"GET /silent HTTP/1.1\r\n" + LOCAL + b"\r\n")
        time.sleep(0.3)
        stop.set()
        since = time.monotonic()
        assert b"begun" in read_until_closed(begun)
        assert form_of(read_until_closed(silent)) == (503, "temporarily_unavailable")
        assert time.monotonic() - since < GRACE
        time.sleep(GRACE - 1)  # the server breaks off what runs on
    one_line()


def test_strangers_delay_no_stop(transactional_db: None) -> None:
    heads = [
        post_head("/auth/login", 60_000, Content_Type="application/x-www-form-urlencoded") + b"a",
        post_head("/import/blobs", 60_000) + b"a",
        post_head("/import/blobs", 10**9, Authorization="Bearer unknown") + bytes(100_000),
        b"GET /content/x HTTP/1.1\r\n" + LOCAL + b"Content-Length: 100000\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + LOCAL,
        b"no HTTP\r\n\r\n",
        b"",
    ]
    with running_until(grace=20) as (address, stop), ExitStack() as stack:
        waiting = [stack.enter_context(connect(address)) for _ in heads]
        for head, connection in zip(heads, waiting, strict=True):
            connection.sendall(head)
        time.sleep(0.5)
        stop.set()
        since = time.monotonic()
        for connection in waiting:
            read_until_closed(connection)
        assert time.monotonic() - since < 4
