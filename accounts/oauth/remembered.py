"""Tokens that were good a moment ago: an exporter sends one item after the other with the same one.

Finding a token again costs as much as what a small item changes. So one that is remembered is taken as it was, and is
asked after in the statement that locks the person's row, before anything changes: what comes with one that was revoked
is never taken. Whatever changes nothing, such as a refusal, looks it up.
"""

import time
from hashlib import sha256
from threading import Lock

from oauth2_provider.models import AccessToken

# What must stand in its row as it did: a refresh may write another token, with other scopes, into the same row.
REMEMBERED_COLUMNS = ("id", "token_checksum", "scope", "expires")
SECONDS = 60.0  # after which its client's name is read again, too
MOST_REMEMBERED = 1000


class TokenChanged(Exception):
    """A token that was remembered, its client or its person is not as it was."""


def is_same(one: AccessToken, other: AccessToken) -> bool:
    """Returns whether a token is what it was."""
    return all(getattr(one, name) == getattr(other, name) for name in REMEMBERED_COLUMNS)


class RememberedTokens:
    """Those of this process, with their people and clients."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: dict[str, tuple[AccessToken, float]] = {}

    def find(self, header: str) -> AccessToken | None:
        """Returns the token that came in this `Authorization` header before, if it has not expired since."""
        found = self._tokens.get(_hashed(header))
        if found is None or time.monotonic() > found[1] or found[0].is_expired():
            return None
        return found[0]

    def remember(self, header: str, token: AccessToken) -> None:
        """Keeps one that is good, and whose person may send."""
        with self._lock:
            if len(self._tokens) >= MOST_REMEMBERED:
                self._tokens.clear()
            self._tokens[_hashed(header)] = (token, time.monotonic() + SECONDS)

    def forget(self, header: str) -> None:
        """Looks it up the next time."""
        with self._lock:
            self._tokens.pop(_hashed(header), None)


def _hashed(header: str) -> str:
    """No token stands in the memory of this process for longer than its request."""
    return sha256(header.encode(errors="replace")).hexdigest()


remembered = RememberedTokens()
