"""The other server of a move, as tests need one: a real server on a real socket that answers what it is told to."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Call:
    """One request that came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["data"]["attributes"]
        return found


@dataclass
class Reply:
    """What is answered; `hang_up`: the connection is closed without any answer."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


Answerer = Callable[[Call], Reply]


class Peer:
    """Remembers every call; `answers` says by "METHOD /path" what is answered, in turn, the last one for ever."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, list[Reply | Answerer]] = defaultdict(list)
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                parts = urlsplit(self.path)
                call = Call(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                )
                reply = peer.reply(call)
                self.close_connection = True
                if reply.hang_up:
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_HEAD = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """From now on nothing listens there."""
        self._server.shutdown()
        self._server.server_close()

    def reply(self, call: Call) -> Reply:
        self.calls.append(call)
        told = self.answers.get(f"{call.method} {call.path}")
        if not told:
            return Reply(404)
        answer = told.pop(0) if len(told) > 1 else told[0]
        return answer(call) if callable(answer) else answer

    def says(self, call: str, *replies: Reply | Answerer) -> None:
        self.answers[call] = list(replies)

    def called(self, call: str) -> list[Call]:
        return [one for one in self.calls if f"{one.method} {one.path}" == call]


@contextmanager
def listening() -> Iterator[Peer]:
    peer = Peer()
    peer.start()
    try:
        yield peer
    finally:
        peer.stop()


def json_reply(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/vnd.api+json", **headers})
