"""What a Cozy knows, and what goes wrong on it if a test wants it to."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.e2e.cozy.account import CozyAccount
from tests.e2e.cozy.calls import Answer
from tests.e2e.cozy.reading import ArchiveReading
from tests.e2e.cozy.wire import CozyRefusal, Reply, Request

PASSWORD = "the password of the Cozy"
MOVE_SCOPE = "io.cozy.exports.requests io.cozy.imports"


@dataclass
class Troubles:
    """What goes wrong. Parts are counted from 0, the one without a cursor."""

    export_fails: bool = False  # as a source: it could not make the export
    cut: dict[int, list[int]] = field(default_factory=dict)  # after how many bytes each download of a part breaks
    shortened: dict[int, int] = field(default_factory=dict)  # how often a part ends early, as a valid zip
    missing: set[int] = field(default_factory=set)  # parts that are never answered with anything but an error
    hold: dict[int, threading.Event] = field(default_factory=dict)  # parts that stop half-way until this is set
    answers_finalize: threading.Event | None = None  # as a source: finalize is answered when this is set
    import_fails: bool = False  # as a target: it aborts
    imports_nothing: bool = False  # as a target: it takes the call, and nothing follows
    finalizes: threading.Event | None = None  # as a target: it calls finalize when this is set
    refuses: dict[str, int] = field(default_factory=dict)  # paths, and the status that each is answered


@dataclass
class Cozy:
    """One person's Cozy. As a source it gives `account` away; as a target it puts what comes in its place."""

    account: CozyAccount = field(default_factory=CozyAccount.empty)
    host: str = "127.0.0.9"  # its settings are at settings.HOST, as on every Cozy with nested subdomains
    port: int = 0
    quota: int | None = 5_000_000_000
    parts_size: int = 1 << 30
    troubles: Troubles = field(default_factory=Troubles)
    folder: Path = field(default_factory=Path)

    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # what no Cozy would have taken
    mails: list[str] = field(default_factory=list)  # the links in them

    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)  # and the client of each; "" for none
    tokens: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    confirmations: dict[str, dict[str, str]] = field(default_factory=dict)  # secrets, and what each of them starts

    opaque: str = ""  # of the export
    export_state: str = ""
    used_to_be: CozyAccount | None = None  # what was erased by an import
    reading: ArchiveReading | None = None
    move_from: dict[str, Any] = field(default_factory=dict)
    told: Answer | None = None  # what the source answered to finalize or abort
    blocked: bool = False
    moved: bool = False
    moves_to: str = ""  # the address of the target, as the wizard gave it
    aborted: bool = False
    failure: str = ""  # why it could not export or import
    ended: threading.Event = field(default_factory=threading.Event)  # its part of the move is over, well or not
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def domain(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """With a slash at the end, as a Cozy gives its address."""
        return f"http://{self.domain}/"

    @property
    def link(self) -> str:
        """The link of the export, as a person gets it."""
        return f"http://settings.{self.domain}/#/exports/{self.opaque}"

    def called(self, method: str, path: str) -> list[Request]:
        """These requests, oldest first."""
        return [request for request in list(self.requests) if (request.method, request.path) == (method, path)]

    def run(self, work: Callable[["Cozy"], None]) -> None:
        """Does something on the side."""
        thread = threading.Thread(target=work, args=(self,), daemon=True)
        self.threads.append(thread)
        thread.start()

    def give_up(self, why: str) -> None:
        """Opens again, with everything that is left of it."""
        self.failure = why
        self.blocked = False
        self.ended.set()

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

    def require(self, fine: object, complaint: str, status: int = 400) -> None:
        """Raises Refusal, and keeps the complaint, unless everything is fine."""
        if not fine:
            self.complaints.append(complaint)
            raise CozyRefusal(status, complaint)

    def authenticated(self, request: Request) -> None:
        """Raises Refusal unless the request has a token of a move."""
        self.require(request.bearer in self.tokens, f"{request.method} {request.target} came without a good token", 401)

    def logged_in(self, request: Request) -> bool:
        return request.cookies.get("cozysessid") in self.sessions
