"""The socket: requests as they came, answers as a Cozy writes them, and lines that break."""

import json
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Request:
    """One request as it came. The names of its headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)
    status: int = 0  # what it was answered
    done: float = 0  # when it was answered to the last byte

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def bearer(self) -> str:
        """The token it came with."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind == "Bearer" else ""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs}

    def __str__(self) -> str:
        return f"{self.method} {self.target} -> {self.status}{'' if self.done else ' (cut)'}"


@dataclass
class Reply:
    """An answer. A body of chunks is streamed, without a length."""

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Iterable[bytes] | None = None

    @classmethod
    def json(cls, status: int, value: Any, kind: str = "application/vnd.api+json") -> "Reply":
        return cls(status, json.dumps(value).encode(), kind)

    @classmethod
    def error(cls, status: int, detail: str) -> "Reply":
        """As JSON:API has errors."""
        error = {"status": str(status), "title": "Error", "detail": detail, "source": {}}
        return cls.json(status, {"errors": [error]})

    @classmethod
    def see_other(cls, location: str) -> "Reply":
        return cls(303, headers={"Location": location})

    @classmethod
    def page(cls, title: str, rest: str = "") -> "Reply":
        text = f"<!doctype html><title>{title}</title><h1>{title}</h1>{rest}"
        return cls(200, text.encode(), "text/html; charset=utf-8")


@dataclass
class CozyRefusal(Exception):
    """What is answered instead of what was asked for."""

    status: int
    detail: str


class Cut(Exception):
    """The line breaks here."""


class Listener(ThreadingHTTPServer):
    """A socket, and a thread for each connection. It can drop dead."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, answer: Callable[[Request], Reply]) -> None:
        self.answer = answer
        self.connections: set[socket.socket] = set()
        self.dead = False
        super().__init__((host, 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to talk about."""

    def die(self) -> None:
        """What comes is refused from now on, and what is open is cut."""
        if self.dead:
            return
        self.dead = True
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            cut(connection)


def cut(connection: socket.socket) -> None:
    """Ends a connection at once; the other side sees a line that broke."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "cozy"
    wbufsize = 64 * 1024

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        lines = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, lines, body)
        try:
            reply = cast(Listener, self.server).answer(request)
            self._send(reply)
        except Cut:
            self.wfile.flush()
            cut(self.connection)
            self.close_connection = True
            return
        request.done = time.monotonic()

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.body or reply.chunks is not None:
            self.send_header("Content-Type", reply.kind)
        if reply.chunks is not None:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(reply.body)
        if reply.chunks is not None:
            for chunk in filter(None, reply.chunks):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are remembered, not printed."""
