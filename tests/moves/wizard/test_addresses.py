"""What people type as the address of a server, and what becomes of it."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.contrib.sessions.models import Session
from oauth2_provider.models import AccessToken

from accounts.models import User
from moves.models import Move
from moves.wizard import addresses
from tests.support.arriving_move import gone_to
from tests.support.fake_server import FakeReply
from tests.support.wizard_visitor import OURS, WizardVisitor, both
from tests.support.worker import PASSWORD, person


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "https://example.org"),
        ("  Example.ORG/anything?x#y ", "https://example.org"),
        ("https://example.org:443/#/files", "https://example.org"),
        ("<https://example.org/>", "https://example.org"),
        ("//example.org/", "https://example.org"),
        ("http://example.org", "http://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("example.org.", "https://example.org"),
        ("ada.mycozy.cloud", "https://ada.mycozy.cloud"),
        ("https://ada-drive.mycozy.cloud/#/folder/io.cozy.files.root-dir", "https://ada-drive.mycozy.cloud"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("example.org:8443", "https://example.org:8443"),
        ("localhost:9000", "http://localhost:9000"),
        ("http://nas/", "http://nas"),
        ("[2001:db8::1]:8000", "https://[2001:db8::1]:8000"),
    ],
)
def test_an_address_is_understood_as_people_type_it(typed: str, meant: str) -> None:
    assert addresses.origin(typed) == meant


def test_in_production_no_server_is_called_without_tls(settings: Any) -> None:
    settings.PRODUCTION = True
    assert addresses.origin("http://example.org:80/") == "https://example.org"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("   ", "Type the address of the server"),
        ("ada@example.org", "That looks like an e-mail address."),
        ("https://ada:secret@example.org", "That looks like an e-mail address."),
        ("mycozy", "is not the whole address"),
        ("ftp://example.org", "begins with ftp:// can't be used"),
        ("exa mple.org", "That is no address of a server."),
        ("example..org", "is no address of a server."),
        ("example.org:99999", "is no address of a server."),
        ("https://", "is no address of a server."),
        ("a" * 2_001, "at most 2000 characters"),
        ("ex\u202eample.org", "no address of a server."),
        ("[::1", "is no address of a server."),
    ],
)
def test_what_is_no_address_says_what_to_type(visitor: WizardVisitor, typed: str, said: str) -> None:
    visitor.type(typed)
    assert visitor.page.status_code == 422
    assert said in visitor.words
    assert "secret" not in visitor.words
    assert not Session.objects.exists()


def test_the_address_of_an_application_hints_at_its_cozy(visitor: WizardVisitor) -> None:
    visitor.type("ada-drive.wharf-tests.invalid")
    assert "Did you mean ada.wharf-tests.invalid?" in visitor.words


@pytest.mark.parametrize(
    ("call", "answer", "said"),
    [
        ("POST /auth/access_token", gone_to("https://new.example/#/x"), "has moved. Look there with a browser"),
        ("POST /auth/access_token", gone_to("https://new.example/"), "has moved to new.example. Give that address."),
        ("GET /", FakeReply(410, b"<html>moved</html>"), "has moved. Look there with a browser"),
        (
            "GET /",
            FakeReply(503, b"<html>importing</html>"),
            "is shut just now, as a Cozy is while it takes",
        ),
    ],
)
def test_nobody_is_sent_to_a_cozy_that_has_moved_or_is_shut(
    visitor: WizardVisitor, peers: Any, call: str, answer: FakeReply, said: str
) -> None:
    cozy = peers()
    cozy.server.says(call, answer)
    visitor.type(cozy.url)
    assert said in visitor.words
    assert visitor.at.startswith("/move/start")
    assert not any(cozy.url in where for where, _ in visitor.forms())


def test_private_addresses_are_not_called_but_this_server_itself_is(
    visitor: WizardVisitor, peers: Any, settings: Any, server: str
) -> None:
    settings.WHARF_TRUSTED_NETWORKS = []
    private = peers()
    visitor.type(private.url)
    assert "in a private network, ask the operator" in visitor.words
    assert private.server.calls == []
    known = next(known for _, known in visitor.forms() if known.get("address") == server)
    answer = visitor.http.post("/move/start", data=known, follow_redirects=False)
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{server}/move/authorize"
    assert dict(parse_qsl(where.query))["redirect_uri"].startswith(f"{server}/callback/source/")


def test_an_account_does_not_move_to_itself(visitor: WizardVisitor, peers: Any) -> None:
    cozy = peers()
    visitor.choose(cozy.url).type(cozy.url)
    assert "an account can't move to itself" in visitor.words


def test_two_accounts_of_one_server_are_two_sides(visitor: WizardVisitor, peers: Any) -> None:
    wharf = peers(status=OURS, account="ada")
    visitor.choose(wharf.url)
    assert f"From ada at {wharf.host}" in visitor.words
    visitor.type(wharf.url)
    assert "Both accounts are at this server." in visitor.words
    wharf.account = "bob"
    visitor.go_there()
    assert f"ada at {wharf.host}" in visitor.words
    assert f"bob at {wharf.host}" in visitor.words
    assert visitor.handed_over[1]["target_url"] == f"{wharf.url}/"


def test_one_account_of_a_server_is_not_both_sides(visitor: WizardVisitor, peers: Any) -> None:
    wharf = peers(status=OURS, account="ada")
    both(visitor, wharf, wharf)
    assert "Both sides are the same account." in visitor.words
    assert not any(where.endswith("/move/request") for where, _ in visitor.forms())
    visitor.submit("/move/start/change/source")
    assert "Where is your account now?" in visitor.words


def test_both_sides_can_be_this_very_server(visitor: WizardVisitor, settings: Any, server: str) -> None:
    settings.WHARF_MOVE_URL = server
    settings.WHARF_TRUSTED_NETWORKS = []
    ada, bob = person("ada"), person("bob")
    User.objects.filter(pk=ada.pk).update(used_bytes=2_000_000)
    visitor.type(server)
    assert visitor.at == "/auth/login"
    visitor.submit("", username="ada", password=PASSWORD)
    assert visitor.at == "/move/start", visitor.words
    assert f"From ada at {urlsplit(server).netloc} 2 MB of data" in visitor.words
    visitor.submit("/auth/logout").open("/move/start").type(server)
    assert "Both accounts are at this server." in visitor.words
    visitor.go_there()
    assert visitor.at == "/auth/authorize/move"
    visitor.submit("", username="bob", password=PASSWORD)
    assert visitor.at == "/move/start/check", visitor.words
    assert "now will be deleted" not in visitor.words
    where, form = visitor.handed_over
    assert where == f"{server}/move/request"
    answer = visitor.http.post(where, data=form)
    assert answer.status_code == 200, answer.text
    move = Move.objects.get()
    assert (move.owner, move.peer_url) == (ada, f"{server}/")
    assert AccessToken.objects.get(user=bob).scope == "io.cozy.imports"


def test_it_begins_where_answers_come_back_to(http: httpx.Client, settings: Any, server: str) -> None:
    assert http.get("/move/start", headers={"Host": "localhost:80"}).headers["Location"] == f"{server}/move/start"
    settings.SECURE_SSL_REDIRECT = True
    settings.WHARF_BASE_URL = "https://wharf.example"
    assert http.get("/move/start").headers["Location"] == "https://wharf.example/move/start"
