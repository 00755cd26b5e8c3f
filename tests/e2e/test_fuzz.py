"""Whatever is sent to whatever address: it is answered, never by an error of the server, and nothing grows.

`make fuzz` goes on for ten minutes with a seed of its own, which it prints; `FUZZ_SEED` chooses one.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.e2e.fuzzing import Fuzzer, FuzzKeys
from tests.e2e.servers import Server
from tests.support.addresses import routes
from tests.support.checkout import CHECKOUT

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "0")) or (secrets.randbits(32) if SECONDS else 11)
REQUESTS = 1_200  # where no time is given
WARM = 300  # requests after which memory is looked at first
MOST_GROWTH = 48 * 1024 * 1024  # bytes
ANSWERED_WITHIN = 30.0  # seconds
SCOPES = ("import", "io.cozy.imports", "io.cozy.exports.requests", "io.cozy.exports", "import:calendar")
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@pytest.fixture
def fuzzed(tmp_path: Path) -> Server:
    """A server, and nothing but it: what it is asked for nobody does."""
    server = Server(tmp_path / "fuzzed", "127.0.0.1", {"WHARF_TRUSTED_NETWORKS": ""})
    server.install()
    return server


def test_nothing_that_can_be_sent_is_an_error_of_the_server(fuzzed: Server) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tests.e2e.people", "ada"],
        cwd=CHECKOUT,
        env=fuzzed.environment,
        capture_output=True,
        check=True,
    )
    session = json.loads(made.stdout)["ada"]["session"]
    given = fuzzed.manage_all(*(("create_token", "ada", "--scope", scope) for scope in SCOPES))
    tokens = [one["access_token"] for one in given]
    fuzzed.start("web")
    try:
        print(f"seed {SEED}")  # noqa: T201  (shown where it fails)
        _fuzz(fuzzed, Fuzzer(SEED, list(_addresses()), FuzzKeys([*tokens, "x", "\xff"], session, fuzzed.port)))
        log = (fuzzed.folder / "web.log").read_text(errors="replace")
        assert "Traceback" not in log, log[log.index("Traceback") :][:4_000]
        assert '"level": "ERROR"' not in log
    finally:
        fuzzed.stop()


def _addresses() -> list[str]:
    """Returns all routes that are written as paths, each of ours as often as the many of the operator's together."""
    found = [route for route in routes() if "(?P" not in route and "logout" not in route]  # the session is to stay
    operators = [route for route in found if route.startswith("admin/")]
    return [route for route in found if route not in operators] * 4 + operators


def _fuzz(server: Server, fuzzer: Fuzzer) -> None:
    process = psutil.Process(server.processes["web"].pid)
    began, number, warm = time.monotonic(), 0, 0
    while time.monotonic() - began < SECONDS if SECONDS else number < REQUESTS:
        number += 1
        request = fuzzer.request()
        answer = _answer(server, request, source=f"127.{number % 200 + 1}.{number // 200 % 250 + 1}.9")
        found = STATUS.match(answer)
        assert found, f"request {number} of seed {SEED} has no answer: {request[:3_000]!r}"
        status = int(found[1])
        assert status < 500 or b"retry-after" in answer.lower(), f"request {number}: {status} for {request[:3_000]!r}"
        if number == WARM:
            warm = process.memory_info().rss
    grown = process.memory_info().rss - warm
    assert grown < MOST_GROWTH, f"{number} requests have made it grow by {grown} bytes"


def _answer(server: Server, request: bytes, source: str) -> bytes:
    """Returns what a request is answered, at least its head: each comes from another address, so that limits of those
    are not all that is tried."""
    address, answer = (server.host, server.port), b""
    with socket.create_connection(address, timeout=ANSWERED_WITHIN, source_address=(source, 0)) as line:
        with suppress(ConnectionError):  # it was refused before it was read whole; the answer is there
            line.sendall(request)
        with suppress(TimeoutError, ConnectionError):
            while b"\r\n\r\n" not in answer and (piece := line.recv(65_536)):
                answer += piece
    return answer
