"""A Cozy that somebody leaves: its side of every call."""

import secrets
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from tests.e2e.cozy import parts, zips
from tests.e2e.cozy.calls import CallFailed, call

if TYPE_CHECKING:
    from tests.e2e.cozy.requests import Request
    from tests.e2e.cozy.server import Cozy, Reply

TARGET = ("target_url", "target_token", "target_client_id", "target_client_secret")


def authorize(cozy: "Cozy", request: "Request") -> "Reply":
    """`GET /move/authorize`: leave for the wizard, without a password where the person is logged in."""
    from tests.e2e.cozy.server import Reply

    if not cozy.logged_in(request):
        return Reply.see_other(f"/auth/login?{urlencode({'redirect': request.target})}")
    query = request.query
    cozy.require(bool(query.get("state")), "There is no state")
    cozy.require(urlsplit(query.get("redirect_uri", "")).scheme in ("http", "https"), "There is no redirect_uri")
    return cozy.leave(query["redirect_uri"], query["state"])
