"""Who acts, and from where: known to whatever runs for a request, without being handed down."""

import getpass
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_guid import get_guid

from audit import subjects

LONGEST_AGENT = 200  # characters


@dataclass(frozen=True)
class Actor:
    """Who did something. `name`: an opaque one (audit/subjects.py); `known`: what is known of them, which can be
    erased."""

    name: str
    known: dict[str, Any] = field(default_factory=dict)


_request: ContextVar[HttpRequest | None] = ContextVar("audit_request", default=None)


class KnownRequest:
    """Middleware: what is recorded while a request is answered was done by who sent it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        before = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(before)


def current_actor(request: HttpRequest | None = None) -> Actor:
    """Returns who acts: who has sent the request, or the one that is being answered; a command; or the server."""
    request = request or _request.get()
    if request is not None:
        return _of_request(request)
    if Path(sys.argv[0]).name == "manage.py":
        return Actor(subjects.COMMAND, {"command": sys.argv[1] if len(sys.argv) > 1 else "", "user": _os_user()})
    return Actor(subjects.SERVER)


def _of_request(request: HttpRequest) -> Actor:
    who = {
        "address": request.META.get("REMOTE_ADDR", ""),
        "agent": request.META.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT],
        "request": get_guid() or "",
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Actor(subjects.STRANGER, who)
    return Actor(subjects.person(user.pk), who | {"name": user.get_username()})


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have a number without a name
        return ""
