"""A worker as the OAuth provider meets it: it asks a person for access, refreshes it, and shows each answer."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client

from accounts.models import User
from tests.support.exporter import run

PASSWORD = "correct horse battery"
CALLBACK = "https://exporter.example/callback"


def person(name: str = "ada", **more: Any) -> User:
    """An account with a known password."""
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD, **more)


def browser(user: User | None = None) -> Client:
    """A browser, in which somebody may be logged in; it checks forms' tokens as a real one makes the server do."""
    client = Client(enforce_csrf_checks=True)
    if user:
        client.force_login(user, backend="accounts.backends.NameOrEmail")
    return client


def session_of(user: User) -> str:
    """The cookie of a browser in which this person is logged in."""
    return browser(user).cookies["sessionid"].value


class _HiddenFields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("type") == "hidden":
            self.found[str(named["name"])] = named.get("value") or ""


def hidden_fields(page: Any) -> dict[str, str]:
    """Name and value of every hidden field of a page."""
    fields = _HiddenFields()
    fields.feed(page.content.decode())
    return fields.found


def submit(client: Client, address: str, fields: Mapping[str, Any]) -> Any:
    """Opens a page and sends its form, filled in."""
    return client.post(address, hidden_fields(client.get(address)) | dict(fields))


@dataclass
class TokenAnswer:
    """Status, headers and JSON body."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def error(self) -> tuple[int, str]:
        """Status and code of a refusal."""
        return self.status, self.body["error"]


class Worker:
    """One client of the provider."""

    def __init__(self, name: str = "Cloud One", *options: str) -> None:
        self.registered = run("create_exporter", name, "--redirect-uri", CALLBACK, *options)
        self.id: str = self.registered["client_id"]
        self.secret: str = self.registered.get("client_secret", "")
        self.verifier = secrets.token_urlsafe(48)
        self.http = Client(enforce_csrf_checks=True)

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.id} | ({"client_secret": self.secret} if self.secret else {})

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **changes: str) -> str:
        """The address of an authorization request, as a worker builds it."""
        query = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": CALLBACK,
            "scope": "",
            "state": "of-the-worker",
        }
        if not self.secret:
            query |= {"code_challenge": self.challenge, "code_challenge_method": "S256"}
        return "/oauth/authorize/?" + urlencode(query | changes)

    def code(self, user: User, **changes: str) -> str:
        """What the worker gets when the person allows it."""
        answer = submit(browser(user), self.request(**changes), {"allow": "true"})
        assert answer.status_code == 302, answer.content
        return dict(parse_qsl(urlsplit(answer["Location"]).query))["code"]

    def exchange(self, code: str, **changes: str) -> TokenAnswer:
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **self.credentials}
        if not self.secret:
            sent["code_verifier"] = self.verifier
        return self.post("/oauth/token/", sent | changes)

    def connect(self, user: User, **changes: str) -> dict[str, Any]:
        """Tokens for a person who has allowed it."""
        answer = self.exchange(self.code(user, **changes))
        assert answer.status == 200, answer
        return answer.body

    def refresh(self, token: str, path: str = "/oauth/refresh", **changes: str) -> TokenAnswer:
        return self.post(path, {"grant_type": "refresh_token", "refresh_token": token, **self.credentials} | changes)

    def post(self, path: str, parameters: dict[str, str]) -> TokenAnswer:
        return self.send(path, urlencode(parameters).encode())

    def post_json(self, path: str, body: Any) -> TokenAnswer:
        return self.send(path, json.dumps(body).encode(), "application/json")

    def send(
        self, path: str, body: bytes, kind: str = "application/x-www-form-urlencoded", **headers: str
    ) -> TokenAnswer:
        answer = self.http.generic("POST", path, body, content_type=kind, headers=headers)
        assert answer["Content-Type"].startswith("application/json"), answer.content
        assert answer["Cache-Control"] == "no-store"
        body_in_json = json.loads(answer.content)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert body_in_json.keys() == {"error", "error_description"}
            assert all(body_in_json.values())
        return TokenAnswer(answer.status_code, dict(answer.items()), body_in_json)

    def item_status(self, access_token: str) -> tuple[int, str]:
        """What an item with this token is answered: the status, and the error if any."""
        answer = Client().post(
            "/import/social-posts",
            b"[]",  # no item at all, so that a good token is told 400
            content_type="application/json",
            headers={"Authorization": f"Bearer {access_token}"},
        )
        return answer.status_code, answer.json()["error"]
