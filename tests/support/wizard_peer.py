"""Another server of the move protocol, as a wizard meets it: small, on a real socket, and exacting.

It is written from the protocol's page. Its person allows everything at once, unless a test says otherwise; and it keeps
each call, so that a test can look at what was sent.
"""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit


@dataclass
class Call:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, str]


@dataclass
class WizardPeer:
    """What a server knows, and what it has been asked."""

    status: Any = field(default_factory=lambda: {"status": "OK", "couchdb": "healthy"})
    used: int = 123_456
    quota: int | None = 5_000_000
    vault: bool = False
    account: str = ""  # its person's name, which only servers of this product tell
    denies: bool = False
    iss: str = ""
    scope: str = "io.cozy.exports.requests io.cozy.imports"
    sends_to: str = ""  # the origin that it sends everybody on to
    registers: Any = None  # what it answers to a registration, instead of a client
    broken: dict[str, int] = field(default_factory=dict)  # paths, and the status that each is answered
    url: str = ""
    codes: dict[str, str] = field(default_factory=dict)  # and the client that each was given to; "" for none
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def called(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    def new_client(self, redirect_uri: str = "") -> str:
        client_id = secrets.token_hex(8)
        self.clients[client_id] = {"client_secret": secrets.token_hex(16), "redirect_uris": [redirect_uri]}
        return client_id

    def new_code(self, client_id: str = "") -> str:
        code = secrets.token_hex(8)
        self.codes[code] = client_id
        return code

    def leave(self, redirect_uri: str, state: str, client_id: str = "") -> str:
        """Where the browser is sent after the person has decided."""
        if self.denies:
            return f"{redirect_uri}?{urlencode({'error': 'access_denied', 'state': state})}"
        answer = {"code": self.new_code(client_id), "state": state, "used": str(self.used)}
        answer |= {"vault": "true" if self.vault else "false"}
        answer |= {"quota": str(self.quota)} if self.quota is not None else {}
        answer |= {"iss": self.iss} if self.iss else {}
        answer |= {"account": self.account} if self.account else {}
        return f"{redirect_uri}?{urlencode(answer)}"

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, str]]:
        """`POST /auth/access_token`: a code works once, for its client."""
        client = self.clients.get(form.get("client_id", ""))
        if client is None or client["client_secret"] != form.get("client_secret"):
            return 400, {"error": "the client must be registered"}
        if form.get("grant_type") != "authorization_code" or self.codes.get(form.get("code", "")) != form["client_id"]:
            return 400, {"error": "invalid code"}
        del self.codes[form["code"]]
        token = secrets.token_hex(16)
        self.tokens[token] = form["client_id"]
        return 200, {"access_token": token, "token_type": "bearer", "scope": self.scope}

    def requested(self, form: dict[str, str]) -> bool:
        """Whether a form at `POST /move/request` lets an account leave."""
        if code := form.get("code"):
            return self.codes.pop(code, None) == ""
        client = self.clients.get(form.get("client_id", ""), {})
        right_client = client.get("client_secret") == form.get("client_secret")
        return right_client and self.tokens.get(form.get("token", "")) == form.get("client_id")


class _Handler(BaseHTTPRequestHandler):
    """Reads a call, keeps it, and answers what the protocol says."""

    protocol_version = "HTTP/1.1"
    known: WizardPeer

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        call = self.read()
        self.known.calls.append(call)
        route = {
            ("GET", "/status"): self.say_status,
            ("GET", "/move/authorize"): self.authorize,
            ("GET", "/auth/authorize/move"): self.authorize_move,
            ("POST", "/auth/register"): self.register,
            ("POST", "/auth/access_token"): self.give_token,
            ("POST", "/move/request"): self.take_request,
        }.get((call.method, call.path))
        if status := self.known.broken.get(call.path) or (404 if route is None else 0):
            self.send(status, {"error": "no"})
        elif route is not None:
            route(call)

    def read(self) -> Call:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        body = json.loads(raw) if is_json else dict(parse_qsl(raw, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Call(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)

    def say_status(self, _: Call) -> None:
        if self.known.sends_to:
            self.redirect(f"{self.known.sends_to}/status")
        else:
            self.send(200, self.known.status)

    def authorize(self, call: Call) -> None:
        self.redirect(self.known.leave(call.query["redirect_uri"], call.query["state"]))

    def authorize_move(self, call: Call) -> None:
        client_id, redirect_uri = call.query["client_id"], call.query["redirect_uri"]
        if redirect_uri in self.known.clients[client_id]["redirect_uris"]:
            self.redirect(self.known.leave(redirect_uri, call.query["state"], client_id))
        else:
            self.send(400, {"error": "invalid redirect_uri"})

    def register(self, call: Call) -> None:
        client_id = self.known.new_client(call.body["redirect_uris"][0])
        client = {"client_id": client_id, **self.known.clients[client_id]}
        self.send(201, client if self.known.registers is None else self.known.registers)

    def give_token(self, call: Call) -> None:
        self.send(*self.known.exchange(call.body))

    def take_request(self, call: Call) -> None:
        page = b"<!doctype html><title>Mail</title><h1>Look at your mails</h1>"
        self.send(200 if self.known.requested(call.body) else 400, page, "text/html; charset=utf-8")

    def redirect(self, location: str) -> None:
        self.send_response(303)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, status: int, body: Any, content_type: str = "application/json") -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def peer(**how: Any) -> Iterator[WizardPeer]:
    """A peer that listens."""
    known = WizardPeer(**how)
    handler = type("Handler", (_Handler,), {"known": known})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
