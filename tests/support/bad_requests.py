"""Everything that may be wrong with who asks, how, and what for, at an address that takes a token and JSON."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from moves.models import Move
from moves.moving import tokens
from moves.moving.tokens import hashed
from tests.support.exporter import Person
from tests.support.json_api import JSON_API
from tests.support.moving import wizards_client
from tests.support.recorded import Asked, Headers

FORM = "application/x-www-form-urlencoded"
GOOD_TOKEN = "t" * 30
CSRF_TOKEN = "c" * 32
EXPORTS, IMPORTS = "io.cozy.exports", "io.cozy.imports"
METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
AUTHORIZATIONS: dict[str, str | None] = {
    "no token": None,
    "an empty header": "",
    "a scheme alone": "Bearer",
    "an unknown token": "Bearer unknown",
    "two words": "Bearer a b",
    "another scheme": f"Basic {GOOD_TOKEN}",
    "a token of a scheme that is none": f"Token {GOOD_TOKEN}",
    "a token alone": GOOD_TOKEN,
    "a token that is no ASCII": "Bearer é☃",
    "a token that is too long": "Bearer " + "x" * 600,
    "a token with a tab": "Bearer a\tb",
}
CONTENT_TYPES: dict[str, str | None] = {
    "no content type": None,
    "an empty content type": "",
    "text": "text/plain",
    "a form": FORM,
    "a form of parts": "multipart/form-data; boundary=x",
    "a form of parts without a boundary": "multipart/form-data",
    "JSON with a charset": "application/json; charset=utf-8",
    "JSON in capitals": "APPLICATION/JSON",
    "JSON:API with a parameter": f'{JSON_API}; ext="https://jsonapi.org/ext/atomic"',
    "no type at all": ";;;",
}
BODIES: dict[str, bytes] = {
    "an empty body": b"",
    "half an object": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "no data": b"{}",
    "data that is a list": b'{"data": []}',
    "data without attributes": b'{"data": {}}',
    "attributes that are a list": b'{"data": {"attributes": []}}',
    "attributes that are null": b'{"data": {"attributes": null}}',
    "bytes that are no UTF-8": b"\xff",
    "UTF-16": '{"data": []}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"data": []}',
    "a NUL": b'{"data": {"attributes": {"url": "a\0b"}}}',
    "NULs alone": b"\0\0\0\0",
    "a form": b"url=https%3A%2F%2Fa.example&data=1",
    "more than 64 KiB": b'{"data": "' + b"x" * 70_000 + b'"}',
    "more than 1 MiB": b'{"data": "' + b"x" * 1_100_000 + b'"}',
    "more than Django takes": b'{"data": "' + b"x" * 3_000_000 + b'"}',
}
ACCEPTED = ("text/html", "application/xml", "application/json; indent=4", "*/*;q=0", "nonsense", "", "application/*")
Attributes = dict[str, Any]


def bearer(token: str = GOOD_TOKEN, kind: str = JSON_API) -> Headers:
    return {"Authorization": f"Bearer {token}", "Content-Type": kind}


def document(**attributes: Any) -> bytes:
    return json.dumps({"data": {"attributes": attributes}}).encode()


def give(person: Person, scope: str, token: str = GOOD_TOKEN, **columns: Any) -> AccessToken:
    """A token with these scopes."""
    AccessToken.objects.filter(token_checksum=hashed(token)).delete()
    client = wizards_client() if scope == tokens.ARRIVING else tokens.own_client()
    issued = tokens.issue(person.row, client, scope)
    found = AccessToken.objects.get(token_checksum=hashed(issued))
    columns = {"token_checksum": hashed(token), "expires": timezone.now() + timedelta(days=1)} | columns
    AccessToken.objects.filter(pk=found.pk).update(**columns)
    found.refresh_from_db()
    return found


def refusals(asked: Asked, person: Person, path: str, scope: str, body: bytes, kind: str = JSON_API) -> None:
    """Everything that is wrong with who asks and how, for a POST with a token."""
    good = bearer(kind=kind)
    for name, authorization in AUTHORIZATIONS.items():
        headers = {"Content-Type": kind} | ({} if authorization is None else {"Authorization": authorization})
        asked.ask(name, "POST", path, headers, body)
    asked.ask("a token in the address", "POST", f"{path}?access_token={GOOD_TOKEN}", {"Content-Type": kind}, body)
    asked.ask("no token and no body", "POST", path)
    asked.ask("a token in a form", "POST", path, {"Content-Type": FORM}, f"access_token={GOOD_TOKEN}".encode())
    give(person, scope)
    for method in METHODS:
        asked.ask(f"{method} without a token", method, path)
        asked.ask(f"{method} with a token", method, path, good, None if method in ("GET", "HEAD", "TRACE") else body)
    asked.ask("another method by a header", "POST", path, {"X-HTTP-Method-Override": "PUT"}, body)
    asked.ask("a preflight", "OPTIONS", path, {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    asked.ask("a slash at the end", "POST", f"{path}/", good, body)
    asked.ask("another host", "POST", path, good | {"Host": "evil.example"}, body)

    give(person, "import export nothing")
    asked.ask("other scopes", "POST", path, good, body)
    asked.ask("other scopes, and nothing that can be read", "POST", path, good, b"{")
    asked.ask("other scopes, by GET", "GET", path, good)
    give(person, f"{scope}s")
    asked.ask("a scope that only begins like it", "POST", path, good, body)
    give(person, "")
    asked.ask("no scope", "POST", path, good, body)
    give(person, scope, expires=timezone.now() - timedelta(seconds=1))
    asked.ask("a token that has expired", "POST", path, good, body)
    asked.ask("a token that has expired, by GET", "GET", path, good)
    give(person, scope, resource=["https://other.example/"])
    asked.ask("a token for another server", "POST", path, good, body)
    give(person, scope)
    User.objects.filter(pk=person.row.pk).update(is_active=False)
    asked.ask("an account that is not active", "POST", path, good, body)
    User.objects.filter(pk=person.row.pk).update(is_active=True)


def bodies(asked: Asked, path: str, good: bytes) -> None:
    """Everything that can be wrong with a body, with a token that is good."""
    for name, kind in CONTENT_TYPES.items():
        headers = bearer()
        if kind is None:
            del headers["Content-Type"]
        else:
            headers["Content-Type"] = kind
        asked.ask(f"sent as {name}", "POST", path, headers, good)
    for name, body in BODIES.items():
        asked.ask(f"a body with {name}", "POST", path, bearer(), body)
    asked.ask("a form that says it is one", "POST", path, bearer(kind=FORM), BODIES["a form"])
    asked.ask("nothing, and no length", "POST", path, bearer())
    for name, size in (("small", 10), ("large", 70_000), ("very large", 3_000_000)):
        asked.ask(f"chunks, {name}", "POST", path, bearer(), iter([b'{"data": "', b"x" * size, b'"}']))
    asked.ask("the good one in chunks", "POST", path, bearer(), iter([good]))


def ways_of_asking(asked: Asked, method: str, path: str, headers: Headers, body: bytes | None) -> None:
    """The good request, said in ways that must not matter."""
    asked.ask("the good one", method, path, headers, body)
    asked.ask("the scheme in other letters", method, path, *_cased(headers), body)
    for accepted in ACCEPTED:
        asked.ask(f"with Accept: {accepted}", method, path, headers | {"Accept": accepted}, body)
    for query in ("format=json", "format=api", "format=xml", "a=%00", "_method=PUT", "indent=4"):
        asked.ask(f"with ?{query}", method, f"{path}?{query}", headers, body)
    asked.ask("with a cookie", method, path, headers | {"Cookie": f"sessionid=abc; csrftoken={CSRF_TOKEN}"}, body)
    asked.ask("from another site", method, path, headers | {"Origin": "https://a.example"}, body)
    asked.ask("conditionally", method, path, headers | {"If-None-Match": "*", "Range": "bytes=0-1"}, body)
    asked.ask("in French", method, path, headers | {"Accept-Language": "fr", "Accept-Encoding": "gzip"}, body)


def _cased(headers: Headers) -> tuple[Headers]:
    changed = dict(headers)
    if "Authorization" in changed:
        changed["Authorization"] = changed["Authorization"].replace("Bearer ", "bEaReR   ")
    return (changed,)


def a_move(person: Person, side: str, state: str, **columns: Any) -> Move:
    """The move of the good token, wherever it is."""
    Move.objects.all().delete()
    now = timezone.now()
    usual = {
        "owner": person.row,
        "peer_url": "https://peer.example/",
        "token_checksum": hashed(GOOD_TOKEN),
        "token_until": now + timedelta(days=1),
        "lease_until": now + timedelta(hours=1),
        "confirmed_at": now,
    }
    return Move.objects.create(side=side, state=state, **(usual | columns))


def over(asked: Asked, person: Person, path: str, body: bytes | None) -> None:
    """Calls with a token of a move that is off or over, with which the token has ended."""
    token = bearer()
    ends = [
        *(("source", "moved", ""), ("source", "failed", "It failed."), ("target", "arrived", "")),
        *(("target", "failed", "The source said no."), ("target", "copied", "Nobody knows.")),
    ]
    for side, state, error in ends:

        def ended(side: str = side, state: str = state, error: str = error) -> None:
            AccessToken.objects.all().delete()
            a_move(person, side, state, ended_at=timezone.now(), error=error)

        before, asked.before = asked.before, ended
        asked.ask(f"over: {side} {state}", "POST", path, token, body)
        asked.ask(f"over: {side} {state}, by GET", "GET", path, token)
        asked.ask(f"over: {side} {state}, another scheme", "POST", path, {"Authorization": f"Basic {GOOD_TOKEN}"}, body)
        asked.ask(f"over: {side} {state}, nothing that can be read", "POST", path, token, b"{")
        asked.ask(f"over: {side} {state}, an unknown token", "POST", path, bearer("unknown"), body)
        asked.before = before
    give(person, tokens.ARRIVING)
    a_move(person, "target", "failed", ended_at=timezone.now(), error="It failed.")
    asked.go_on("over, and the token is still there", "POST", path, token, body)
    give(person, IMPORTS)
    asked.go_on("over, and the token is there with one scope", "POST", path, token, body)
    give(person, tokens.ARRIVING, expires=timezone.now() - timedelta(seconds=1))
    asked.go_on("over, and the token has expired", "POST", path, token, body)
    Move.objects.update(token_until=timezone.now() - timedelta(seconds=1))
    asked.go_on("over for long", "POST", path, token, body)
    AccessToken.objects.all().delete()
    asked.go_on("over for long, and the token is gone", "POST", path, token, body)
    a_move(person, "target", "importing", current_import=None)
    asked.go_on("a token that is gone before its move is over", "POST", path, token, body)
    User.objects.filter(pk=person.row.pk).update(is_active=False)
    a_move(person, "target", "failed", ended_at=timezone.now())
    asked.go_on("over, of an account that is not active", "POST", path, token, body)
    User.objects.filter(pk=person.row.pk).update(is_active=True)
    Move.objects.all().delete()
    give(person, tokens.ARRIVING)
