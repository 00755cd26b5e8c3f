"""A move as a person makes it in a browser, what an exporter meets meanwhile, and what is left at both servers."""

import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Self

import httpx
from django.core.management import call_command
from playwright.sync_api import Page, WebSocket

from tests.e2e.account import PASSWORD
from tests.e2e.servers import SAID, Server, eventually
from tests.support.exporter import BOUNDARY, file_item, related

# The way through the pages


def log_in(page: Page, server: Server, name: str = "ada") -> None:
    page.goto(f"{server.url}/auth/login")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{server.url}/")


def ask_for_move(page: Page, source: Server, target: Server, name: str = "ada") -> None:
    """From the settings of who is logged in at the source, by the wizard, to the page that names the mail."""
    page.goto(f"{source.url}/settings/move")
    page.get_by_role("button", name="Choose where to go").click()
    page.fill("input[name=address]", target.url)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name=re.compile("Go to|Continue|Open", re.IGNORECASE)).last.click()
    page.wait_for_url(f"{target.url}/auth/authorize/move**")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button").first.click()
    page.wait_for_url(f"{source.url}/move/start/check")
    page.get_by_role("button", name="Go on and send me the mail").click()
    page.wait_for_url(f"{source.url}/move/request")


def mails(server: Server, subject: str) -> list[str]:
    """The texts of the mails with this subject."""
    return [mail for mail in server.mails() if f"Subject: {subject}\n" in mail]


def mailed_link(server: Server) -> str:
    """The link in the newest mail that asks for a confirmation, when it has come."""
    mail = eventually("the mail", lambda: mails(server, "Confirm that your account is to move"))[-1]
    found = re.search(rf"{re.escape(server.url)}/move/go\?secret=\S+", mail)
    assert found, mail
    return found[0]


@dataclass
class PageWatcher:
    """What the WebSocket of a page has brought, in order."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> Self:
        watcher = cls()
        page.on("websocket", watcher._listen)
        return watcher

    @property
    def progress(self) -> list[dict[str, Any]]:
        return [message["progress"] for message in self.messages if "progress" in message]

    @property
    def redirects(self) -> list[str]:
        return [message["redirect"] for message in self.messages if "redirect" in message]

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.messages.append(json.loads(frame)))


# What an exporter meets


CONNECT = f"""
{SAID}
client = said("create_exporter", "Cloud One", "--redirect-uri", "https://one.example/back")
"""


class SendingService:
    """A service that the person has connected, and that goes on sending, whatever else happens to the account."""

    def __init__(self, server: Server, name: str = "ada") -> None:
        self.server = server
        tokens = f'said("create_token", {name!r}, "--scope", "import", "--client", client["client_id"])'
        self.client, self.tokens = server.query(f"[client, {tokens}]", CONNECT)
        self.taken: list[str] = []

    def send(self, name: str) -> httpx.Response:
        """A file of that name; what was answered with a 201 is to be found again."""
        answer = httpx.post(
            f"{self.server.url}/import/blobs",
            content=related(file_item(name, "/root/Meanwhile"), f"the content of {name}".encode()),
            headers={
                "Authorization": f"Bearer {self.tokens['access_token']}",
                "Content-Type": f"multipart/related; boundary={BOUNDARY}",
            },
            timeout=60,
        )
        if answer.status_code == 201:
            self.taken.append(name)
        return answer

    def send_post(self, title: str) -> None:
        answer = httpx.post(
            f"{self.server.url}/import/social-posts",
            json={"@type": "SocialActivity", "activity": {"id": title, "title": title}},
            headers={"Authorization": f"Bearer {self.tokens['access_token']}"},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text

    def refresh(self) -> httpx.Response:
        credentials = {name: self.client[name] for name in ("client_id", "client_secret")}
        wanted = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]}
        return httpx.post(f"{self.server.url}/oauth/refresh", data=wanted | credentials, timeout=60)

    @contextmanager
    def sending(self) -> Iterator[list[httpx.Response]]:
        """Sends one file after the other, until one is refused. Returns the refusals."""
        refusals: list[httpx.Response] = []
        ended = threading.Event()

        def send_all() -> None:
            for number in range(10_000):
                answer = self.send(f"meanwhile {number}.txt")
                if answer.status_code != 201:
                    refusals.append(answer)
                if refusals or ended.wait(0.2):
                    return

        thread = threading.Thread(target=send_all)
        thread.start()
        try:
            yield refusals
        finally:
            ended.set()
            thread.join(timeout=60)


# What is left


def move_of(server: Server, name: str = "ada") -> dict[str, Any]:
    """The newest move of an account, as its row says it now; empty where there is none."""
    found = server.rows(
        "SELECT m.* FROM moves_move m JOIN accounts_user u ON u.id = m.owner_id WHERE u.username = ? ORDER BY m.id",
        name,
    )
    return dict(found[-1]) if found else {}


def account_of(server: Server, name: str = "ada") -> dict[str, Any]:
    """An account's row."""
    return dict(server.rows("SELECT * FROM accounts_user WHERE username = ?", name)[0])


def receipt(page: Page, server: Server) -> dict[str, Any]:
    """The receipt of the newest move of who is logged in, as the person downloads it."""
    page.goto(f"{server.url}/settings/move")
    with page.expect_download() as download:
        page.get_by_role("link", name="as JSON").first.click()
    found: dict[str, Any] = json.loads(download.value.path().read_text())
    return found


def entries(server: Server, folder: Path, name: str = "ada") -> dict[str, tuple[int, str]]:
    """Everything in an account, by the manifest of a fresh export: size and SHA-256 by path. Each archive is verified
    on the way; `instance.json` and the first page tell whose it is, and are left out."""
    server.manage("export_account", name, "--output", str(folder), timeout=300)
    archives = sorted(folder.glob("*.zip"))
    call_command("verify_archive", *map(str, archives), stdout=StringIO())  # it asks neither database nor storage
    found: dict[str, tuple[int, str]] = {}
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.namelist():
                if entry.count("/") == 1 and entry.endswith("/manifest.json"):
                    listed = json.loads(opened.read(entry))["entries"]
                    found |= {one["path"]: (one["size"], one["sha256"]) for one in listed}
    return {
        path: facts
        for path, facts in found.items()
        if not path.endswith(("/Data/instance.json", "/Readable/index.html"))
    }
