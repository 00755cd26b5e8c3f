"""What large items and broken uploads take of a web process's memory goes back to the machine."""

import base64
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e import account
from tests.e2e.servers import Server, eventually

MIB = 1024 * 1024
ITEMS = 24
MOST_GROWTH = 100 * MIB
MOST_MAIL = 40 * MIB  # for a message of 60, in base64
BROKEN = (
    "POST /import/blobs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
    "Content-Type: multipart/related; boundary=b\r\nContent-Length: 90000000\r\n\r\n"
    '--b\r\nContent-Type: application/json\r\n\r\n{{"@type": "File", "folder": "/", "name": "{name}"}}\r\n'
    "--b\r\nContent-Type: application/octet-stream\r\n\r\n"
)


@pytest.fixture
def wharf(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, "127.0.0.1")
    server.install()
    server.start("web")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def token(wharf: Server) -> str:
    return account.new_with_exporter(wharf)


def memory_of(wharf: Server) -> int:
    return int(psutil.Process(wharf.processes["web"].pid).memory_info().rss)


def post(wharf: Server, token: str, *, name: str, **activity: object) -> int:
    body = json.dumps({"@type": "SocialActivity", "activity": {"id": name, **activity}}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return httpx.post(f"{wharf.url}/import/social-posts", content=body, headers=headers, timeout=60).status_code


def post_mail(wharf: Server, token: str, size: int) -> int:
    """Sends a message of so many bytes, which never is in this process's memory."""
    chunk = base64.urlsafe_b64encode(b"a mail\r\n" * 3 * 32 * 1024)
    number = size * 4 // 3 // len(chunk)
    begin, end = b'{"@type": "MailMessageModel", "rawString": "', b'", "containerIds": ["inbox"]}'
    body = (part for part in (begin, *[chunk] * number, end))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers["Content-Length"] = str(len(begin) + number * len(chunk) + len(end))
    return httpx.post(f"{wharf.url}/import/mail", content=body, headers=headers, timeout=60).status_code


def test_memory_is_flat_after_large_texts_many_values_and_broken_uploads(wharf: Server, token: str) -> None:
    assert post(wharf, token, name="first", title="a") == 201
    before = memory_of(wharf)

    def assert_flat(what: str) -> None:
        eventually(f"memory after {what}", lambda: memory_of(wharf) < before + MOST_GROWTH, 60)

    with ThreadPoolExecutor(1) as sender:
        mail = sender.submit(post_mail, wharf, token, 60 * MIB)
        peak = before
        while not mail.done():
            peak = max(peak, memory_of(wharf))
            wait([mail], 0.01)
        assert mail.result() == 201
    assert peak < before + MOST_MAIL

    for number in range(ITEMS):
        assert post(wharf, token, name=f"long {number}", title="a" * 9 * MIB) == 201
    assert_flat("long titles")

    values = [{"a": "x" * 40}] * 90_000
    with ThreadPoolExecutor(ITEMS) as threads:
        answers = list(threads.map(lambda number: post(wharf, token, name=f"many {number}", x=values), range(ITEMS)))
    assert set(answers) <= {201, 503}
    assert_flat("many values")

    broken = []
    for number in range(64):
        head = BROKEN.format(host=f"127.0.0.1:{wharf.port}", token=token, name=f"{number}.bin")
        broken.append(socket.create_connection(("127.0.0.1", wharf.port)))
        broken[-1].sendall(head.encode() + b"a" * 1_200_000)
    for upload in broken:
        upload.close()
    asked = "SELECT coalesce(sum(rejected), 0) FROM importers_transfer"
    refused = ITEMS - answers.count(201) + len(broken)
    eventually("a rejection of each", lambda: wharf.rows(asked)[0][0] == refused, 60)
    assert_flat("broken uploads")
    assert "Traceback" not in wharf.log("web")
