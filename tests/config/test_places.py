"""Connections have places. Who is owed nothing makes room, and where all are owed something, that is said."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import psutil
import pytest
from django.conf import LazySettings

from tests.support.checkout import CHECKOUT
from tests.support.raw_http import (
    LOCAL,
    connect,
    eventually_closed,
    is_closed,
    post_head,
    read_until_closed,
    status_of,
)
from tests.support.running_server import running

pytestmark = pytest.mark.alone

STATUS = b"GET /status HTTP/1.1\r\n" + LOCAL
ELSEWHERE = b"GET /import/ HTTP/1.1\r\n" + LOCAL
BEGUN = post_head("/import/blobs", 1000)  # an answer is owed as soon as it is there


@pytest.fixture
def small_server(transactional_db: None, settings: LazySettings) -> Iterator[str]:
    """A server with ten places, two more for its state, and three for each address."""
    settings.WHARF_CONNECTIONS, settings.WHARF_LAST_CONNECTIONS = 10, 2
    settings.WHARF_CONNECTIONS_PER_ADDRESS = 3
    with running() as address:
        yield address


def test_the_longest_idle_connection_makes_room(small_server: str) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(connect(small_server)) for _ in range(5)]
        used = [stack.enter_context(connect(small_server)) for _ in range(5)]
        silent[0].sendall(STATUS + b"\r\n")  # is idle since its answer, and so for a shorter time than the others
        assert silent[0].recv(4096).startswith(b"HTTP/1.1 200 ")
        more = [stack.enter_context(connect(small_server)) for _ in range(4)]
        assert all(eventually_closed(connection) for connection in silent[1:])
        assert not any(is_closed(connection) for connection in [silent[0], *used, *more])
        for connection in [*used, *more]:
            connection.sendall(STATUS + b"\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_many_silent_connections_stop_nobody(small_server: str) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connect(small_server))
        assert status_of(small_server) == 200
        assert status_of(small_server, ELSEWHERE + b"\r\n") == 401


def test_where_all_are_owed_an_answer_only_the_state_is_told(small_server: str) -> None:
    with ExitStack() as stack:
        owed = [stack.enter_context(connect(small_server)) for _ in range(10)]
        for connection in owed:
            connection.sendall(BEGUN)
        time.sleep(0.2)
        for _ in range(5):
            assert status_of(small_server) == 200
            assert status_of(small_server, ELSEWHERE + b"\r\n") == 503
            assert status_of(small_server, BEGUN + bytes(1000)) == 503
        lasting = [stack.enter_context(connect(small_server)) for _ in range(5)]  # the last ones make room as well
        assert status_of(small_server) == 200
        assert any(is_closed(connection) for connection in lasting)
        owed[0].sendall(bytes(1000))
        assert owed[0].recv(4096).startswith(b"HTTP/1.1 401 ")
        owed[0].close()
        time.sleep(0.2)
        assert status_of(small_server, ELSEWHERE + b"\r\n") == 401


def test_beyond_all_places_everybody_is_told_also_while_they_write(small_server: str) -> None:
    """However fast they come: nobody makes room for the next one before having been answered."""
    dripping_status = b"POST /status HTTP/1.1\r\n" + LOCAL + b"Content-Length: 60000\r\n\r\n"
    with ExitStack() as stack:
        owed = [stack.enter_context(connect(small_server)) for _ in range(10)]
        for connection in owed:
            connection.sendall(BEGUN)
        time.sleep(0.2)
        for _ in range(10):
            both = [stack.enter_context(connect(small_server)) for _ in range(2)]  # as many as there are last ones
            for connection in both:
                connection.sendall(dripping_status + b"a")
            time.sleep(0.05)
            for connection in both:
                connection.sendall(bytes(10_000))  # more comes when the answer is there already
            time.sleep(0.05)
            for connection in both:
                answer = connection.recv(65536)
                assert answer.startswith(b"HTTP/1.1 503 ")
                assert b"retry-after" in answer.lower()


def test_behind_a_proxy_each_address_has_its_share(small_server: str) -> None:
    """The proxy itself, whose connections these are, has none."""
    with ExitStack() as stack:
        for _ in range(3):
            connection = stack.enter_context(connect(small_server))
            connection.sendall(post_head("/import/blobs", 1000, X_Forwarded_For="evil, 192.0.2.1"))
        time.sleep(0.2)
        with httpx.Client(base_url=small_server) as proxy:
            for address, status in [("192.0.2.1", 503), ("192.0.2.2", 401), ("2001:db8::1", 401), ("192.0.2.1", 503)]:
                assert proxy.get("/import/", headers={"X-Forwarded-For": f"evil, {address}"}).status_code == status
            assert proxy.get("/status", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200
            assert proxy.get("/import/").status_code == 401


def test_whoever_has_an_ipv6_network_has_one_share(small_server: str) -> None:
    with ExitStack() as stack:
        for number in range(3):
            connection = stack.enter_context(connect(small_server))
            connection.sendall(post_head("/import/blobs", 1000, X_Forwarded_For=f"2001:db8::{number}"))
        time.sleep(0.2)
        for address, status in [("2001:db8::ffff", 503), ("2001:db8:0:1::1", 401)]:
            head = ELSEWHERE + f"X-Forwarded-For: {address}\r\n\r\n".encode()
            assert status_of(small_server, head) == status


def test_without_a_proxy_each_address_has_its_share(
    small_server: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.9")
    with running() as server, ExitStack() as stack:
        silent = [stack.enter_context(connect(server)) for _ in range(3)]
        owed = [stack.enter_context(connect(server)) for _ in range(3)]  # in their place
        assert all(eventually_closed(connection) for connection in silent)
        for connection in owed:
            connection.sendall(BEGUN)
        time.sleep(0.2)
        assert status_of(server, ELSEWHERE + b"X-Forwarded-For: 192.0.2.1\r\n\r\n") == 503
        assert status_of(server) == 200


@pytest.mark.parametrize("files", [256, 400])
def test_a_process_that_may_open_few_files_answers_all_the_same(settings: LazySettings, files: int) -> None:
    """With more silent connections than it may open files, it neither stops, nor spins, nor fills the log."""
    port = httpx.URL(_free_address()).port
    environment = os.environ | {
        "WHARF_UPLOADS_AT_ONCE": "128",
        "LOG_LEVEL": "INFO",
        "WHARF_DATA_DIR": str(settings.WHARF_DATA_DIR),
    }
    command = f"ulimit -n {files}; exec {sys.executable} -m uvicorn config.asgi:application --port {port} "
    command += "--http config.protocol:HttpProtocol --no-access-log --backlog 128"
    server = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        ["sh", "-c", command], cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            give_up = time.monotonic() + 60
            while time.monotonic() < give_up:
                try:
                    assert status_of(server) == 200
                    break
                except ConnectionError:
                    time.sleep(0.1)
            with ExitStack() as stack:
                silent = [stack.enter_context(connect(server)) for _ in range(600)]
                assert status_of(server) == 200
                assert sum(not is_closed(connection) for connection in silent) > files // 8
                spent = psutil.Process(process.pid).cpu_times().user
                time.sleep(1)
                assert psutil.Process(process.pid).cpu_times().user - spent < 0.5
                assert status_of(server) == 200
        finally:
            process.terminate()
        assert process.stdout is not None
        said = process.stdout.read()
        assert b"Traceback" not in said
        assert said.count(b"no file is left") <= 1
        assert len(said) < 20_000


def _free_address() -> str:
    with running() as address:
        return address


def test_a_refused_client_reads_its_answer_and_the_end(small_server: str) -> None:
    with connect(small_server) as connection:
        connection.sendall(b"no HTTP\r\n\r\n")
        answer = read_until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
