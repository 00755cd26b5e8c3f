"""An exporter as tests need one: it sends just what it is told to, and shows the answer.

Accounts, exporters and tokens are rows here, as the commands would leave them: nearly every test needs some, and the
commands and pages that make them have tests of their own.
"""

import json
import secrets
import socket
from io import StringIO
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
from django.core.management import call_command
from oauth2_provider.generators import generate_client_secret

from accounts.models import Application, User
from accounts.oauth.issue import COMMAND_LINE, issue, own_client

BOUNDARY = "1581c5eb-05d0-42fe-bfb3-472151f366cd"


def run(command: str, *arguments: str) -> Any:
    """A management command's `--json`."""
    out = StringIO()
    call_command(command, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def hand_made_token(person: "Person", scope: str) -> str:
    """An access token as an operator makes one by hand."""
    return issue(person.row, own_client(COMMAND_LINE), scope).access_token


class Person:
    """An account."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def create(cls, name: str, quota: int | None = None, password: str = "") -> "Person":
        User.objects.create_user(name, f"{name}@example.org", password or secrets.token_urlsafe(12))
        person = cls(name)
        if quota is not None:
            person.set_quota(quota)
        return person

    @property
    def row(self) -> User:
        return User.objects.get(username=self.name)

    @property
    def used(self) -> int:
        """Bytes in use."""
        return self.row.used_bytes

    def set_quota(self, size: int | None) -> None:
        User.objects.filter(username=self.name).update(quota_bytes=size)


def related(item: dict[str, Any] | bytes, content: bytes, mime: str = "application/octet-stream") -> bytes:
    """A body as a worker builds it: parts with type and length, and no Content-Disposition."""
    first = item if isinstance(item, bytes) else json.dumps(item).encode()
    return b"".join(
        [
            f"--{BOUNDARY}\r\nContent-Type: application/json\r\nContent-Length: {len(first)}\r\n\r\n".encode(),
            first,
            f"\r\n--{BOUNDARY}\r\nContent-Type: {mime}\r\nContent-Length: {len(content)}\r\n\r\n".encode(),
            content,
            f"\r\n--{BOUNDARY}--\r\n".encode(),
        ]
    )


class Exporter:
    """One client with one grant for one person; `job` is the transfer job it is in."""

    def __init__(self, server: str, person: Person, name: str, service: str = "", scope: str = "import") -> None:
        self.server = server
        self.person = person
        self.service = service
        self.job: str = str(uuid4())
        self.recurring = ""
        secret = generate_client_secret()
        application = Application.objects.create(
            name=name,
            redirect_uris="https://exporter.example/callback",
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            client_secret=secret,
        )
        issued = issue(person.row, application, scope, refreshable=True)
        self.client = {"client_id": application.client_id, "client_secret": secret}
        self.tokens = {"access_token": issued.access_token, "refresh_token": str(issued.refresh_token)}
        self.http = httpx.Client(base_url=server, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()

    @property
    def headers(self) -> dict[str, str]:
        named = {
            "X-DTP-Export-Service": self.service,
            "X-DTP-Job-Id": self.job,
            "X-DTP-Recurring-Job-Id": self.recurring,
        }
        return {"Authorization": f"Bearer {self.tokens['access_token']}"} | {k: v for k, v in named.items() if v}

    def new_job(self, recurring: str = "") -> str:
        self.job, self.recurring = str(uuid4()), recurring
        return self.job

    def send(self, vertical: str, item: dict[str, Any] | bytes, **headers: str) -> httpx.Response:
        """A JSON item."""
        body = item if isinstance(item, bytes) else json.dumps(item).encode()
        return self.post(vertical, body, **{"Content-Type": "application/json", **headers})

    def send_file(
        self, vertical: str, item: dict[str, Any] | bytes, content: bytes, mime: str = "application/octet-stream"
    ) -> httpx.Response:
        """An item with its file."""
        return self.post(
            vertical, related(item, content, mime), **{"Content-Type": f"multipart/related; boundary={BOUNDARY}"}
        )

    def post(self, vertical: str, body: bytes, **headers: str) -> httpx.Response:
        return self.http.post(f"/import/{vertical}", content=body, headers=self.headers | headers)

    def head(self, vertical: str, length: int, **headers: str) -> bytes:
        """The head of a request, for those who write the body to the socket by themselves."""
        lines = {
            "Host": "127.0.0.1",
            "Content-Type": f"multipart/related; boundary={BOUNDARY}",
            "Content-Length": str(length),
            **self.headers,
            **headers,
        }
        return (
            f"POST /import/{vertical} HTTP/1.1\r\n".encode()
            + b"".join(f"{name}: {value}\r\n".encode() for name, value in lines.items())
            + b"\r\n"
        )

    def connect(self) -> socket.socket:
        address = httpx.URL(self.server)
        return socket.create_connection((address.host, address.port or 80), timeout=60)


def file_item(name: str, folder: str = "/root/foo", **more: Any) -> dict[str, Any]:
    """A file as workers send it today."""
    return envelope({"@type": "File", "folder": folder, "name": name, "dateModified": "2020-02-01", **more})


def envelope(item: dict[str, Any]) -> dict[str, Any]:
    return {"@type": "GenericPayload", "schemaSource": "...", "apiVersion": "0.1.0", "payload": item}


def status(answer: httpx.Response) -> str:
    """What became of an item that was taken."""
    assert answer.status_code == 201, answer.text
    return str(answer.json()["status"])


def read_answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of what the server sends until it closes or the body is whole."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError(f"closed after {received!r}")
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split(b" ")[1]), json.loads(body[:length])
