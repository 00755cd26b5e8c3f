"""Many small accounts that move from one server to the other, by calls alone; where each is held on its way, and
whether everything of it is at the target in the end."""

import json
import re
import secrets
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.e2e.account import PASSWORD
from tests.e2e.line import Rule, TcpLine
from tests.e2e.moving import account_of, mails, move_of
from tests.e2e.servers import Server, eventually, free_port
from tests.support.checkout import CHECKOUT
from tests.support.exporter import BOUNDARY, file_item, related

STATE = "of-the-wizard"
SITE = "https://wizard.example"
LARGE = 400_000  # bytes, of which some have come and some have not when a download is held in its middle


@dataclass
class Place:
    """A server, and the line by which everybody reaches it."""

    server: Server
    line: TcpLine

    @classmethod
    def at(cls, folder: Path, host: str) -> "Place":
        port = free_port(host)
        line = TcpLine(host, port)
        return cls(Server(folder, host, {"WHARF_BASE_URL": line.url}, port), line)

    @property
    def url(self) -> str:
        return self.line.url

    def people(self, names: list[str]) -> dict[str, dict[str, str]]:
        """New accounts; see tests/e2e/people.py."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.people", *names],
            cwd=CHECKOUT,
            env=self.server.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        people: dict[str, dict[str, str]] = json.loads(done.stdout)
        return people

    def browser(self, session: str) -> httpx.Client:
        """A browser in which somebody is logged in."""
        return httpx.Client(base_url=self.url, cookies={f"{urlsplit(self.url).port}_sessionid": session}, timeout=120)

    def hurry(self) -> None:
        """What would be tried again later is tried now."""
        self.server.query(
            "[worker.retry(move) for move in Move.objects.filter(ended_at=None)]",
            "from moves.models import Move; from moves.moving import worker",
        )

    def let_leases_end(self, seconds: float = 0, names: list[str] | None = None) -> None:
        """The patience of moves ends in so many seconds: of those of some people, or of all that were confirmed."""
        whose = "" if names is None else f", owner__username__in={names!r}"
        self.server.query(
            f"Move.objects.filter(ended_at=None{whose}).exclude(state__in=['requested', 'finalizing'])"
            f".update(lease_until=timezone.now() + timedelta(seconds={seconds}))",
            "from datetime import timedelta; from django.utils import timezone; from moves.models import Move",
        )

    def close(self) -> None:
        self.server.stop()
        self.line.close()


@dataclass
class CrossingWizard:
    """It has registered itself at the target, and helps everybody who moves there."""

    source: Place
    target: Place
    client: dict[str, str]

    @classmethod
    def registered(cls, source: Place, target: Place) -> "CrossingWizard":
        wish = {"redirect_uris": [f"{SITE}/callback/target"], "client_name": "Cozy-Move", "client_kind": "web"}
        answer = httpx.post(f"{target.url}/auth/register", json=wish, timeout=60)
        assert answer.status_code == 201, answer.text
        return cls(source, target, {name: answer.json()[name] for name in ("client_id", "client_secret")})

    def ask(self, here: httpx.Client, there: httpx.Client) -> str:
        """Everything up to the mail, for who is logged in here and there. Returns the target's token."""
        leave = _allowed(here, "/move/authorize", f"{SITE}/callback/source", {"allow": "true"})
        client = {"client_id": self.client["client_id"]}
        come = _allowed(there, "/auth/authorize/move", f"{SITE}/callback/target", {"password": PASSWORD}, **client)
        wanted = {"grant_type": "authorization_code", "code": come, **self.client}
        token = httpx.post(f"{self.target.url}/auth/access_token", data=wanted, timeout=60).json()["access_token"]
        form = {"code": leave, "target_url": f"{self.target.url}/", "target_token": token}
        form |= {f"target_{name}": value for name, value in self.client.items()}
        answer = httpx.post(f"{self.source.url}/move/request", data=form, headers={"Origin": SITE}, timeout=60)
        assert answer.status_code == 200, answer.text
        return str(token)


def _allowed(browser: httpx.Client, path: str, redirect_uri: str, fields: dict[str, str], **more: str) -> str:
    """Opens a page that asks, answers its form, and gives the code that the wizard gets."""
    query = {"state": STATE, "redirect_uri": redirect_uri, **more}
    page = browser.get(path, params=query)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text
    answer = browser.post(path, params=query, data={"csrfmiddlewaretoken": token[1], **fields})
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]


@dataclass(eq=False)
class Crossing:
    """The move of one account. `rule` holds it somewhere on its way.

    `names`: tokens and links by which the two servers speak of it; `later`: those of what changed since.
    """

    name: str
    wizard: CrossingWizard
    here: dict[str, str]
    there: dict[str, str]
    rule: Rule | None = None
    names: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    thread: threading.Thread | None = None

    @property
    def source(self) -> Server:
        return self.wizard.source.server

    @property
    def target(self) -> Server:
        return self.wizard.target.server

    def fill(self) -> None:
        """A few records of every kind, and a file that takes more than one read."""
        self.send("blobs", file_item("a.txt"), b"bytes")
        self.send("blobs", file_item("large.bin", "/root/Folder"), secrets.token_bytes(LARGE))
        self.send("media", {"@type": "Album", "id": "1", "name": "Trip"})
        self.send("media", {"@type": "Photo", "name": "a.jpg", "albumId": "1"}, b"pixels")
        self.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1", "title": "A post"}})

    def send(self, vertical: str, item: dict[str, Any], content: bytes | None = None) -> None:
        kind = "application/json" if content is None else f"multipart/related; boundary={BOUNDARY}"
        answer = httpx.post(
            f"{self.source.url}/import/{vertical}",
            content=json.dumps(item).encode() if content is None else related(item, content),
            headers={"Authorization": f"Bearer {self.here['token']}", "Content-Type": kind},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text

    # Its way

    def ask(self) -> None:
        with (
            self.wizard.source.browser(self.here["session"]) as here,
            self.wizard.target.browser(self.there["session"]) as there,
        ):
            self.names.add(self.wizard.ask(here, there))

    def hear(self, request: bytes, answer: bytes) -> None:
        """Learns by what names the servers speak of this move, from their calls."""
        if any(name.encode() in request for name in self.names):
            self.names |= {found.decode() for found in re.findall(rb'"token": ?"([^"]+)"', request)}
            self.names |= {found.decode() for found in re.findall(rb"/exports/([\w.:~-]+)", request)}
            if request.startswith(b"POST /move/changes"):
                self.later |= {found.decode() for found in re.findall(rb"/exports/([\w.:~-]+)", answer)}

    def confirm(self) -> None:
        """Opens the mailed link in a thread: the one who waits for the answer may wait for long, or for ever."""
        self.thread = threading.Thread(target=self._open, args=(self.link(),), daemon=True)
        self.thread.start()

    def link(self) -> str:
        def found() -> list[str]:
            texts = mails(self.source, "Confirm that your account is to move")
            return [text for text in texts if f"To: {self.name}@" in text]

        link = re.search(r"\S+/move/go\?secret=\S+", eventually("the mail", found)[-1])
        assert link
        return link[0]

    def _open(self, link: str) -> None:
        try:
            with self.wizard.source.browser(self.here["session"]) as browser:
                browser.get(link)
        except httpx.TransportError:
            pass  # the server was killed meanwhile, which is what the test is about

    # Its end

    def is_open_at(self, place: Place) -> bool:
        """Whether the person sees their own pages there, and may change something."""
        session = self.here if place is self.wizard.source else self.there
        with place.browser(session["session"]) as browser:
            page = browser.get("/settings/services")
        sees = page.status_code == 200 and "<h1>Connected services</h1>" in page.text
        return sees and account_of(place.server, self.name)["blocked"] == ""

    @property
    def states(self) -> tuple[str, str]:
        """Of the move at the source and at the target; empty where there is none."""
        return move_of(self.source, self.name).get("state", ""), move_of(self.target, self.name).get("state", "")

    @property
    def has_ended(self) -> bool:
        both = [move_of(server, self.name) for server in (self.source, self.target)]
        return all(move and move["ended_at"] for move in both)

    def content(self, server: Server) -> list[tuple[Any, ...]]:
        """Everything in the account, as the database has it: what each is called, its id, and its bytes' SHA-256."""
        found: list[tuple[Any, ...]] = []
        for kind, name, content in (
            ("file", "name", True),
            ("photo", "name", True),
            ("folder", "name", False),
            ("album", "name", False),
            ("socialactivity", "title", False),
        ):
            sha256 = "c.sha256" if content else "''"
            joined = "JOIN importers_content c ON c.id = r.content_id" if content else ""
            rows = server.rows(
                f"SELECT '{kind}', r.{name}, r.doc_id, {sha256} FROM importers_{kind} r {joined} "  # noqa: S608  (ours)
                "JOIN accounts_user u ON u.id = r.owner_id WHERE u.username = ? ORDER BY 2, 3",
                self.name,
            )
            found += [tuple(row) for row in rows]
        rows = server.rows(
            "SELECT 'in album', p.name, a.name FROM importers_albumphoto e JOIN importers_photo p ON p.id = e.item_id "
            "JOIN importers_album a ON a.id = e.album_id JOIN accounts_user u ON u.id = p.owner_id "
            "WHERE u.username = ? ORDER BY 2, 3",
            self.name,
        )
        return [*found, *(tuple(row) for row in rows)]

    def assert_all_is_there_once(self) -> None:
        """Nothing is missing at the target, and nothing doubled."""
        content = self.content(self.target)
        assert content == self.content(self.source), self.name
        assert len([row for row in content if row[0] in ("file", "photo", "in album", "socialactivity")]) >= 5

    def assert_ended_well(self) -> None:
        """It has moved, with proof, or is open at both."""
        source, target = self.states
        if source == "moved":
            self.assert_moved()
            return
        assert source in ("failed", "expired"), (self.name, self.states, self.why)
        assert target in ("failed", "copied", ""), (self.name, self.states, self.why)
        for place in (self.wizard.source, self.wizard.target):
            assert self.is_open_at(place), (self.name, self.states, self.why)

    def assert_moved(self) -> None:
        assert self.states == ("moved", "arrived"), (self.name, self.states, self.why)
        assert account_of(self.source, self.name)["blocked"] == "moved"
        assert self.is_open_at(self.wizard.target)
        for server in (self.source, self.target):
            count = "SELECT count(*) FROM moves_move m JOIN accounts_user u ON u.id = m.owner_id WHERE u.username = ?"
            assert server.rows(count, self.name)[0][0] == 1
        proof = json.loads(move_of(self.target, self.name)["receipt"])["proof"]
        assert (proof["kind"], proof["missing"]) == ("manifest", 0)
        assert json.loads(move_of(self.source, self.name)["receipt"])["arrived"]["proof"] == proof
        self.assert_all_is_there_once()

    @property
    def steps(self) -> list[tuple[str, str, str]]:
        """State, name and outcome of each step at the source."""
        said = (
            "SELECT s.state, s.what, s.outcome FROM moves_movestep s JOIN moves_move m ON m.id = s.move_id "
            "JOIN accounts_user u ON u.id = m.owner_id WHERE u.username = ? ORDER BY s.id"
        )
        return [tuple(row) for row in self.source.rows(said, self.name)]

    @property
    def why(self) -> list[Any]:
        """What both servers wrote down, for a failure's message."""
        said = (
            "SELECT s.state, s.what, s.outcome, s.detail FROM moves_movestep s JOIN moves_move m ON m.id = s.move_id "
            "JOIN accounts_user u ON u.id = m.owner_id WHERE u.username = ? ORDER BY s.id"
        )
        return [tuple(row) for server in (self.source, self.target) for row in server.rows(said, self.name)]
