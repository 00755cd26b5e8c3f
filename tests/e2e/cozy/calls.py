"""Calls from one server to another: once, and without following anybody."""

import json
import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

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


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def call(method: str, url: str, *, token: str = "", body: Any = None) -> Answer:
    """One small call. Raises CallFailed where nobody answers."""
    headers = {"User-Agent": "Go-http-client/1.1"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers |= {"Content-Type": "application/vnd.api+json", "Accept": "application/vnd.api+json"}
    sent = b"" if method == "POST" and body is None else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=sent, method=method, headers=headers)  # noqa: S310
    if body is None:
        request.add_unredirected_header("Content-Type", "application/json")
    try:
        with _opened(request) as answer:
            lines = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, lines, answer.read())
    except (OSError, HTTPException) as broken:
        raise CallFailed(f"{method} {url}: {broken}") from broken


def fetch(url: str, path: Path) -> None:
    """Loads down a whole body. Raises CallFailed."""
    try:
        with _opened(urllib.request.Request(url)) as answer, path.open("wb") as file:  # noqa: S310
            if answer.status != 200:
                raise CallFailed(f"GET {url} was answered {answer.status}: {answer.read()[:500]!r}")
            shutil.copyfileobj(answer, file)
    except (OSError, HTTPException) as broken:
        raise CallFailed(f"GET {url}: {broken}") from broken


def _opened(request: urllib.request.Request) -> HTTPResponse:
    """The answer, whatever its status."""
    try:
        answer: HTTPResponse = _opener.open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as other:
        if other.fp is None or not isinstance(other.fp, HTTPResponse):
            raise
        return other.fp
    return answer
