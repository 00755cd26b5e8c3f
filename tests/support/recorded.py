"""Answers to the byte: status, headers and body of good and bad requests, compared with what a file says.

To write tests/moves/answers/recorded.json anew, where an answer is to change:
RECORD=1 python -m pytest tests/moves/answers
"""

import json
import os
import re
from collections.abc import Callable
from typing import Any

import httpx

from importers.registry import VERTICALS
from moves.moving.tokens import hashed
from tests.support.checkout import CHECKOUT
from tests.support.limits import forget_limits

RECORDED = CHECKOUT / "tests" / "moves" / "answers" / "recorded.json"
RECORDING = "RECORD" in os.environ
# What every answer has of the middleware; a recorded answer names only headers that are otherwise.
USUAL = {
    "content-security-policy": "base-uri 'none'; default-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:; object-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "server": "uvicorn",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
ALWAYS_NEW = ("date", "x-request-id")
Headers = dict[str, str]


class Asked:
    """Asks, and keeps what was answered, by the name of the request."""

    def __init__(self, http: httpx.Client, before: Callable[[], object] = lambda: None) -> None:
        self.http = http
        self.before = before  # what each request begins from
        self.answers: dict[str, Any] = {}

    def ask(
        self, name: str, method: str, path: str, headers: Headers | None = None, body: Any = None, **more: Any
    ) -> httpx.Response:
        forget_limits()
        self.before()
        return self.go_on(name, method, path, headers, body, **more)

    def go_on(
        self, name: str, method: str, path: str, headers: Headers | None = None, body: Any = None
    ) -> httpx.Response:
        """The same, from where the request before has left everything."""
        assert name not in self.answers, name
        lines = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        request = self.http.build_request(method, path, headers=lines, content=body)
        answer = self.http.send(request)
        self.http.cookies.clear()
        self.answers[name] = {
            "status": answer.status_code,
            "headers": told(answer),
            "body": plain(answer.content.decode("utf-8", "backslashreplace")),
        }
        return answer


def told(answer: httpx.Response) -> dict[str, str | None]:
    """The headers that are not as always; None: one that is missing."""
    headers: dict[str, str] = {}
    for name, value in answer.headers.multi_items():
        if name.lower() not in ALWAYS_NEW:
            headers[name.lower()] = "\n".join(filter(None, [headers.get(name.lower()), value]))
    if "content-security-policy" in headers:  # its directives come in any order
        headers["content-security-policy"] = "; ".join(sorted(headers["content-security-policy"].split("; ")))
    length = headers.pop("content-length", None)
    if length is not None and answer.content:
        assert int(length) == len(answer.content)
    elif length is not None:
        headers["content-length"] = "0" if length == "0" else "of the body"
    if headers.get("retry-after") in ("58", "59", "60"):
        headers["retry-after"] = "a minute"
    if "expires" in headers:
        headers["expires"] = "now"
    different: dict[str, str | None] = {
        name: plain(value) for name, value in headers.items() if USUAL.get(name) != value
    }
    return dict(sorted((different | {name: None for name in USUAL if name not in headers}).items()))


def plain(text: str) -> str:
    """Without what is another one each time: addresses, ids, moments, tokens; nor which verticals there are."""
    text = text.replace(f"This server takes {', '.join(sorted(VERTICALS))}.", "This server takes VERTICALS.")
    text = re.sub(r'"verticals":\[\{"vertical":.*\}\]', '"verticals":VERTICALS', text)
    text = re.sub(r"127\.0\.0\.1:\d+", "SERVER", text)
    text = re.sub(r"[0-9a-f]{32}-\d+(?:-peer)?\.[A-Za-z0-9_-]{20,}", "OPAQUE", text)
    text = re.sub(r"[0-9a-f]{32}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)", "MOMENT", text)
    text = re.sub(r'("rev": "\d+)-[0-9a-f]+"', r'\1-REV"', text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r'("(?:access|refresh)_token": ?)"\w{30}"', r'\1"TOKEN"', text)
    text = re.sub(r"\b86[34]\d\d\b", "A DAY", text)
    return re.sub(r"sent=\d+", "sent=N", text)


def compare(group: str, asked: Asked) -> None:
    """With what is recorded: each answer once, by its status and hash, and which one each request gets."""
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {"answers": {}, "requests": {}}
    if RECORDING:
        keys = {name: _key(answer) for name, answer in asked.answers.items()}
        requests = recorded["requests"] | {group: keys}
        used = {key for keys in requests.values() for key in keys.values()}
        answers = recorded["answers"] | {keys[name]: answer for name, answer in asked.answers.items()}
        recorded = {
            "requests": dict(sorted(requests.items())),
            "answers": {key: answers[key] for key in sorted(answers) if key in used},
        }
        RECORDED.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n")
    expected = {name: recorded["answers"][key] for name, key in recorded["requests"][group].items()}
    assert asked.answers.keys() == expected.keys()
    different = {name: (answer, expected[name]) for name, answer in asked.answers.items() if answer != expected[name]}
    assert not different


def _key(answer: Any) -> str:
    return f"{answer['status']}-{hashed(json.dumps(answer, sort_keys=True))[:8]}"
