"""What programs see of /move/imports, and of moves that are announced."""

from typing import Any

import httpx
import pytest

from accounts.models import User
from moves.models import ArchiveImport, Move
from moves.moving import tokens
from tests.support.bad_requests import (
    AUTHORIZATIONS,
    BODIES,
    EXPORTS,
    IMPORTS,
    METHODS,
    a_move,
    bearer,
    bodies,
    document,
    give,
    over,
    refusals,
    ways_of_asking,
)
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.recorded import Asked, compare


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
    give(ada, tokens.ARRIVING)
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


def test_a_move_is_announced(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http, Move.objects.all().delete)
    path = "/move/importing"
    give(ada, tokens.ARRIVING)
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
    give(ada, tokens.LEAVING)
    asked.ask("one scope of a move", "POST", path, bearer())
    give(ada, tokens.ARRIVING)
    User.objects.filter(pk=ada.row.pk).update(blocked="operator", blocked_note="Ask Eve.")
    asked.ask("to an account that is blocked", "POST", path, bearer())
    User.objects.filter(pk=ada.row.pk).update(blocked="", blocked_note="")
    a_move(ada, "source", "exporting", token_checksum="")
    asked.before = lambda: None
    asked.ask("while another move is under way", "POST", path, bearer())
    asked.before = Move.objects.all().delete
    over(asked, ada, path, b"")
    compare("importing", asked)
