"""Calls from one server to another: once, and without following anybody."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 20


class CallFailed(Exception):
    """The other server did not answer, or not what it should have. The sentence says which."""


@dataclass
class Answer:
    """What a small call was answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    def json(self) -> Any:
        return json.loads(self.body)


def call(method: str, url: str, *, token: str = "", body: Any = None) -> Answer:
    """One small call. Raises CallFailed where nobody answers."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers |= {"Content-Type": "application/vnd.api+json", "Accept": "application/vnd.api+json"}
    with _answer(method, url, headers, None if body is None else json.dumps(body).encode()) as answer:
        lines = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, lines, answer.read())


def fetch(url: str, path: Path) -> None:
    """Loads down a whole body. Raises CallFailed."""
    with _answer("GET", url, {}, None) as answer, path.open("wb") as file:
        if answer.status != 200:
            raise CallFailed(f"GET {url} was answered {answer.status}: {answer.read(500)!r}")
        shutil.copyfileobj(answer, file)


@contextmanager
def _answer(method: str, url: str, headers: dict[str, str], body: bytes | None) -> Iterator[HTTPResponse]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    with closing(HTTPConnection(host, parts.port, timeout=TIMEOUT)) as line:
        try:
            line.request(method, path, body, {"User-Agent": "Go-http-client/1.1", **headers})
            yield line.getresponse()
        except (OSError, HTTPException) as broken:
            raise CallFailed(f"{method} {url}: {broken!r}") from broken
