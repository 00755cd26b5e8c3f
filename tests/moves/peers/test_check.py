"""`manage.py check_peer`: what it says of servers that get along with this one, and of those that don't."""

import json
import ssl
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from moves.peers import connections
from tests.support.answers import redirect
from tests.support.certificates import authority
from tests.support.fake_server import FakeAnswer, FakeReply, FakeServer

pytestmark = pytest.mark.usefixtures("trusted")

OK = FakeReply(200, b'{"status": "OK"}')
REFUSED = FakeReply(401, b'{"errors": []}')
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def good(tls: ssl.SSLContext | None = None, **changed: FakeAnswer) -> FakeServer:
    """A server that does everything right, but what is changed."""
    peer = FakeServer(tls=tls)
    peer.says("GET /status", changed.get("status", OK))
    peer.says("GET /move/importing", changed.get("importing", FakeReply(200, b"page")))
    peer.says("POST /move/imports", changed.get("imports", REFUSED))
    peer.says("POST /move/imports/precheck", changed.get("precheck", FakeReply(204)))
    peer.says("GET /move/importing/realtime", changed.get("realtime", SWITCHED))
    peer.says("POST /import/blobs", changed.get("blobs", replace(REFUSED, early=True)))
    return peer


def checked(url: str, *options: str) -> dict[str, Any]:
    """The findings by their names, and `ok`: whether the command was content."""
    out = StringIO()
    try:
        call_command("check_peer", url, *options, "--wait", "1", "--json", stdout=out)
        content = True
    except CommandError:
        content = False
    report = json.loads(out.getvalue())
    assert report["ok"] is content
    return {finding["check"]: finding for finding in report["checks"]} | {"ok": content}


def test_a_server_that_does_everything_right() -> None:
    with good() as peer:
        found = checked(peer.url)
    assert found.pop("ok")
    wrong = {name for name, finding in found.items() if not finding["ok"]}
    assert wrong == {"address", "tls", "room", "way back"}  # of a server without TLS, at a port, and of this one
    assert not any(finding["ok"] is False for finding in found.values())


def test_a_cozy_that_has_moved_or_is_shut_is_seen() -> None:
    gone = {"status": "410", "code": "moved", "links": {"related": "https://ada.elsewhere.example/"}}
    with good() as peer:
        peer.says("POST /auth/access_token", FakeReply(410, {"errors": [gone]}))
        moved = checked(peer.url)
        peer.says("POST /auth/access_token", FakeReply(400))
        peer.says("GET /", FakeReply(503))
        shut = checked(peer.url)
    assert (moved["ok"], shut["ok"]) == (False, False)
    assert "has moved to https://ada.elsewhere.example/" in moved["moved"]["sentence"]
    assert "until its operator opens it" in shut["shut"]["advice"]


@pytest.mark.parametrize("call", ["POST /auth/access_token", "GET /", "GET /status"])
def test_a_cozy_that_has_moved_says_so_with_a_page_as_well(call: str) -> None:
    with good() as peer:
        peer.says(call, FakeReply(410, b"<html><h1>The Cozy has been moved</h1></html>", {"Content-Type": "text/html"}))
        found = checked(peer.url)
    assert not found["ok"]
    assert "has moved, or is gone" in found["moved"]["sentence"]
    assert "Look there with a browser" in found["moved"]["advice"]
    assert "proxy" not in str(found)


def test_every_check_is_a_line() -> None:
    out = StringIO()
    with good() as peer:
        call_command("check_peer", peer.url, "--wait", "1", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[1] == "ok     name: 127.0.0.1 is at 127.0.0.1."
    assert lines[-1] == "Nothing stands in the way of a move."
    assert [line.split(":")[0].split(maxsplit=1)[1] for line in lines[:-1]] == [
        "address",
        "name",
        "reachable",
        "tls",
        "time",
        "status",
        "importing",
        "redirects",
        "early answers",
        "websocket",
        "room",
        "way back",
    ]


def test_what_is_wrong_is_told_with_what_to_do() -> None:
    out = StringIO()
    with good(importing=redirect("/auth/login")) as peer, pytest.raises(CommandError, match="importing"):
        call_command("check_peer", peer.url, "--wait", "1", stdout=out)
    (line,) = [line for line in out.getvalue().splitlines() if line.startswith("WRONG")]
    assert "importing: GET /move/importing is not answered 200" in line
    assert "see the proxy's rules" in line


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://wharf.example", "https://", "https://a:b@wharf.example", "https://x:99999"),
        *("nonsense host", "https://a\\b.example", "https://<host>"),
    ],
)
def test_what_is_no_address_is_told(url: str) -> None:
    assert checked(url)["address"]["ok"] is False


def test_a_name_that_nobody_has_is_told() -> None:
    assert "no server of the name" in checked("nobody.invalid")["name"]["sentence"]


def test_an_address_that_is_not_public_is_told(settings: LazySettings) -> None:
    settings.WHARF_TRUSTED_NETWORKS = []
    with good() as peer:
        for host in ("127.0.0.1", "localhost"):
            found = checked(f"http://{host}:{peer.port}")
            assert found["name"]["ok"] is False
            assert "WHARF_TRUSTED_NETWORKS" in found["name"]["advice"]
        assert peer.connections == 0


def test_nobody_there_is_told() -> None:
    with good() as peer:
        pass
    found = checked(peer.url)
    assert found["reachable"]["ok"] is False
    assert "status" not in found


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"status": redirect("https://elsewhere.example/status")}, "status"),
        ({"status": FakeReply(404)}, "status"),
        ({"importing": redirect("/auth/login?next=/move/importing")}, "importing"),
        ({"importing": FakeReply(500)}, "importing"),
        ({"imports": redirect("/move/imports/", 301)}, "redirects"),
        ({"imports": FakeReply(200, b"{}")}, "redirects"),
        ({"imports": FakeReply(502)}, "redirects"),
        ({"blobs": FakeReply(413, early=True)}, "early answers"),
        ({"blobs": REFUSED}, "early answers"),
        ({"blobs": FakeReply(hang_up=True)}, "early answers"),
        ({"blobs": FakeReply(hang_up=True, early=True)}, "early answers"),
    ],
)
def test_what_stands_in_the_way_is_found(changed: dict[str, Any], check: str) -> None:
    with good(**changed) as peer:
        found = checked(peer.url)
    assert found[check]["ok"] is False
    assert found[check]["advice"]
    others = {name for name, finding in found.items() if name != "ok" and finding["ok"] is False}
    assert others == {check}


def test_a_websocket_that_does_not_open_is_worth_a_note() -> None:
    with good(realtime=FakeReply(400)) as peer:
        found = checked(peer.url)
    assert found["ok"]
    assert found["websocket"]["ok"] is None


def test_a_wharf_that_lets_no_stranger_watch_has_a_websocket_all_the_same() -> None:
    strict = FakeReply(403)
    wharf = FakeReply(200, b'{"message": "OK", "move": {"changes": true}}')
    with good(status=wharf, realtime=strict) as peer:
        assert checked(peer.url)["websocket"]["ok"] is True
    with good(realtime=strict) as peer:
        assert checked(peer.url)["websocket"]["ok"] is None


def test_an_answer_that_does_not_come_ends() -> None:
    with FakeServer(lambda call: time.sleep(3)) as peer:
        assert "took too long" in checked(peer.url)["reachable"]["sentence"]


@pytest.mark.parametrize(
    ("answer", "ok", "says"),
    [
        (FakeReply(204), True, "has room for it"),
        (FakeReply(422), False, "not enough room"),
        (FakeReply(413), False, "not enough room"),
        (FakeReply(412), False, "no archive"),
        (FakeReply(401), False, "token"),
    ],
)
def test_room_is_asked_for_with_a_token_and_a_link(answer: FakeReply, ok: bool, says: str) -> None:
    link = "https://wharf.example/#/exports/abc"
    with good(precheck=answer) as peer:
        found = checked(peer.url, "--token", "t0ken", "--link", link)["room"]
        (call,) = peer.called("POST /move/imports/precheck")
    assert (found["ok"], says in found["sentence"]) == (ok, True)
    assert call.header("Authorization") == "Bearer t0ken"


@pytest.mark.usefixtures("fresh_authorities")
def test_certificates_and_their_end_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, tls = authority(tmp_path)
    with good(tls) as peer:
        assert checked(peer.url)["tls"]["ok"] is False
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        connections._tls.cache_clear()
        found = checked(peer.url)
        assert (found["ok"], found["tls"]["ok"]) == (True, None)  # it ends within the hour
        assert "TLSv1.3" in found["tls"]["sentence"]
        assert "Renew" in found["tls"]["advice"]


def test_a_server_of_this_product_answers_early(server: str) -> None:
    found = checked(server)
    assert found["early answers"]["ok"] is True
    assert found["status"]["ok"] is True
