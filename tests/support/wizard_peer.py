"""Another server of the move protocol, as a wizard meets it: exacting, and written from the protocol's page.

Its person allows everything at once, unless a test says otherwise.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from tests.support.answers import redirect
from tests.support.fake_server import FakeCall, FakeReply, FakeServer


@dataclass
class WizardPeer:
    """What the server knows; a test may change it at any time."""

    status: Any = field(default_factory=lambda: {"status": "OK", "couchdb": "healthy"})
    used: int = 123_456
    quota: int | None = 5_000_000
    vault: bool = False
    account: str = ""  # its person's name, which only servers of this product tell
    denies: bool = False
    iss: str = ""
    nameless: bool = False  # a Wharf whose answers don't say that they are its own
    promises: bool = False  # its metadata say that its answers do
    scope: str = "io.cozy.exports.requests io.cozy.imports"
    sends_to: str = ""  # the origin that it sends everybody on to
    registers: Any = None  # what it answers to a registration, instead of a client
    broken: dict[str, int] = field(default_factory=dict)  # paths, and the status that each is answered
    codes: dict[str, str] = field(default_factory=dict)  # and the client that each was given to; "" for none
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    server: FakeServer = field(default_factory=FakeServer)

    def __post_init__(self) -> None:
        for call, answer in {
            "GET /status": self._say_status,
            "GET /.well-known/oauth-authorization-server": self._say_metadata,
            "GET /move/authorize": self._authorize,
            "GET /auth/authorize/move": self._authorize_move,
            "POST /auth/register": self._register,
            "POST /auth/access_token": self._give_token,
            "POST /move/request": self._take_request,
        }.items():
            self.server.says(call, self._unless_broken(answer))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def called(self, call: str) -> list[FakeCall]:
        return self.server.called(call)

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
        if not self.iss and isinstance(self.status, dict) and self.status.get("name") == "Wharf" and not self.nameless:
            self.iss = self.url
        issuer = {"iss": self.iss} if self.iss else {}
        if self.denies:
            return f"{redirect_uri}?{urlencode({'error': 'access_denied', 'state': state} | issuer)}"
        answer = {"code": self.new_code(client_id), "state": state, "used": str(self.used)}
        answer |= {"vault": "true" if self.vault else "false"}
        answer |= {"quota": str(self.quota)} if self.quota is not None else {}
        answer |= issuer
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

    def _unless_broken(self, answer: Callable[[FakeCall], FakeReply]) -> Callable[[FakeCall], FakeReply]:
        def reply(call: FakeCall) -> FakeReply:
            status = self.broken.get(call.path)
            return FakeReply(status, {"error": "no"}) if status else answer(call)

        return reply

    def _say_status(self, _: FakeCall) -> FakeReply:
        return redirect(f"{self.sends_to}/status", 303) if self.sends_to else FakeReply(200, self.status)

    def _say_metadata(self, _: FakeCall) -> FakeReply:
        said = {"issuer": self.url, "authorization_response_iss_parameter_supported": True}
        return FakeReply(200, said) if self.promises else FakeReply(404, {"error": "not found"})

    def _authorize(self, call: FakeCall) -> FakeReply:
        return redirect(self.leave(call.query["redirect_uri"], call.query["state"]), 303)

    def _authorize_move(self, call: FakeCall) -> FakeReply:
        client_id, redirect_uri = call.query["client_id"], call.query["redirect_uri"]
        if redirect_uri not in self.clients[client_id]["redirect_uris"]:
            return FakeReply(400, {"error": "invalid redirect_uri"})
        return redirect(self.leave(redirect_uri, call.query["state"], client_id), 303)

    def _register(self, call: FakeCall) -> FakeReply:
        client_id = self.new_client(call.json["redirect_uris"][0])
        client = {"client_id": client_id, **self.clients[client_id]}
        return FakeReply(201, client if self.registers is None else self.registers)

    def _give_token(self, call: FakeCall) -> FakeReply:
        return FakeReply(*self.exchange(call.form))

    def _take_request(self, call: FakeCall) -> FakeReply:
        page = b"<!doctype html><title>Mail</title><h1>Look at your mails</h1>"
        return FakeReply(200 if self.requested(call.form) else 400, page, {"Content-Type": "text/html; charset=utf-8"})
