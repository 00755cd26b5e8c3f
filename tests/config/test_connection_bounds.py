"""What one connection makes the server hold has a number: heads, requests too early, bodies, answers, frames."""

import base64
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from tests.support.raw_http import (
    LOCAL,
    connect,
    dripping,
    eventually_closed,
    is_closed,
    post_head,
    read_until_closed,
    status_of,
    written_before_it_stops,
)
from tests.support.running_server import running

pytestmark = pytest.mark.alone

STATUS = b"GET /status HTTP/1.1\r\n" + LOCAL
MIB = 1024 * 1024
MOST_TAKEN = 24 * MIB  # what both kernels may hold of what nobody reads


@pytest.fixture(autouse=True)
def quick_looks(settings: LazySettings) -> None:
    """What is slow is noticed at once."""
    settings.WHARF_CONNECTION_LOOKS_EVERY = 0.02


@pytest.fixture
def own_server(transactional_db: None) -> Iterator[str]:
    """A server with connections of its own."""
    with running() as address:
        yield address


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (STATUS + b"A: %b\r\n\r\n" % (b"b" * 20_000), 200),
        (STATUS + b"A: %b\r\n\r\n" % (b"b" * 40_000), 431),
        (b"GET /%b HTTP/1.1\r\n%b\r\n" % (b"b" * 40_000, LOCAL), 431),
        (STATUS + b"a:\r\n" * 99 + b"\r\n", 200),
        (STATUS + b"a:\r\n" * 100 + b"\r\n", 431),
        (b"\r\n" * 100 + STATUS + b"\r\n", 200),
        (b"\r\n" * 40_000 + STATUS + b"\r\n", 431),
    ],
)
def test_a_head_has_so_many_bytes_and_lines(own_server: str, head: bytes, status: int) -> None:
    assert status_of(own_server, head) == status


def test_a_head_without_an_end_is_answered_and_then_read_by_nobody(own_server: str) -> None:
    with connect(own_server) as connection:
        connection.sendall(STATUS)
        for _ in range(30):
            connection.sendall(b"a:\r\n" * (MIB // 4))
        answer = read_until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_requests_that_nobody_reads_the_answers_of_are_not_taken(own_server: str) -> None:
    with connect(own_server) as connection:
        written = written_before_it_stops(connection, (STATUS + b"\r\n") * 10_000, 100 * MIB)
    assert written < MOST_TAKEN
    assert status_of(own_server) == 200


@pytest.mark.parametrize("cut", [1, 7, 37, 38, 39, 1000, 100_000])
def test_requests_in_one_go_are_answered_one_after_the_other(own_server: str, cut: int) -> None:
    """Also where an end of one is cut, and where it is the end of chunks."""
    chunked = b"POST /import/nowhere HTTP/1.1\r\n" + LOCAL + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked += b"4\r\n\r\n\r\n\r\n3;a=b\r\nabc\r\n0\r\nA: b\r\n\r\n"
    sized = post_head("/import/nowhere", 4) + b"\r\n\r\n"
    requests = (STATUS + b"\r\n" + chunked + sized) * 5 + STATUS + b"Connection: close\r\n\r\n"
    with connect(own_server) as connection:
        for start in range(0, len(requests), cut):
            connection.sendall(requests[start : start + cut])
        statuses = re.findall(rb"HTTP/1.1 (\d+)", read_until_closed(connection))
    assert [int(status) for status in statuses] == [200, 401, 401] * 5 + [200]


@pytest.mark.parametrize(
    "chunks",
    [
        b"3;%b\r\nabc\r\n0\r\n\r\n" % (b"a" * 40_000),
        b"3\r\nabc\r\n0\r\n" + b"A: b\r\n" * 7_000 + b"\r\n",
        b"3\r\nabc\r\n0\r\nA: %b\r\n\r\n" % (b"b" * 40_000),
    ],
)
def test_extensions_and_trailers_of_chunks_are_bounded(own_server: str, chunks: bytes) -> None:
    head = b"POST /import/nowhere HTTP/1.1\r\n" + LOCAL + b"Transfer-Encoding: chunked\r\n\r\n"
    assert status_of(own_server, head + chunks) == 400


def test_a_head_that_drips_is_answered_408(own_server: str, settings: LazySettings) -> None:
    settings.WHARF_HEAD_WITHIN = 0.4
    with connect(own_server) as connection, dripping([connection.dup()], b"A: b\r\n", 0.05):
        connection.sendall(STATUS)
        assert read_until_closed(connection).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("begun", [b"", STATUS + b"\r\n", b"\r\n"])
def test_a_connection_without_a_request_is_closed_in_time(
    own_server: str, settings: LazySettings, begun: bytes
) -> None:
    settings.WHARF_IDLE_CONNECTION = settings.WHARF_HEAD_WITHIN = 0.6
    with connect(own_server) as connection:
        connection.sendall(begun)
        time.sleep(0.2)
        assert not is_closed(connection)
        assert eventually_closed(connection)


@pytest.mark.parametrize(
    "head",
    [
        post_head("/auth/login", 1_000, Content_Type="application/x-www-form-urlencoded"),
        post_head("/move/request", 10**13, Content_Type="multipart/form-data; boundary=x"),
        post_head("/import/blobs", 10**9, Authorization="Bearer unknown"),
        b"POST /x HTTP/1.1\r\n" + LOCAL + b"Transfer-Encoding: chunked\r\n\r\nFFFFF\r\n",
        b"GET /content/x HTTP/1.1\r\n" + LOCAL + b"Content-Length: 100000\r\n\r\n",
        b"GET /status HTTP/1.1\r\n" + LOCAL + b"Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 100000\r\n\r\n",
    ],
)
@pytest.mark.parametrize("begun", [0, 200_000])
def test_a_body_that_drips_is_ended(server: str, settings: LazySettings, head: bytes, begun: int) -> None:
    """Also where it began with a burst, and where it has been answered already."""
    settings.WHARF_BODY_PATIENCE, settings.WHARF_SLOWEST_BODY = 0.5, 1000
    with connect(server) as connection, dripping([connection.dup()], b"x", 0.05):
        connection.sendall(head + b"x" * min(begun, 900 if b"login" in head else begun))
        assert eventually_closed(connection)


def test_a_body_that_comes_a_little_too_slowly_is_ended_as_soon(own_server: str, settings: LazySettings) -> None:
    """Each time as long as the patience must bring enough: what is missing does not add up first."""
    settings.WHARF_BODY_PATIENCE, settings.WHARF_SLOWEST_BODY = 1.0, 1000
    with connect(own_server) as connection, dripping([connection.dup()], bytes(85), 0.1):
        connection.sendall(post_head("/auth/login", 60_000, Content_Type="application/x-www-form-urlencoded"))
        since = time.monotonic()
        assert eventually_closed(connection)
        assert time.monotonic() - since < 2


def test_a_body_that_comes_at_the_minimum_rate_is_waited_for(own_server: str, settings: LazySettings) -> None:
    settings.WHARF_BODY_PATIENCE, settings.WHARF_SLOWEST_BODY = 1.0, 1000
    with connect(own_server) as connection:
        connection.sendall(post_head("/import/nowhere", 6_000))
        for _ in range(30):
            connection.sendall(bytes(200))
            time.sleep(0.1)
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("head", [b"", b"Connection: close\r\n"])
def test_an_answer_that_nobody_reads_is_ended(settings: LazySettings, head: bytes) -> None:
    settings.WHARF_ANSWER_PATIENCE = 0.5
    ended: list[bool] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(64):
            await send({"type": "http.response.body", "body": bytes(MIB), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        ended.append(True)

    with running(endless) as server, connect(server) as connection:
        connection.sendall(STATUS + head + b"\r\n")
        ends = ends_of(connection)
        give_up = time.monotonic() + 60
        while not ended and time.monotonic() < give_up:
            time.sleep(0.05)
        assert ended
        assert held_by_kernel(ends) == 0, "what the kernel held of it is still offered"
        assert len(read_until_closed(connection)) < 64 * MIB


def test_the_kernel_holds_little_of_an_answer_that_nobody_reads() -> None:
    async def large(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(64 * MIB)})

    with running(large) as server, connect(server) as connection:
        connection.sendall(STATUS + b"\r\n")
        held, before, give_up = 0, -1, time.monotonic() + 60
        while not held or held != before:  # until no more goes to the client
            assert time.monotonic() < give_up
            held, before = held_by_kernel(ends_of(connection)), held
            time.sleep(0.3)
        assert 0 < held < MIB


def ends_of(connection: socket.socket) -> list[str]:
    """The ports of the server and of this client, as the kernel writes them."""
    return [f"{port:04X}" for _, port in (connection.getpeername(), connection.getsockname())]


def held_by_kernel(ends: list[str]) -> int:
    """Bytes for a client that the server has written, and the kernel can't get rid of, whether or not the server still
    knows of the connection."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(int(row[4].split(":")[0], 16) for row in rows if [end.split(":")[1] for end in row[1:3]] == ends)


def test_answers_that_nobody_reads_are_bounded_together(settings: LazySettings) -> None:
    settings.WHARF_UNREAD_BYTES = 8 * MIB
    answer = bytes(16 * MIB)

    async def large(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer})

    with running(large) as server, ExitStack() as opened:
        connections = [opened.enter_context(connect(server)) for _ in range(3)]
        for connection in connections:
            connection.sendall(STATUS + b"\r\n")
        time.sleep(1)
        came = [len(read_until_closed(connection)) if is_closed(connection) else -1 for connection in connections]
        assert came.count(-1) < 3


def opened_websocket(server: str) -> Any:
    """A connection that has become a WebSocket."""
    connection = connect(server)
    key = base64.b64encode(os.urandom(16))
    connection.sendall(
        b"GET /socket HTTP/1.1\r\n%bConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: %b\r\n\r\n" % (LOCAL, key)
    )
    assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")
    return connection


async def listening(scope: Any, receive: Any, send: Any) -> None:
    """An application that accepts WebSockets, and ignores what they say."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def test_a_websocket_that_asks_and_does_not_listen_is_not_read() -> None:
    ping = b"\x89\xfd" + bytes(4) + bytes(125)
    with running(listening) as server, opened_websocket(server) as connection:
        assert written_before_it_stops(connection, ping * 1_000, 100 * MIB) < MOST_TAKEN


def test_a_websocket_on_which_nothing_is_said_is_closed_in_time(settings: LazySettings) -> None:
    settings.WHARF_IDLE_SOCKET = 0.5
    with running(listening) as server, opened_websocket(server) as connection:
        assert eventually_closed(connection)


def test_a_message_has_so_many_bytes() -> None:
    with running(listening) as server, opened_websocket(server) as connection:
        connection.sendall(b"\x82\xff" + (10**9).to_bytes(8, "big") + bytes(4) + bytes(100_000))
        assert eventually_closed(connection)
