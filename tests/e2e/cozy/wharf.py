"""What tests of a move look at on this product's side: mails, what a service is told, and what an account holds."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from pathlib import Path
from uuid import uuid4

import httpx

from tests.e2e import account as accounts
from tests.e2e.cozy.reading import ArchiveReading, read
from tests.e2e.cozy.visitor import Visitor
from tests.e2e.servers import SAID, Server, eventually


@contextmanager
def installation(folder: Path, host: str, **settings: str) -> Iterator[Server]:
    """A server with its worker; nothing of a move waits for what is due every minute or later."""
    server = Server(folder, host, settings)
    server.install()
    server.start("web", "worker")
    try:
        yield server
    finally:
        server.stop()


MAKE = f"""
{SAID}
def make(names, password, exporter):
    client = said("create_exporter", exporter, "--redirect-uri", "https://cloud.example/back")
    for name in names:
        said("create_account", name, "--email", name + "@example.org", "--password", password)
    tokens = {{n: said("create_token", n, "--scope", "import", "--client", client["client_id"]) for n in names}}
    return {{"client": client, "tokens": tokens}}
"""


def residents(server: Server, *names: str) -> "dict[str, Resident]":
    """Accounts, each with a service that may bring data into it; all of them made by one process."""
    call = f"make({list(names)!r}, {accounts.PASSWORD!r}, {f'Cloud {uuid4()}'!r})"
    made = server.query(call, MAKE)
    return {name: Resident(server, name, Service(server.url, made["client"], made["tokens"][name])) for name in names}


class Resident:
    """A person with an account here, and a service that they use."""

    def __init__(self, server: Server, name: str, service: "Service") -> None:
        self.server = server
        self.name = name
        self.service = service

    def browser(self) -> Visitor:
        return Visitor(self.server.url, self.name, accounts.PASSWORD)

    def logged_in(self) -> Visitor:
        visitor = self.browser()
        visitor.log_in()
        return visitor

    def mails(self) -> list[str]:
        """Subjects and texts of this person's mails, oldest first."""
        found = []
        for raw in self.server.mails():
            mail = message_from_string(raw.rpartition("\n---------")[0] or raw, policy=policy.default)
            body = mail.get_body(("plain",))
            if f"{self.name}@example.org" in str(mail["To"]):
                found.append(f"{mail['Subject']}\n{body.get_content() if body else ''}")
        return found

    def mailed(self, pattern: str, seconds: float = 30) -> str:
        """Waits for a mail in which this stands, and gives what stands there."""

        def find() -> str:
            return next((match[0] for mail in self.mails() if (match := re.search(pattern, mail))), "")

        return str(eventually(f"a mail with {pattern}", find, seconds))

    def taken_out(self, folder: Path) -> ArchiveReading:
        """Everything the account holds, as a Cozy reads this server's own archives."""
        self.server.manage("export_account", self.name, "--output", str(folder))
        paths = sorted(folder.glob("*.zip"), key=lambda path: [int(n) for n in re.findall(r"\d+", path.stem)] or [0])
        return read(paths)


class Service:
    """A service that brings data into a person's account, as they allowed it."""

    def __init__(self, url: str, client: dict[str, str], tokens: dict[str, str]) -> None:
        self.url = url
        self.client = client
        self.tokens = tokens

    def send(self) -> httpx.Response:
        """A post."""
        post = {"id": str(uuid4()), "title": "Hello", "published": "2024-11-27T13:16:32Z"}
        return httpx.post(
            f"{self.url}/import/social-posts",
            json={"@type": "SocialActivity", "activity": post},
            headers={"Authorization": f"Bearer {self.tokens['access_token']}"},
            timeout=30,
        )

    def refresh(self) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]}
        client = {name: self.client[name] for name in ("client_id", "client_secret")}
        return httpx.post(f"{self.url}/oauth/refresh", data=form | client, timeout=60)
