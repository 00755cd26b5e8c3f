"""A server of a few lines that keeps every request as it came over the wire, and answers what a test says."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request: its head and body byte for byte, and which connection it came over."""

    head: bytes
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def json(self) -> dict[str, Any]:
        """The JSON of the body, or of its first part."""
        if self.headers["content-type"].startswith("multipart/"):
            return json.loads(self.parts[0][1])
        return json.loads(self.body)

    @property
    def payload(self) -> dict[str, Any]:
        return self.json["payload"]

    @property
    def parts(self) -> list[tuple[bytes, bytes]]:
        """Head and content of each part, by nothing but the boundary."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        pieces = (b"\r\n" + self.body).split(b"\r\n--" + boundary)
        return [(head, content) for head, _, content in (piece[2:].partition(b"\r\n\r\n") for piece in pieces[1:-1])]


@dataclass(frozen=True)
class Reply:
    """An answer; `drop` closes the connection instead, `read_body=False` answers before the body is read."""

    status: int = 201
    body: Any = field(default_factory=lambda: {"status": "created"})
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    read_body: bool = True


Answerer = Callable[[Request], Reply]


class RecordingServer:
    """`replies` are given one after the other; then `answer` decides, which creates everything by default."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.cut: list[bytes] = []  # bodies that ended before their length
        self.replies: list[Reply] = []
        self.answer: Answerer = lambda request: Reply()
        self.connections = 0
        self.url = ""

    def serve(self, connection: socket.socket) -> None:
        self.connections += 1
        number = self.connections
        stream = connection.makefile("rb")
        while head := _head(stream):
            length = int(Request(head, b"", 0).headers.get("content-length", 0))
            if self.replies and not self.replies[0].read_body:
                connection.sendall(_bytes_of(self.replies.pop(0)))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
                return
            body = stream.read(length)
            if len(body) < length:
                self.cut.append(body)
                return
            request = Request(head, body, number)
            self.requests.append(request)
            reply = self.replies.pop(0) if self.replies else self.answer(request)
            if reply.drop:
                return
            connection.sendall(_bytes_of(reply))

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


def _head(stream: Any) -> bytes:
    lines = []
    while (line := stream.readline()) not in (b"", b"\r\n"):
        lines.append(line)
    return b"".join(lines).removesuffix(b"\r\n")


def _bytes_of(reply: Reply) -> bytes:
    body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    headers = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {reply.status} Reply", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def recording_server() -> Iterator[RecordingServer]:
    recorder = RecordingServer()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            recorder.serve(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        recorder.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()


def error(status: int, code: str, description: str = "") -> Reply:
    """An answer in the form of the protocol's errors."""
    return Reply(status, {"error": code, "error_description": description})
