"""Connections that have stalled: uploads that send no more, and downloads that nobody reads."""

import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import psutil

from bench.account import Account
from bench.bench import MIB
from bench.connection import AnswerError, RawConnection, form_token, head
from bench.items import file_request
from bench.noise import Noise
from bench.process import LOOPBACK
from bench.server import BenchServer

UPLOADS = 100
DOWNLOADS = 200
ANNOUNCED = 1024 * MIB  # bytes of each upload
SENT = (4 * 1024, 4 * MIB)  # bytes of them that one half sends, and the other
UPLOADED = UPLOADS * SENT[1]
SETTLES_WITHIN = 30.0  # seconds, after the crowd has left


def download_request(server: BenchServer, account: Account, size: int) -> bytes:
    """A request for content of `size` bytes, which is made here, in the session of its person.

    Raises `AnswerError` if the server does not give it.
    """
    content = b"".join(Noise(size).chunks())
    before, after = file_request(account.token, size)
    with RawConnection(server.port) as connection:
        connection.exchange(before + content + after, 201)
    with httpx.Client(base_url=f"http://{LOOPBACK}:{server.port}", trust_env=False) as browser:
        _log_in(browser, account)
        path = f"/content/{hashlib.sha256(content).hexdigest()}"
        with browser.stream("GET", path) as answer:
            if answer.status_code != 200:
                raise AnswerError(f"GET /content/<sha256> answers {answer.status_code}")
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return head("GET", path, Cookie=cookies)


@contextmanager
def crowd(server: BenchServer, token: str, download: bytes) -> Iterator[None]:
    """All of them, stalled, for the time of the block; afterwards the server has had time to clean up after them.

    Raises `AnswerError` if the server ends one of them. `download` may be empty: then there are none.
    """
    before, kept = _connections(server), _files(server)
    with ExitStack() as stack:
        uploads = [
            stack.enter_context(_stalled_upload(server, token, SENT[number % len(SENT)])) for number in range(UPLOADS)
        ]
        downloads = [
            stack.enter_context(_stalled_download(server, download)) for _ in range(DOWNLOADS if download else 0)
        ]
        yield
        if any(_answered(upload.socket) for upload in uploads):
            raise AnswerError("an upload that stalled was answered before the measurement had ended")
        if _connections(server) < before + len(uploads) + len(downloads):
            raise AnswerError("a connection that stalled was closed before the measurement had ended")
    give_up = time.monotonic() + SETTLES_WITHIN
    while (_connections(server) > before or _files(server) > kept) and time.monotonic() < give_up:
        time.sleep(0.1)


def _log_in(browser: httpx.Client, account: Account) -> None:
    browser.get("/auth/login").raise_for_status()
    form = {
        "username": account.name,
        "password": account.password,
        "csrfmiddlewaretoken": form_token(browser),
    }
    if (answer := browser.post("/auth/login", data=form)).status_code != 302:
        raise AnswerError(f"the log-in answers {answer.status_code}")


def _stalled_upload(server: BenchServer, token: str, sent: int) -> RawConnection:
    connection = RawConnection(server.port)
    connection.socket.sendall(file_request(token, ANNOUNCED)[0])
    Noise(sent).send(connection.socket)
    return connection


def _stalled_download(server: BenchServer, request: bytes) -> RawConnection:
    connection = RawConnection(server.port)
    connection.socket.sendall(request)
    begun = b""
    while len(begun) < len(b"HTTP/1.1 200"):
        begun = connection.socket.recv(64, socket.MSG_PEEK)
        if not begun:
            raise AnswerError("a download was closed before it began")
    if not begun.startswith(b"HTTP/1.1 200"):
        raise AnswerError(f"a download was answered {begun.decode('latin-1')}")
    return connection


def _answered(connection: socket.socket) -> bool:
    """Whether the server has said something, or closed the connection."""
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    return True


def _connections(server: BenchServer) -> int:
    """Those that the server has open now."""
    return sum(
        each.status == psutil.CONN_ESTABLISHED for each in psutil.Process(server.pid).net_connections(kind="tcp")
    )


def _files(server: BenchServer) -> int:
    """Those that content lies in, or is on its way to."""
    return sum(path.is_file() for path in (server.data / "content").rglob("*"))
