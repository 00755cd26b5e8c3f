"""What many uploads at once take of a web process's memory, whose content goes to S3."""

import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.e2e import account
from tests.e2e.servers import Server, eventually
from tests.support.checkout import CHECKOUT
from tests.support.exporter import BOUNDARY, file_item, read_answer, related

MIB = 1024 * 1024
UPLOADS = 64
SIZE = 9 * MIB  # more than a part has
PIECE = 256 * 1024
PAUSE = 0.1  # seconds behind each
MOST_GROWTH = 256 * MIB
AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def s3() -> Iterator[str]:
    """An S3 server in a process of its own, which is never what is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.support.sink_s3", str(port)]
    process = subprocess.Popen(command, cwd=CHECKOUT)
    try:
        eventually("S3", lambda: _listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.fixture
def wharf(tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    server = Server(tmp_path, "127.0.0.1", {"S3_BUCKET": "memory", "S3_ENDPOINT_URL": s3, **AWS})
    server.install()
    server.start("web")
    try:
        yield server
    finally:
        server.stop()


def upload(wharf: Server, token: str, number: int) -> int:
    """Sends a file, slowly. Returns the status of the answer."""
    body = related(file_item(f"{number}.bin"), bytes([number]) * SIZE)
    head = (
        f"POST /import/blobs HTTP/1.1\r\nHost: 127.0.0.1:{wharf.port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/related; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", wharf.port), timeout=120) as connection:
        connection.sendall(head.encode())
        for at in range(0, len(body), PIECE):
            connection.sendall(body[at : at + PIECE])
            time.sleep(PAUSE)
        return read_answer(connection)[0]


def test_sixty_four_slow_uploads_together_take_less_than_256_mib(wharf: Server) -> None:
    token = account.new_with_exporter(wharf)
    process = psutil.Process(wharf.processes["web"].pid)
    assert upload(wharf, token, 0) == 201
    before = peak = process.memory_info().rss
    with ThreadPoolExecutor(UPLOADS) as threads:
        uploads = [threads.submit(upload, wharf, token, number) for number in range(1, UPLOADS + 1)]
        while not all(one.done() for one in uploads):
            peak = max(peak, process.memory_info().rss)
            wait(uploads, 0.05)
    assert Counter(one.result() for one in uploads) == {201: UPLOADS}
    assert peak - before < MOST_GROWTH
