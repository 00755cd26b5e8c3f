"""The server itself: a socket, a table of routes, and the state of one person's Cozy."""

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlencode, urlsplit

from tests.e2e.cozy import source, target
from tests.e2e.cozy.account import Account
from tests.e2e.cozy.reading import Reading
from tests.e2e.cozy.requests import Request

PASSWORD = "the password of the Cozy"
MOVE_SCOPE = "io.cozy.exports.requests io.cozy.imports"


@dataclass
class Refusal(Exception):
    """What is answered instead of what was asked for."""

    status: int
    detail: str


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
    def see_other(cls, location: str) -> "Reply":
        return cls(303, headers={"Location": location})

    @classmethod
    def page(cls, title: str, rest: str = "") -> "Reply":
        return cls(200, f"<!doctype html><title>{title}</title><h1>{title}</h1>{rest}".encode(), "text/html; charset=utf-8")


class Cut(Exception):
    """The line is cut here."""


@dataclass
class Troubles:
    """What goes wrong, if a test wants it to."""

    export_fails: bool = False  # as a source: there is nothing to fetch, and it says so
    cut: dict[int, list[int]] = field(default_factory=dict)  # parts, and after how many bytes each download breaks
    shortened: dict[int, int] = field(default_factory=dict)  # parts that end early as valid zips, and how often
    missing: set[int] = field(default_factory=set)  # parts that are never answered with anything but an error
    hold: dict[int, threading.Event] = field(default_factory=dict)  # parts that stop in the middle until this is set
    finalize_after: float = 0  # seconds until /move/finalize is answered
    import_fails: bool = False  # as a target: it aborts
    imports_silently: bool = False  # as a target: it takes the call, and nothing follows
    finalizes_when: threading.Event | None = None  # as a target: it finalizes when this is set
    refuses: dict[str, int] = field(default_factory=dict)  # paths that are answered with this status


@dataclass
class Cozy:
    """One person's Cozy. As a source it gives `account` away; as a target it puts what comes in its place."""

    account: Account = field(default_factory=Account.empty)
    host: str = "localhost"  # its settings are at settings.HOST, as on every Cozy with nested subdomains
    quota: int | None = 5_000_000_000
    parts_size: int = 1 << 30
    troubles: Troubles = field(default_factory=Troubles)
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # what no Cozy would have taken
    log: list[str] = field(default_factory=list)  # what it did by itself
    mails: list[str] = field(default_factory=list)
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)  # and the client of each; "" for none
    tokens: set[str] = field(default_factory=set)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)  # of the mails, and what each of them starts
    sessions: set[str] = field(default_factory=set)
    blocked: bool = False
    moved: bool = False
    aborted: bool = False
    opaque: str = ""
    reading: Reading | None = None
    failure: str = ""  # why it could not export or import
    finished: threading.Event = field(default_factory=threading.Event)  # it has moved, arrived, or given up

    def __enter__(self) -> Self:
        self.httpd = _Listener((self.host, 0), _Handler)
        self.httpd.cozy = self
        self.port = int(self.httpd.server_address[1])
        self._folder = TemporaryDirectory(prefix="cozy-")
        self.folder = Path(self._folder.name)
        self.threads: list[threading.Thread] = []
        self.run(lambda: self.httpd.serve_forever(poll_interval=0.05))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.die()
        for event in [*self.troubles.hold.values(), *filter(None, [self.troubles.finalizes_when])]:
            event.set()
        for thread in self.threads:
            thread.join(timeout=5)
        self._folder.cleanup()

    def die(self) -> None:
        """Nobody answers any more: what comes is refused, and what is open is cut."""
        if self.httpd.dead:
            return
        self.httpd.dead = True
        self.httpd.shutdown()
        self.httpd.server_close()
        self.httpd.cut_all()

    def run(self, work: Callable[[], None]) -> None:
        """Does something on the side."""
        thread = threading.Thread(target=work, daemon=True)
        self.threads.append(thread)
        thread.start()

    @property
    def domain(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.domain}"

    @property
    def link(self) -> str:
        """The link of the export, as a person gets it."""
        return f"http://settings.{self.domain}/#/exports/{self.opaque}"

    def called(self, method: str, path: str) -> list[Request]:
        """These requests, oldest first."""
        return [request for request in list(self.requests) if (request.method, request.path) == (method, path)]

    def new_token(self) -> str:
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return token

    def leave(self, redirect_uri: str, state: str, client_id: str = "") -> Reply:
        """The browser goes back to the wizard with a code, and with what the wizard shows."""
        code = secrets.token_hex(12)
        self.codes[code] = client_id
        answer = {"code": code, "state": state, "used": str(self.account.used)}
        if self.quota is not None:
            answer["quota"] = str(self.quota)
        answer["vault"] = "true" if self.account.vault else "false"
        return Reply.see_other(f"{redirect_uri}?{urlencode(answer)}")

    def authenticated(self, request: Request) -> None:
        """Raises Refusal unless the request has a token of a move."""
        if request.bearer not in self.tokens:
            self.complaints.append(f"{request.method} {request.target} came without a token of this server")
            raise Refusal(401, "Invalid or missing token")

    def require(self, fine: bool, complaint: str, status: int = 400) -> None:
        """Raises Refusal, and remembers the complaint, unless everything is fine."""
        if not fine:
            self.complaints.append(complaint)
            raise Refusal(status, complaint)

    def logged_in(self, request: Request) -> bool:
        return request.cookies.get("cozysessid") in self.sessions


Route = Callable[[Cozy, Request], Reply]


def status(cozy: Cozy, request: Request) -> Reply:
    """`GET /status`."""
    healthy = {"cache": "healthy", "couchdb": "healthy", "fs": "healthy", "latency": {}, "status": "OK"}
    return Reply.json(200, healthy, "application/json; charset=UTF-8")


def log_in(cozy: Cozy, request: Request) -> Reply:
    """`POST /auth/login`: a Cozy has one person, so there is no name."""
    if request.form.get("passphrase") != PASSWORD:
        raise Refusal(401, "Wrong password")
    session = secrets.token_urlsafe(16)
    cozy.sessions.add(session)
    reply = Reply.see_other(request.query.get("redirect", "/"))
    reply.headers["Set-Cookie"] = f"cozysessid={session}; Path=/; HttpOnly; SameSite=Lax"
    return reply


def log_in_form(cozy: Cozy, request: Request) -> Reply:
    return Reply.page("Log in", '<form method="post"><input type="password" name="passphrase"></form>')


def register(cozy: Cozy, request: Request) -> Reply:
    """`POST /auth/register` (RFC 7591)."""
    cozy.require(request.content_type == "application/json", f"A client registered with {request.content_type}")
    asked = request.json
    for name in ("client_name", "redirect_uris", "software_id"):
        cozy.require(bool(asked.get(name)), f"A client registered without {name}")
    client_id = secrets.token_hex(16)
    cozy.clients[client_id] = asked | {"client_id": client_id, "client_secret": secrets.token_urlsafe(24)}
    answer = cozy.clients[client_id] | {
        "client_secret_expires_at": 0,
        "registration_access_token": secrets.token_urlsafe(24),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }
    return Reply.json(201, answer, "application/json")


def access_token(cozy: Cozy, request: Request) -> Reply:
    """`POST /auth/access_token`: a code for a token, once."""
    form = request.form
    cozy.require(request.content_type == "application/x-www-form-urlencoded", "A token was not asked for with a form")
    cozy.require(form.get("grant_type") == "authorization_code", f"The grant type was {form.get('grant_type')!r}")
    client = cozy.clients.get(form.get("client_id", ""), {})
    cozy.require(
        bool(client) and form.get("client_secret") == client["client_secret"], "A client gave a wrong secret", 401
    )
    cozy.require(cozy.codes.pop(form.get("code", ""), None) == form["client_id"], "A code is of no use")
    return Reply.json(
        200, {"token_type": "bearer", "access_token": cozy.new_token(), "scope": MOVE_SCOPE}, "application/json"
    )


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/status"): status,
    ("GET", "/auth/login"): log_in_form,
    ("POST", "/auth/login"): log_in,
    ("POST", "/auth/register"): register,
    ("POST", "/auth/access_token"): access_token,
    ("GET", "/auth/authorize/move"): target.authorize_form,
    ("POST", "/auth/authorize/move"): target.authorize,
    ("POST", "/move/importing"): target.block,
    ("GET", "/move/importing"): target.wait_page,
    ("POST", "/move/imports/precheck"): target.precheck,
    ("POST", "/move/imports"): target.begin,
    ("GET", "/move/authorize"): source.authorize,
    ("POST", "/move/request"): source.request_move,
    ("GET", "/move/go"): source.go,
    ("POST", "/move/finalize"): source.finalize,
    ("POST", "/move/abort"): source.abort,
}


def route(cozy: Cozy, request: Request) -> Reply:
    """The answer to a request."""
    if request.path in cozy.troubles.refuses:
        raise Refusal(cozy.troubles.refuses[request.path], "This server is in trouble")
    if found := ROUTES.get((request.method, request.path)):
        return found(cozy, request)
    if request.method == "GET" and request.path == f"/move/exports/data/{cozy.opaque}":
        return source.part(cozy, request)
    if request.method == "GET" and request.path == f"/move/exports/{cozy.opaque}":
        return source.manifest(cozy, request)
    cozy.complaints.append(f"{request.method} {request.target} is nothing that a Cozy has")
    raise Refusal(404, "Not Found")


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    cozy: Cozy
    dead = False

    def __init__(self, *arguments: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to talk about."""

    def cut_all(self) -> None:
        for connection in list(self.connections):
            _cut(connection)


def _cut(connection: socket.socket) -> None:
    """Closes a socket at once; the other side sees a line that broke."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "cozy"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        cozy = cast(_Listener, self.server).cozy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        lines = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, lines, body)
        cozy.requests.append(request)
        try:
            reply = route(cozy, request)
        except Refusal as refused:
            error = {"status": str(refused.status), "title": "Error", "detail": refused.detail, "source": {}}
            reply = Reply.json(refused.status, {"errors": [error]})
        except (ValueError, KeyError) as malformed:
            cozy.complaints.append(f"{request.method} {request.target} is malformed: {malformed!r}")
            reply = Reply.json(400, {"errors": [{"status": "400", "title": "Bad request", "detail": repr(malformed)}]})
        request.status = reply.status
        try:
            self._send(reply)
        except Cut:
            _cut(self.connection)
            self.close_connection = True
            return
        request.done = True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunks is not None:
            self.send_header("Content-Type", reply.kind)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._send_chunks(iter(reply.chunks))
            return
        if reply.status != 204:
            if reply.body:
                self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _send_chunks(self, chunks: Iterator[bytes]) -> None:
        for chunk in chunks:
            if chunk:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests are remembered, not printed."""


def wait_for(what: str, found: Callable[[], bool], seconds: float = 60) -> None:
    """Waits until something has happened."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.05)
