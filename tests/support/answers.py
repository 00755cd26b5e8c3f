"""Answers of other servers: what a good one says, and what only a bad one sends."""

import time
from collections.abc import Callable
from typing import Any

from tests.support.fake_server import FakeCall, FakeReply
from tests.support.json_api import JSON_API

Sender = Callable[[FakeCall], None]

HEAD = b"HTTP/1.1 200 OK\r\n"  # the beginning of one


def json_api(document: Any, status: int = 200) -> FakeReply:
    return FakeReply(status, document, {"Content-Type": JSON_API})


def refusal(status: int, detail: str, **more: str) -> FakeReply:
    """In the form of JSON:API's errors."""
    return json_api({"errors": [{"detail": detail, **more}]}, status)


def redirect(location: str, status: int = 302) -> FakeReply:
    return FakeReply(status, headers={"Location": location})


def drips(before: bytes, drop: bytes, pause: float = 0.05) -> Sender:
    """`before` at once, and then drops for ever."""

    def send(call: FakeCall) -> None:
        call.send(before)
        while True:
            call.send(drop)
            time.sleep(pause)

    return send


def floods(before: bytes) -> Sender:
    """`before`, and then bytes without end."""

    def send(call: FakeCall) -> None:
        call.send(before)
        while True:
            call.send(bytes(65536))

    return send


# Of a server that takes items (`POST /import/<vertical>`)

CREATED = FakeReply(201, {"status": "created"})


def item_refused(status: int, code: str, description: str = "") -> FakeReply:
    """In the form of the import protocol's errors."""
    return FakeReply(status, {"error": code, "error_description": description})
