"""Another server, as tests need one: on a real socket, it keeps every call that comes and answers what it is told."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, BinaryIO, Self
from urllib.parse import parse_qsl, urlsplit

from tests.support.listening import stop_listening


@dataclass
class FakeCall:
    """One request: its head byte for byte, the number of its connection (from 1), and that connection, as it is and as
    a file that is read."""

    head: bytes
    connection: int
    wire: socket.socket = field(repr=False)
    stream: BinaryIO = field(repr=False)

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode()

    @property
    def target(self) -> str:
        """Path and query as they came."""
        return self.head.split(b" ", 2)[1].decode()

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @cached_property
    def headers(self) -> dict[str, str]:
        """By their names in lower case."""
        lines = (line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return {name.lower(): value.strip() for name, _, value in lines}

    def header(self, name: str) -> str:
        """Empty where there is none."""
        return self.headers.get(name.lower(), "")

    @property
    def token(self) -> str:
        return self.header("Authorization").removeprefix("Bearer ")

    @property
    def length(self) -> int:
        """Bytes that the body is said to have."""
        return int(self.header("Content-Length") or 0)

    @cached_property
    def body(self) -> bytes:
        """Read from the connection when it is first asked for; shorter than `length` where it ended too early."""
        return self.stream.read(self.length)

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object of the body, or of its first part."""
        is_multipart = self.header("Content-Type").startswith("multipart/")
        found: dict[str, Any] = json.loads(self.parts[0][1] if is_multipart else self.body)
        return found

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def parts(self) -> list[tuple[bytes, bytes]]:
        """Head and content of each part of a multipart body, by nothing but the boundary."""
        boundary = self.header("Content-Type").partition("boundary=")[2].encode()
        pieces = (b"\r\n" + self.body).split(b"\r\n--" + boundary)
        return [(head, content) for head, _, content in (piece[2:].partition(b"\r\n\r\n") for piece in pieces[1:-1])]

    @property
    def attributes(self) -> dict[str, Any]:
        """Of a JSON:API document."""
        found: dict[str, Any] = self.json["data"]["attributes"]
        return found

    def send(self, raw: bytes) -> None:
        """Writes bytes of an answer."""
        self.wire.sendall(raw)


@dataclass(frozen=True)
class FakeReply:
    """An answer. A `body` that is not bytes goes as JSON. `length`: what it says of its body's length, if that is a
    lie; `hang_up`: the connection is closed without an answer; `early`: it is sent before the body was read."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    hang_up: bool = False
    early: bool = False

    @property
    def raw(self) -> bytes:
        """As it goes over the wire."""
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        named = {} if isinstance(self.body, bytes) else {"Content-Type": "application/json"}
        named |= self.headers
        if self.status >= 200 and self.status != HTTPStatus.NO_CONTENT:
            named["Content-Length"] = str(len(body) if self.length is None else self.length)
        lines = [f"HTTP/1.1 {self.status} Status", *(f"{name}: {value}" for name, value in named.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


# What is answered: a reply, bytes as they are, or a function that says it, or has sent it itself and returns None.
FakeAnswer = FakeReply | bytes | Callable[[FakeCall], FakeReply | bytes | None]


class FakeServer:
    """Listens on a port of its own.

    `answers` are given one after the other, and the last one for ever; without any, it answers 404. What `says` was
    told of a method and path goes before them, and what stands in `once` before that, each once.

    Options: `host` is an address of this machine; `tls` encrypts; `greeting` is sent before anything was read;
    `keep_alive` takes further requests over the same connection, which is closed after each answer otherwise; without
    `reads`, no body is read unless an answer does so.
    """

    def __init__(
        self,
        *answers: FakeAnswer,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        greeting: bytes = b"",
        keep_alive: bool = False,
        reads: bool = True,
    ) -> None:
        self.calls: list[FakeCall] = []
        self.cut: list[bytes] = []  # bodies that ended before their length; these are no calls
        self.connections = 0
        self.once: list[FakeAnswer] = []
        self._answers: dict[str, list[FakeAnswer]] = {"": list(answers) or [FakeReply(404)]}
        self._tls = tls
        self._greeting = greeting
        self._keep_alive = keep_alive
        self._reads = reads
        self._listening = socket.create_server((host, 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """From now on nothing listens there."""
        stop_listening(self._listening, self._accepting)

    def says(self, call: str, *answers: FakeAnswer) -> None:
        """What "METHOD /path" is answered from now on, in turn; the last one for ever."""
        self._answers[call] = list(answers)

    def otherwise(self, *answers: FakeAnswer) -> None:
        """The same for every call that nothing else was said of."""
        self._answers[""] = list(answers)

    def called(self, call: str) -> list[FakeCall]:
        """The calls of "METHOD /path"."""
        return [one for one in self.calls if f"{one.method} {one.path}" == call]

    @property
    def paths(self) -> list[str]:
        return [call.path for call in self.calls]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), self._encrypted(connection) as wire, wire.makefile("rb") as stream:
            wire.sendall(self._greeting)
            while head := _head(stream):
                if not self._answer(FakeCall(head, number, wire, stream)):
                    break
            wire.shutdown(socket.SHUT_WR)

    def _encrypted(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def _answer(self, call: FakeCall) -> bool:
        """Whether the connection stays open."""
        answer = self._next_answer(call)
        early = isinstance(answer, FakeReply) and answer.early
        if self._reads and not early and len(call.body) < call.length:
            self.cut.append(call.body)
            return False
        self.calls.append(call)
        said = answer(call) if callable(answer) else answer
        if isinstance(said, FakeReply):
            return self._send(call, said)
        call.send(said or b"")
        return False

    def _next_answer(self, call: FakeCall) -> FakeAnswer:
        if self.once:
            return self.once.pop(0)
        answers = self._answers.get(f"{call.method} {call.path}") or self._answers[""]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _send(self, call: FakeCall, reply: FakeReply) -> bool:
        if reply.hang_up:
            return False
        if self._keep_alive and not reply.early:
            call.send(reply.raw)
            return True
        head, _, body = reply.raw.partition(b"\r\n\r\n")
        call.send(head + b"\r\nConnection: close\r\n\r\n" + body)
        if reply.early:
            _read_to_the_end(call)  # or the connection is reset under an answer that is on its way
        return False


def _head(stream: BinaryIO) -> bytes:
    """A request's head without the empty line after it; empty at the end."""
    lines = []
    while (line := stream.readline()) not in (b"", b"\r\n"):
        lines.append(line)
    return b"".join(lines).removesuffix(b"\r\n")


def _read_to_the_end(call: FakeCall) -> None:
    call.wire.shutdown(socket.SHUT_WR)
    while call.stream.read(65536):
        pass
