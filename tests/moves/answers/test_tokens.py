"""What clients see of the token endpoints."""

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from accounts.models import Application
from moves.models import MoveCode
from moves.moving.tokens import LEAVING, hashed
from tests.support.bad_requests import (
    ACCEPTED,
    AUTHORIZATIONS,
    BODIES,
    CONTENT_TYPES,
    FORM,
    METHODS,
    bearer,
    give,
    ways_of_asking,
)
from tests.support.exporter import Person, run
from tests.support.moving import MoveWizard
from tests.support.recorded import Asked, Headers, compare


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
            scope=LEAVING,
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
