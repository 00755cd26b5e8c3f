"""What programs see of /move, of the token endpoints and of /import, to the byte: status, headers and body of good and
bad requests, compared with what tests/moves/move_bytes.json says.

To write that file anew, where an answer is to change: RECORD=1 python -m pytest tests/moves/test_move_bytes.py
"""

import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import Application, User
from importers.models import Rejection
from moves.models import ArchiveImport, Export, Move, MoveCode
from moves.moving import tokens
from moves.moving.tokens import hashed
from tests.support.exporter import Person, run
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.moving import MoveWizard

RECORDED = Path(__file__).with_name("move_bytes.json")
RECORDING = "RECORD" in os.environ

JSON_API = "application/vnd.api+json"
FORM = "application/x-www-form-urlencoded"
GOOD_TOKEN = "t" * 30
CSRF_TOKEN = "c" * 32
EXPORTS, IMPORTS = "io.cozy.exports", "io.cozy.imports"

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

Headers = dict[str, str]
Attributes = dict[str, Any]


class Asked:
    """Asks, and keeps what was answered, by the name of the request."""

    def __init__(self, http: httpx.Client, before: Callable[[], object] = lambda: None) -> None:
        self.http = http
        self.before = before  # what each request begins from
        self.answers: dict[str, Any] = {}

    def ask(
        self, name: str, method: str, path: str, headers: Headers | None = None, body: Any = None, **more: Any
    ) -> httpx.Response:
        cache.clear()
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
    """Without what is another one each time: addresses, ids, moments, tokens."""
    text = re.sub(r"127\.0\.0\.1:\d+", "SERVER", text)
    text = re.sub(r"[0-9a-f]{32}-\d+\.[A-Za-z0-9_-]{20,}", "OPAQUE", text)
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


def bearer(token: str = GOOD_TOKEN, kind: str = JSON_API) -> Headers:
    return {"Authorization": f"Bearer {token}", "Content-Type": kind}


def document(**attributes: Any) -> bytes:
    return json.dumps({"data": {"attributes": attributes}}).encode()


def give(person: Person, scope: str, token: str = GOOD_TOKEN, **columns: Any) -> AccessToken:
    """A token with these scopes."""
    AccessToken.objects.filter(token_checksum=hashed(token)).delete()
    issued = tokens.issue(person.row, tokens.own_client(), scope)
    found = AccessToken.objects.get(token_checksum=hashed(issued))
    columns = {"token_checksum": hashed(token), "expires": timezone.now() + timedelta(days=1)} | columns
    AccessToken.objects.filter(pk=found.pk).update(**columns)
    found.refresh_from_db()
    return found


@pytest.fixture(autouse=True)
def trusting(server: str) -> Iterator[None]:
    with override_settings(WHARF_TRUSTED_NETWORKS=["127.0.0.0/8"], WHARF_BASE_URL=server):
        yield


@pytest.fixture
def other() -> Iterator[ExportingServer]:
    """A server with an export."""
    with ExportingServer(ServedPart(b"")) as other:
        yield other


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


# /move/exports


def test_asking_for_an_export(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http, Export.objects.all().delete)
    path, good = "/move/exports", document(parts_size=10_240)
    refusals(asked, ada, path, EXPORTS, good)
    bodies(asked, path, good)
    ways_of_asking(asked, "POST", path, bearer(), good)
    wrong: list[Attributes] = [{"parts_size": 0}, {"max_age": "1h"}, {"with_doctypes": ["a b"]}, {"with_doctypes": {}}]
    for attributes in wrong:
        asked.ask(f"attributes {attributes}", "POST", path, bearer(), document(**attributes))
    asked.ask("attributes that nobody knows", "POST", path, bearer(), document(colour="\ud800"))
    asked.ask("with all scopes there are", "POST", path, bearer(), good)
    asked.go_on("another one", "POST", path, bearer(), good)
    with override_settings(WHARF_EXPORTS_PER_DAY=1):
        Export.objects.update(state="done")
        asked.go_on("too many in a day", "POST", path, bearer(), good)
    User.objects.filter(pk=ada.row.pk).update(blocked="operator", blocked_note="Ask Eve.")
    asked.ask("of an account that is blocked", "POST", path, bearer(), good)
    compare("exports", asked)


def test_the_document_of_an_export(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    give(ada, EXPORTS)
    made = http.post("/move/exports", headers=bearer(), content=document()).json()
    path = made["data"]["links"]["self"]
    ways_of_asking(asked, "GET", path, {}, None)
    for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        asked.ask(f"{method} of it", method, path)
    asked.ask("a token is not asked", "GET", path, {"Authorization": "Bearer nonsense"})
    asked.ask("a slash at the end", "GET", f"{path}/")
    asked.ask("another host", "GET", path, {"Host": "evil.example"})
    for unknown in ("x", "%00", "é", "x" * 300, f"{'0' * 32}-1.abc", "%2e%2e", "a%2Fb"):
        asked.ask(f"unknown: {unknown}", "GET", f"/move/exports/{unknown}")
        asked.ask(f"unknown, by HEAD: {unknown}", "HEAD", f"/move/exports/{unknown}")
        asked.ask(f"unknown, by POST: {unknown}", "POST", f"/move/exports/{unknown}", bearer(), b"{}")
    asked.ask("no identifier", "GET", "/move/exports/")
    Export.objects.update(state="error", error="It failed: \N{SNOWMAN}.")
    asked.ask("one that failed", "GET", path)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    asked.ask("one that has expired", "GET", path)
    compare("export", asked)


def test_downloads_answer_errors_as_before(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    give(ada, EXPORTS)
    made = http.post("/move/exports", headers=bearer(), content=document()).json()
    path = made["data"]["links"]["self"].replace("/move/exports/", "/move/exports/data/")
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        asked.ask(f"{method} of an export that is not done", method, path)
    asked.ask("another format", "GET", f"{path}?format=rar")
    asked.ask("unknown", "GET", "/move/exports/data/x")
    compare("data", asked)


# /move/imports


@pytest.mark.parametrize(("group", "path"), [("precheck", "/move/imports/precheck"), ("imports", "/move/imports")])
def test_asking_for_an_import(group: str, path: str, http: httpx.Client, ada: Person, other: ExportingServer) -> None:
    def fresh() -> None:
        ArchiveImport.objects.all().delete()
        Move.objects.all().delete()

    asked = Asked(http, fresh)
    good = document(url=other.link)
    refusals(asked, ada, path, IMPORTS, good)
    bodies(asked, path, good)
    ways_of_asking(asked, "POST", path, bearer(), good)
    links: list[Any] = [
        None,
        7,
        "",
        " ",
        ["x"],
        "not a link",
        "ftp://a.example/#/exports/A",
        "http://127.0.0.1:1/#/exports/A",
    ]
    for link in links:
        asked.ask(f"the link {link!r}", "POST", path, bearer(), document(url=link))
    asked.ask("no link", "POST", path, bearer(), document())
    asked.ask("a link with a NUL", "POST", path, bearer(), document(url="https://a.example/#/exports/a\0b"))
    asked.ask("a link with half a character", "POST", path, bearer(), document(url="https://a.example/\ud800"))
    ada.set_quota(5)
    asked.ask("no room", "POST", path, bearer(), good)
    ada.set_quota(None)
    User.objects.filter(pk=ada.row.pk).update(blocked="operator", blocked_note="Ask Eve.")
    asked.ask("an account that is blocked", "POST", path, bearer(), good)
    User.objects.filter(pk=ada.row.pk).update(blocked="", blocked_note="")
    asked.ask("one", "POST", path, bearer(), good)
    asked.go_on("the same one", "POST", path, bearer(), good)
    with ExportingServer(ServedPart(b"")) as another:
        asked.go_on("another one", "POST", path, bearer(), document(url=another.link))
    ArchiveImport.objects.all().delete()

    # What belongs to a move
    give(ada, tokens.SCOPE)
    moved: dict[str, Any] = {
        "none": None,
        "a text": "x",
        "no url": {"token": "x"},
        "no address": {"url": "nonsense", "token": "x"},
        "plain http": {"url": "http://a.example/", "token": "x"},
        "no token": {"url": "https://a.example/"},
        "an empty token": {"url": "https://a.example/", "token": ""},
        "a token with a NUL": {"url": "https://a.example/", "token": "a\0b"},
        "a token that is too long": {"url": "https://a.example/", "token": "x" * 1001},
        "a source": {"url": "https://a.example/", "token": "x"},
    }
    for name, move_from in moved.items():
        asked.ask(f"move_from: {name}", "POST", path, bearer(), document(url=other.link, move_from=move_from))
    asked.ask("move_from without a link", "POST", path, bearer(), document(move_from=moved["a source"]))
    hand_over = document(url=other.link, vault=True, move_from=moved["a source"])
    asked.ask("a move", "POST", path, bearer(), hand_over)
    asked.go_on("the same move", "POST", path, bearer(), hand_over)
    with ExportingServer(ServedPart(b"")) as another:
        elsewhere = document(url=another.link, move_from=moved["a source"])
        asked.go_on("the same move from elsewhere", "POST", path, bearer(), elsewhere)
    asked.go_on("an import beside the move", "POST", path, bearer(), good)
    over(asked, ada, path, hand_over)
    compare(group, asked)


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
    give(person, tokens.SCOPE)
    a_move(person, "target", "failed", ended_at=timezone.now(), error="It failed.")
    asked.go_on("over, and the token is still there", "POST", path, token, body)
    give(person, IMPORTS)
    asked.go_on("over, and the token is there with one scope", "POST", path, token, body)
    give(person, tokens.SCOPE, expires=timezone.now() - timedelta(seconds=1))
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
    give(person, tokens.SCOPE)


def test_a_move_is_announced(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http, Move.objects.all().delete)
    path = "/move/importing"
    give(ada, tokens.SCOPE)
    for method in METHODS:
        if method not in ("GET", "HEAD"):
            asked.ask(f"{method} without a token", method, path)
            asked.ask(f"{method} with a token", method, path, bearer(), None if method == "TRACE" else b"{}")
    for method in ("GET", "HEAD"):
        page = http.request(method, path)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for name, authorization in AUTHORIZATIONS.items():
        asked.ask(name, "POST", path, {} if authorization is None else {"Authorization": authorization})
    ways_of_asking(asked, "POST", f"{path}", bearer(), b"")
    for source in ("peer.example", "", "a b", "%00", "http%3A%2F%2Fa.example", "a.example&source=b.example"):
        asked.ask(f"of the source {source}", "POST", f"{path}?source={source}", bearer())
        asked.go_on(f"of the source {source}, again", "POST", f"{path}?source={source}", bearer())
    for name, body in BODIES.items():
        asked.ask(f"a body with {name}", "POST", path, bearer(), body)
    give(ada, EXPORTS)
    asked.ask("another scope", "POST", path, bearer())
    give(ada, tokens.GIVEN_SCOPE)
    asked.ask("one scope of a move", "POST", path, bearer())
    give(ada, tokens.SCOPE)
    User.objects.filter(pk=ada.row.pk).update(blocked="operator", blocked_note="Ask Eve.")
    asked.ask("to an account that is blocked", "POST", path, bearer())
    User.objects.filter(pk=ada.row.pk).update(blocked="", blocked_note="")
    a_move(ada, "source", "exporting", token_checksum="")
    asked.before = lambda: None
    asked.ask("while another move is under way", "POST", path, bearer())
    asked.before = Move.objects.all().delete
    over(asked, ada, path, b"")
    compare("importing", asked)


# What the other server of a move calls


def an_export(person: Person, **columns: Any) -> Export:
    usual: dict[str, Any] = {"owner": person.row, "origin": "move", "parts_size": 10_240, "max_age": 10**15}
    return Export.objects.create(
        **(usual | {"with_doctypes": [], "state": "done", "expires_at": timezone.now() + timedelta(days=1)} | columns)
    )


@pytest.mark.parametrize("call", ["finalize", "abort", "changes"])
def test_calls_of_the_other_server(call: str, http: httpx.Client, ada: Person) -> None:
    def fresh() -> None:
        Move.objects.all().delete()
        User.objects.update(blocked="", blocked_note="")

    asked = Asked(http, fresh)
    path, good = f"/move/{call}", document(reason="No.", subdomain="nested")
    refusals(asked, ada, path, tokens.GIVEN_SCOPE, good)
    bodies(asked, path, good)
    ways_of_asking(asked, "POST", path, bearer(), good)
    states = {
        "source": ["requested", "announcing", "exporting", "handing over", "waiting", "catching up", "calling off"],
        "target": ["announced", "importing", "asking", "fetching", "importing the rest", "finalizing"],
    }
    for side, names in states.items():
        for state in names:
            for changes in (False, True) if state in ("waiting", "catching up") else (False,):

                def under_way(side: str = side, state: str = state, changes: bool = changes) -> None:
                    fresh()
                    give(ada, tokens.GIVEN_SCOPE)
                    Export.objects.all().delete()
                    a_move(ada, side, state, changes=changes, first_export=an_export(ada))

                asked.before = under_way
                name = f"{side} {state}{', with changes' if changes else ''}"
                asked.ask(name, "POST", path, bearer(), good)
                asked.go_on(f"{name}, again", "POST", path, bearer(), document(only_changes=True))
    asked.before = fresh
    fresh()
    give(ada, tokens.GIVEN_SCOPE)
    a_move(ada, "source", "waiting", changes=True, first_export=an_export(ada))
    an_export(ada, state="exporting")
    asked.go_on("while an export is made", "POST", path, bearer(), good)
    Export.objects.all().delete()
    a_move(ada, "source", "waiting", first_export=an_export(ada))
    proof = {"proof": {"missing": ["io.cozy.files/1"]}}
    asked.go_on("with a receipt that lacks something", "POST", path, bearer(), document(**proof))
    fresh()
    over(asked, ada, path, good)
    give(ada, tokens.SCOPE)
    asked.ask("with the scopes of the wizard's token", "POST", path, bearer(), good)
    compare(call, asked)


# The token endpoints


class ClientRequests:
    """The parameters that a client sends to a token endpoint; a code is a new one each time."""

    def __init__(self, group: str, http: httpx.Client, person: Person) -> None:
        self.group = group
        self.person = person
        wizard = MoveWizard(http)
        assert wizard.register().status_code == 201
        exporter = run("create_exporter", "Cloud", "--redirect-uri", "https://exporter.example/callback")
        issued = run("create_token", person.name, "--scope", "import", "--client", exporter["client_id"])
        self.refresh_token = str(issued["refresh_token"])
        client = wizard.client if group == "access_token" else exporter
        self.client: dict[str, str] = {name: client[name] for name in ("client_id", "client_secret")}
        self._number = 0

    def code(self) -> str:
        self._number += 1
        code = f"code-{self._number}"
        MoveCode.objects.create(
            code_hash=hashed(code),
            owner=self.person.row,
            application=Application.objects.get(client_id=self.client["client_id"]),
            expires_at=timezone.now() + timedelta(hours=1),
        )
        return code

    def sent(self, **changes: str | None) -> dict[str, str]:
        match self.group:
            case "access_token":
                usual = {"grant_type": "authorization_code", "code": self.code()}
            case "token":
                usual = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
            case "refresh":
                usual = {"refresh_token": self.refresh_token}
            case _:
                usual = {"token": "unknown"}
        return {name: value for name, value in {**usual, **self.client, **changes}.items() if value is not None}

    def form(self, **changes: str | None) -> bytes:
        return str(httpx.QueryParams(self.sent(**changes))).encode()

    def json(self, **changes: Any) -> bytes:
        return json.dumps(self.sent() | changes).encode()


AS_FORM: Headers = {"Content-Type": FORM}
AS_JSON: Headers = {"Content-Type": "application/json"}
PARAMETERS: list[dict[str, str | None]] = [
    {"grant_type": None},
    {"grant_type": "password"},
    {"grant_type": "refresh_token"},
    {"grant_type": "refresh_token", "refresh_token": "nonsense"},
    {"code": None},
    {"code": "nonsense"},
    {"code": "a\0b"},
    {"client_id": None},
    {"client_id": "nobody"},
    {"client_id": "a\0b"},
    {"client_secret": None},
    {"client_secret": "wrong"},
    {"token": "nonsense"},
    {"token": "nonsense", "client_secret": "wrong"},
    {"token": "nonsense", "token_type_hint": "nonsense"},
    {"refresh_token": "nonsense"},
    {"colour": "blue"},
]


@pytest.mark.parametrize(
    ("group", "path"),
    [
        ("access_token", "/auth/access_token"),
        ("token", "/oauth/token/"),
        ("refresh", "/oauth/refresh"),
        ("revoke", "/oauth/revoke_token/"),
    ],
)
def test_the_token_endpoints(group: str, path: str, http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    client = ClientRequests(group, http, ada)
    ways_of_asking_for_a_token(asked, path, client)
    for changes in PARAMETERS:
        asked.ask(f"with {changes}", "POST", path, AS_FORM, client.form(**changes))
    bodies_of_a_client(asked, path, client)
    used = client.form()
    asked.ask("a code", "POST", path, AS_FORM, used)
    asked.go_on("the code again", "POST", path, AS_FORM, used)
    for number in range(21):
        asked.go_on(f"guessing, {number}", "POST", path, AS_FORM, client.form(client_secret="wrong"))
    asked.go_on("the right one after guessing", "POST", path, AS_FORM, client.form())
    compare(group, asked)


def ways_of_asking_for_a_token(asked: Asked, path: str, client: ClientRequests) -> None:
    asked.ask("a form", "POST", path, AS_FORM, client.form())
    asked.ask("JSON", "POST", path, AS_JSON, client.json())
    for method in METHODS:
        asked.ask(f"{method}", method, path)
        if method not in ("GET", "HEAD", "TRACE"):
            asked.ask(f"{method} with a form", method, path, AS_FORM, client.form())
    for accepted in ACCEPTED:
        asked.ask(f"with Accept: {accepted}", "POST", path, AS_FORM | {"Accept": accepted}, client.form())
    for query in ("format=json", "format=xml", "code=abc"):
        asked.ask(f"with ?{query}", "POST", f"{path}?{query}", AS_FORM, client.form())
    asked.ask("a slash at the end", "POST", f"{path.rstrip('/')}/", AS_FORM, client.form())
    asked.ask("no slash at the end", "POST", path.rstrip("/"), AS_FORM, client.form())
    asked.ask("another host", "POST", path, AS_FORM | {"Host": "evil.example"}, client.form())
    asked.ask("a bearer token", "POST", path, AS_FORM | {"Authorization": "Bearer nonsense"}, client.form())
    secret = base64.b64encode("{client_id}:{client_secret}".format(**client.client).encode()).decode()
    basic = AS_FORM | {"Authorization": f"Basic {secret}"}
    asked.ask("a client by Basic", "POST", path, basic, client.form(client_id=None, client_secret=None))
    asked.ask("another method by a header", "POST", path, AS_FORM | {"X-HTTP-Method-Override": "PUT"}, client.form())
    asked.ask("with a cookie", "POST", path, AS_FORM | {"Cookie": "sessionid=abc"}, client.form())


def bodies_of_a_client(asked: Asked, path: str, client: ClientRequests) -> None:
    for name, kind in CONTENT_TYPES.items():
        asked.ask(f"sent as {name}", "POST", path, {} if kind is None else {"Content-Type": kind}, client.form())
    for name, body in BODIES.items():
        asked.ask(f"a form with {name}", "POST", path, AS_FORM, body)
        asked.ask(f"JSON with {name}", "POST", path, AS_JSON, body)
        asked.ask(f"text with {name}", "POST", path, {"Content-Type": "text/plain"}, body)
    asked.ask("nothing, and no length", "POST", path)
    asked.ask("a form in chunks", "POST", path, AS_FORM, iter([client.form()]))
    asked.ask("a large form in chunks", "POST", path, AS_FORM, iter([b"x" * 70_000]))
    asked.ask("a very large form in chunks", "POST", path, AS_FORM, iter([b"x" * 3_000_000]))
    asked.ask("a parameter twice", "POST", path, AS_FORM, client.form() + b"&client_id=x")
    asked.ask("JSON whose secret is a number", "POST", path, AS_JSON, client.json(client_secret=7))
    asked.ask("JSON whose secret is null", "POST", path, AS_JSON, client.json(client_secret=None))
    asked.ask("too many parameters", "POST", path, AS_FORM, b"&".join(b"a%d=b" % number for number in range(60)))


# /import

# What is written down of the refused items below, in their order; the same again is counted in the same row.
REJECTED = (
    "unknown_vertical invalid_request insufficient_scope unknown_vertical unknown_vertical insufficient_scope "
    "invalid_request unsupported_media_type length_required"
)


def test_items_of_an_import(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    path, kind = "/import/calendar", "application/json"
    item = {"@type": "Calendar", "id": "c", "name": "Work"}
    envelope = {"@type": "GenericPayload", "schemaSource": "...", "apiVersion": "0.1.0", "payload": item}
    body = json.dumps(envelope).encode()
    refusals(asked, ada, path, "import:calendar", body, kind)
    ways_of_asking(asked, "POST", path, bearer(kind=kind), body)
    asked.ask("no such vertical", "POST", "/import/nonsense", bearer(kind=kind), body)
    asked.ask("no such vertical, below another", "POST", "/import/calendar/more", bearer(kind=kind), body)
    asked.ask("another vertical", "POST", "/import/blobs", bearer(kind=kind), body)
    asked.ask("another vertical, and nothing that can be read", "POST", "/import/blobs", bearer(kind=kind), b"{")
    asked.ask("a body that is no item", "POST", path, bearer(kind=kind), b"[]")
    asked.ask("a form", "POST", path, bearer(kind=FORM), b"a=b")
    asked.ask("chunks", "POST", path, bearer(kind=kind), iter([body]))
    give(ada, "import")
    asked.ask("the scope for all", "POST", "/import/social-posts", bearer(kind=kind), body)
    for scope in ("export", "import:photos", ""):
        give(ada, scope)
        asked.ask(f"with the scope {scope}", "POST", path, bearer(kind=kind), body)
        asked.ask(f"with the scope {scope}, no such vertical", "POST", "/import/nonsense", bearer(kind=kind), body)
    rejected = Rejection.objects.order_by("pk").values_list("code", flat=True)
    assert " ".join(rejected) == REJECTED
    with override_settings(WHARF_ITEMS_PER_MINUTE=1):
        give(ada, "export")
        asked.ask("too often, with another scope", "POST", path, bearer(kind=kind), body)
        limited = http.post(path, headers=bearer(kind=kind), content=body)
        assert limited.status_code == 429
        assert 0 < int(limited.headers["Retry-After"]) <= 60
    compare("items", asked)


def test_asking_whether_a_token_is_good(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    give(ada, "import")
    ways_of_asking(asked, "GET", "/import/", bearer(), None)
    for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        asked.ask(f"{method} of it", method, "/import/", bearer())
        asked.ask(f"{method} without a token", method, "/import/")
    for name, authorization in AUTHORIZATIONS.items():
        asked.ask(name, "GET", "/import/", {} if authorization is None else {"Authorization": authorization})
    asked.ask("no slash at the end", "GET", "/import", bearer())
    give(ada, "export")
    asked.ask("another scope", "GET", "/import/", bearer())
    give(ada, "import", expires=timezone.now() - timedelta(seconds=1))
    asked.ask("a token that has expired", "GET", "/import/", bearer())
    compare("token of an import", asked)
