"""Moves as tests make them: through the pages and calls of the protocol, with the workers' part done in turn."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Application
from moves.exports import job as exporting
from moves.imports.running import ending
from moves.imports.running import job as importing
from moves.models import ArchiveImport, Export, LeftOut, Move
from moves.moving import mails, tokens, worker
from tests.support.exporter import Person
from tests.support.waiting import calls_are_over
from tests.support.worker import browser

STATE = "of-the-wizard"


def wizards_client() -> Application:
    """A client that registered itself, as a wizard does."""
    return Application.objects.create(
        name="A wizard",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        registration_source=Application.RegistrationSource.DCR,
    )


def arriving(person: Person) -> str:
    """A token with which a wizard has an account arrive at this person's."""
    return tokens.issue(person.row, wizards_client(), tokens.ARRIVING)


def work(rounds: int = 40) -> None:
    """What the workers would do, until nothing is due; what would be tried again later is tried now. A step that a page
    has begun is waited for: until it ends, nobody else takes one."""
    calls_are_over()
    before = snapshot()
    for _ in range(rounds):
        Move.objects.filter(ended_at=None, next_at__isnull=False).update(next_at=timezone.now())
        for pk in Move.objects.filter(ended_at=None).values_list("pk", flat=True):
            worker.advance(pk)
        for pk in Export.objects.filter(state="exporting").values_list("pk", flat=True):
            exporting.run(pk)
        for pk in ArchiveImport.objects.filter(state="importing").values_list("pk", flat=True):
            importing.run(pk, at_once=True)
        for pk in ArchiveImport.objects.exclude(state="importing").values_list("pk", flat=True):
            ending.settle(pk)
        post()
        after = snapshot()
        if after == before:
            return
        before = after


def snapshot() -> list[Any]:
    return [
        *Move.objects.order_by("pk").values_list("pk", "state", "tries", "mail_due", "proven_count"),
        *LeftOut.objects.order_by("pk").values_list("pk", "hmac"),
        *Export.objects.order_by("pk").values_list("pk", "state"),
        *ArchiveImport.objects.order_by("pk").values_list("pk", "state"),
    ]


def post() -> None:
    """Sends the mails that are due."""
    for pk in Move.objects.exclude(mail_due="").values_list("pk", flat=True):
        Move.objects.filter(pk=pk).update(mail_at=timezone.now())
        mails.send(pk)


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


@dataclass
class MoveWizard:
    """A wizard as cozy-move is one: it registers at the target, and knows the source by a code."""

    http: httpx.Client
    site: str = "https://wizard.example"
    client: dict[str, Any] = field(default_factory=dict)

    def register(self, **changes: Any) -> httpx.Response:
        wish = {
            "redirect_uris": [f"{self.site}/callback/target"],
            "client_name": "Cozy-Move",
            "client_kind": "web",
            "client_uri": self.site,
            "software_id": "github.com/cozy/cozy-move",
            "software_version": "0.1.0",
        }
        answer = self.http.post("/auth/register", json=wish | changes)
        if answer.status_code == 201:
            self.client = answer.json()
        return answer

    @property
    def credentials(self) -> dict[str, str]:
        return {name: self.client[name] for name in ("client_id", "client_secret")}

    def source_code(self, person: Person) -> str:
        """By `GET /move/authorize`, allowed on the page that asks."""
        wanted = {"state": STATE, "redirect_uri": f"{self.site}/callback/source"}
        answer = submit_to(browser(person.row), "/move/authorize", wanted, {"allow": "true"})
        assert answer.status_code == 302, answer.content
        return query(answer["Location"])["code"]

    def target_token(self, person: Person, password: str) -> str:
        """By `GET /auth/authorize/move` and `POST /auth/access_token`."""
        if not self.client:
            assert self.register().status_code == 201
        wanted = {
            "state": STATE,
            "redirect_uri": self.client["redirect_uris"][0],
            "client_id": self.client["client_id"],
        }
        answer = submit_to(browser(person.row), "/auth/authorize/move", wanted, {"password": password})
        assert answer.status_code == 302, answer.content
        return str(self.exchange(query(answer["Location"])["code"]).json()["access_token"])

    def exchange(self, code: str, **changes: str) -> httpx.Response:
        sent = {"grant_type": "authorization_code", "code": code, **self.credentials}
        return self.http.post("/auth/access_token", data=sent | changes)

    def request(self, **sent: str) -> httpx.Response:
        """`POST /move/request`, as a browser sends it on from the wizard's site."""
        return self.http.post("/move/request", data=sent, headers={"Origin": self.site})


def submit_to(client: Client, path: str, wanted: dict[str, str], fields: dict[str, str]) -> Any:
    """Opens a page of a wizard's request and sends its form."""
    address = f"{path}?{httpx.QueryParams(wanted)}"
    page = client.get(address)
    assert page.status_code == 200, page.content
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token
    return client.post(address, {"csrfmiddlewaretoken": token[1], **fields})


def mailed_link() -> str:
    """The path of the link in the last mail that asks for a confirmation."""
    text = next(str(one.body) for one in reversed(mail.outbox) if "Confirm" in one.subject)
    found = re.search(r"\S+(/move/go\?secret=\S+)", text)
    assert found
    return found[1]
