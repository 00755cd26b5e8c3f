"""Calls from one server to another: once, and without following anybody."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import Any, cast

TIMEOUT = 20


class CallFailed(Exception):
    """The other server did not answer, or not what it should have. The sentence says which."""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


@contextmanager
def call(
    method: str, url: str, *, token: str = "", body: Any = None, expected: tuple[int, ...] = (200,)
) -> Iterator[HTTPResponse]:
    """One call, with its answer open. Raises CallFailed for any other status than those expected."""
    headers = {"User-Agent": "cozy-stack production"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers |= {"Content-Type": "application/vnd.api+json", "Accept": "application/vnd.api+json"}
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=sent, method=method, headers=headers)  # noqa: S310  (http, by the tests)
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            if answer.status not in expected:
                raise CallFailed(f"{method} {url} was answered {answer.status}")
            yield cast(HTTPResponse, answer)
    except urllib.error.HTTPError as other:
        with other:
            if other.code not in expected:
                raise CallFailed(f"{method} {url} was answered {other.code}: {other.read()[:500]!r}") from other
            yield cast(HTTPResponse, other)
    except (OSError, HTTPException) as broken:
        raise CallFailed(f"{method} {url}: {broken}") from broken
