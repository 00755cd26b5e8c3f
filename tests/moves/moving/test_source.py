"""An account leaves: asking, confirming, each step towards a target that may do anything, and always an end."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from moves.models import ArchiveImport, Export, Move, MoveStep
from moves.moving import worker
from moves.tasks import clean_moves
from tests.support.answers import refusal
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_server import FakeCall, FakeReply, FakeServer
from tests.support.moving import Wizard, mailed_link, post, work
from tests.support.worker import browser

pytestmark = pytest.mark.usefixtures("trusting")


@pytest.fixture
def trusting(server: str) -> Iterator[None]:
    """Servers of tests listen on this machine."""
    with override_settings(WHARF_TRUSTED_NETWORKS=["127.0.0.0/8"], WHARF_BASE_URL=server):
        yield


@pytest.fixture
def peer(server: str) -> Iterator[FakeServer]:
    """A Cozy as it takes an account in: it says nothing of changes."""
    with FakeServer() as peer:
        peer.says("GET /status", FakeReply(200, {"message": "OK"}))
        peer.says("POST /move/importing", FakeReply(204))
        peer.says("POST /move/imports", FakeReply(303, headers={"Location": f"{peer.url}/move/importing"}))
        peer.says("POST /move/abort", FakeReply(204))
        yield peer


@pytest.fixture
def wizard(http: httpx.Client) -> Wizard:
    return Wizard(http)


def asked(wizard: Wizard, ada: Person, peer: FakeServer, **more: str) -> Move:
    """A move that waits for its confirmation."""
    answer = wizard.request(code=wizard.source_code(ada), **target(peer), **more)
    assert answer.status_code == 200, answer.text
    post()
    return Move.objects.latest("pk")


def target(peer: FakeServer) -> dict[str, str]:
    return {
        "target_url": f"{peer.url}/",
        "target_token": "token-of-the-target",
        "target_client_id": "client-of-the-target",
        "target_client_secret": "secret-of-the-target",
    }


def confirmed(wizard: Wizard, ada: Person, peer: FakeServer) -> Move:
    asked(wizard, ada, peer)
    answer = browser(ada.row).get(mailed_link())
    assert answer.status_code == 303
    return Move.objects.latest("pk")


def handed_over(wizard: Wizard, ada: Person, peer: FakeServer) -> tuple[Move, str]:
    """A move that waits for the target, and the token that the target was given."""
    confirmed(wizard, ada, peer)
    work()
    move = Move.objects.latest("pk")
    assert move.state == "waiting", (move.state, move.error)
    return move, str(peer.called("POST /move/imports")[-1].attributes["move_from"]["token"])


def say(http: httpx.Client, path: str, token: str, body: Any = None) -> httpx.Response:
    return http.post(path, headers={"Authorization": f"Bearer {token}"}, json=body)


def fetch_everything(http: httpx.Client, peer: FakeServer) -> None:
    """As a Cozy does it: the document by its link, then every part."""
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    document = http.get(f"/move/exports/{opaque}").json()["data"]["attributes"]
    for cursor in ["", *document["parts_cursors"]]:
        answer = http.get(f"/move/exports/data/{opaque}", params={"cursor": cursor} if cursor else {})
        assert answer.status_code == 200


def the_end(move: Move) -> Move:
    move.refresh_from_db()
    return move


# Asking


def test_the_page_says_that_a_mail_was_sent_and_nothing_happens_before_it_is_opened(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    answer = wizard.request(code=wizard.source_code(ada), **target(peer))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "a…@example.org" in answer.text
    post()
    assert [one.to for one in mail.outbox] == [["ada@example.org"]]
    assert peer.url in mail.outbox[0].body
    work()
    assert peer.calls == []
    assert ada.row.blocked == ""


def test_a_reload_asks_for_nothing_twice(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    sent = {"code": wizard.source_code(ada), **target(peer)}
    assert [wizard.request(**sent).status_code for _ in range(2)] == [200, 200]
    post()
    assert len(mail.outbox) == 1
    assert Move.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"code": ""}, 400),
        ({"code": "forged"}, 400),
        ({"code": "a\0"}, 400),
        ({"target_url": ""}, 400),
        ({"target_url": "javascript:alert(1)"}, 400),
        ({"target_url": "https://user:secret@target.example/"}, 400),
        ({"target_token": ""}, 400),
        ({"target_token": "x" * 1001}, 400),
    ],
)
def test_what_can_not_be_asked_for_is_refused(
    wizard: Wizard, ada: Person, peer: FakeServer, changes: dict[str, str], status: int
) -> None:
    answer = wizard.request(**{"code": wizard.source_code(ada), **target(peer), **changes})
    assert answer.status_code == status
    assert not Move.objects.exists()


def test_a_code_is_over_after_an_hour(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    from moves.models import MoveCode

    code = wizard.source_code(ada)
    MoveCode.objects.update(expires_at=timezone.now())
    assert wizard.request(code=code, **target(peer)).status_code == 400


def test_whoever_started_in_the_settings_is_known_by_token_and_client(
    wizard: Wizard, ada: Person, peer: FakeServer, server: str
) -> None:
    from tests.support.moving import query

    there = browser(ada.row).post("/move/initialize", headers={"Origin": server})
    wizard.client = query(there["Location"])
    token = wizard.exchange(wizard.client["code"]).json()["access_token"]
    assert wizard.request(token=token, client_id="x", client_secret="y", **target(peer)).status_code == 401
    assert wizard.request(token=f"{token}x", **wizard.credentials, **target(peer)).status_code == 401
    assert wizard.request(token=token, **wizard.credentials, **target(peer)).status_code == 200
    assert Move.objects.get().owner == ada.row
    # asked again, by a reload; and the token is good for nothing else any more
    assert wizard.request(token=token, **wizard.credentials, **target(peer)).status_code == 200
    assert say(wizard.http, "/move/abort", token).status_code == 401


def test_the_cookie_of_whoever_is_logged_in_is_of_no_meaning(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    bob = Person.create("bob")
    answer = browser(bob.row).post("/move/request", {"code": wizard.source_code(ada), **target(peer)})
    assert answer.status_code == 200
    assert Move.objects.get().owner == ada.row


def test_a_move_to_itself_is_refused(wizard: Wizard, ada: Person, server: str) -> None:
    from moves.moving import tokens

    token = tokens.issue(ada.row, tokens.own_client())
    sent = {"target_url": f"{server}/", "target_token": token}
    answer = wizard.request(code=wizard.source_code(ada), **sent)
    assert answer.status_code == 400
    assert "same account" in answer.text


def test_a_second_request_takes_the_place_of_one_that_was_never_confirmed(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    first = asked(wizard, ada, peer)
    link = mailed_link()
    asked(wizard, ada, peer)
    assert the_end(first).state == "expired"
    assert browser(ada.row).get(link).status_code == 410
    assert browser(ada.row).get(mailed_link()).status_code == 303


# Confirming


def test_the_link_is_for_its_person_alone_and_works_once(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    asked(wizard, ada, peer)
    link = mailed_link()
    assert browser().get(link)["Location"].startswith("/auth/login?next=/move/go%3Fsecret%3D")
    bob = browser(Person.create("bob").row)
    page = bob.get(link)
    assert page.status_code == 403
    assert "another account" in page.content.decode()
    assert peer.calls == []
    assert browser(ada.row).get(link).status_code == 303
    assert browser(ada.row).get(link).status_code == 410
    assert len(peer.called("POST /move/importing")) == 1


def test_an_account_that_another_one_is_announced_for_does_not_leave_by_an_older_mail(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    from moves.moving import tokens

    move = asked(wizard, ada, peer)
    token = tokens.issue(ada.row, tokens.own_client())
    assert say(wizard.http, "/move/importing?source=other.example", token).status_code == 204
    page = browser(ada.row).get(mailed_link())
    assert page.status_code == 409
    assert "being moved already" in page.content.decode()
    assert (the_end(move).state, peer.calls, ada.row.blocked) == ("requested", [], "")
    # once that has ended, the same link is good
    assert say(wizard.http, "/move/abort", token).status_code == 204
    assert browser(ada.row).get(mailed_link()).status_code == 303


def test_whoever_is_logged_in_as_another_can_change(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    from tests.support.worker import submit

    asked(wizard, ada, peer)
    client = browser(Person.create("bob").row)
    answer = client.post("/move/go/another", _fields(client.get(mailed_link())))
    assert answer["Location"].startswith("/auth/login?next=%2Fmove%2Fgo%3Fsecret%3D")
    user = ada.row
    user.set_password("correct horse battery")
    user.save()
    back = submit(client, answer["Location"], {"username": "ada", "password": "correct horse battery"})
    assert client.get(back["Location"]).status_code == 303


def _fields(page: Any) -> dict[str, str]:
    from tests.support.worker import hidden_fields

    return hidden_fields(page)


def test_a_link_is_too_old_after_an_hour(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    move = asked(wizard, ada, peer)
    Move.objects.update(lease_until=timezone.now())
    assert browser(ada.row).get(mailed_link()).status_code == 410
    work()
    assert the_end(move).state == "expired"
    assert (the_end(move).peer_token, peer.calls) == ("", [])


def test_the_target_is_told_and_the_person_sent_there(
    wizard: Wizard, ada: Person, peer: FakeServer, server: str
) -> None:
    asked(wizard, ada, peer)
    answer = browser(ada.row).get(mailed_link())
    assert answer.status_code == 303
    assert answer["Location"] == f"{peer.url}/move/importing"
    [call] = peer.called("POST /move/importing")
    assert call.query == {"source": server.partition("://")[2]}
    assert call.token == "token-of-the-target"


# To a Cozy: frozen from the confirmation on, one export, finalize without a body


def test_a_whole_move_to_a_cozy(wizard: Wizard, exporter: Exporter, ada: Person, peer: FakeServer, server: str) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    confirmed(wizard, ada, peer)
    assert ada.row.blocked == User.Blocked.MOVING
    refused = exporter.send_file("blobs", file_item("b.txt"), b"more")
    assert (refused.status_code, refused.json()["error"]) == (413, "destination_full")
    assert "is moving to" in refused.json()["error_description"]
    work()
    [call] = peer.called("POST /move/imports")
    attributes = call.attributes
    assert attributes["url"].startswith(f"{server}/#/exports/")
    assert attributes["vault"] is False
    assert attributes["move_from"].keys() == {"url", "token"}
    assert attributes["move_from"]["url"] == f"{server}/"
    fetch_everything(wizard.http, peer)
    token = attributes["move_from"]["token"]
    assert say(wizard.http, "/move/finalize?subdomain=flat", token).status_code == 204
    user = ada.row
    assert (user.blocked, user.moved_to) == (User.Blocked.MOVED, f"{peer.url}/")
    assert user.delete_after is not None
    assert timedelta(days=29) < user.delete_after - timezone.now() <= timedelta(days=30)
    # what it held of the target is wiped, and asked again it is answered the same
    move = Move.objects.get()
    assert (move.peer_token, move.peer_client_secret, move.given_token) == ("", "", "")
    assert say(wizard.http, "/move/finalize?subdomain=flat", token).status_code == 204
    assert say(wizard.http, "/move/abort", token).status_code == 409
    assert not AccessToken.objects.filter(user=user).exists()
    post()
    assert mail.outbox[-1].subject == "Your account has moved"
    text = " ".join(str(mail.outbox[-1].body).split())
    assert "has sent no receipt that proves it." in text
    assert "1 file of 5 bytes were sent. Compare that with what the other server shows" in text


def test_a_service_is_told_that_its_session_ended(
    wizard: Wizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    _, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    sent = {"refresh_token": exporter.tokens["refresh_token"], "grant_type": "refresh_token"}
    client = {name: exporter.client[name] for name in ("client_id", "client_secret")}
    refreshed = wizard.http.post("/oauth/refresh", data=sent | client)
    assert (refreshed.status_code, refreshed.json()["error"]) == (401, "session_invalidated")


def test_a_target_that_never_fetched_a_part_closes_nothing(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    move, token = handed_over(wizard, ada, peer)
    answer = say(wizard.http, "/move/finalize", token)
    assert answer.status_code == 409
    assert "has not fetched part 1" in answer.json()["errors"][0]["detail"]
    assert ada.row.blocked == ""
    work()
    assert the_end(move).state == "failed"
    assert len(peer.called("POST /move/abort")) == 1
    assert mail.outbox[-1].subject == "Your account was not moved"


def test_a_receipt_without_anything_fetched_closes_nothing(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    move, token = handed_over(wizard, ada, peer)
    answer = say(wizard.http, "/move/finalize", token, {"data": {"attributes": {"proof": {"missing": 0}}}})
    assert answer.status_code == 409
    assert "has not fetched part 1" in answer.json()["errors"][0]["detail"]
    assert (the_end(move).state, ada.row.blocked) == ("calling off", "")


def test_the_beginning_of_a_part_is_not_all_of_it(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    _, token = handed_over(wizard, ada, peer)
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    some = wizard.http.get(f"/move/exports/data/{opaque}", headers={"Range": "bytes=0-9"})
    assert (some.status_code, len(some.content)) == (206, 10)
    assert say(wizard.http, "/move/finalize", token).status_code == 409
    assert ada.row.blocked == ""


def test_the_token_that_the_target_is_given_brings_nothing_into_the_account_that_leaves(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    move, token = handed_over(wizard, ada, peer)
    body = {"data": {"attributes": {"url": f"{peer.url}/#/exports/of-somebody-else"}}}
    for path in ("/move/imports/precheck", "/move/imports", "/move/importing?source=evil.example"):
        assert say(wizard.http, path, token, body).status_code == 403
    assert not ArchiveImport.objects.exists()
    assert (Move.objects.get(), the_end(move).state) == (move, "waiting")
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204


def test_what_the_target_says_of_why_it_does_not_take_the_archive_is_told(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    why = "The archive brings 5 MB and more, but there is room for 1 MB. Make room, or ask the operator for more."
    peer.says("POST /move/imports", refusal(422, f"{why}\0" + "x" * 2000))
    confirmed(wizard, ada, peer)
    work()
    move = Move.objects.get()
    assert move.state == "failed"
    assert why in move.error
    assert len(move.error) < 700
    assert why in " ".join(str(mail.outbox[-1].body).split())


def test_a_target_whose_move_is_over_is_not_asked_again_and_says_why(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    busy = refusal(409, "Another import is running.")
    why = "The move of this token is over. The move was stopped by bob."
    over = refusal(409, why, code="move_over")
    peer.says("POST /move/imports", busy, over)
    confirmed(wizard, ada, peer)
    work()
    move = Move.objects.get()
    assert (move.state, ada.row.blocked, len(peer.called("POST /move/imports"))) == ("failed", "", 2)
    assert why in move.error


def test_the_target_calls_it_off(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    move, token = handed_over(wizard, ada, peer)
    assert say(wizard.http, "/move/abort", token).status_code == 204
    assert ada.row.blocked == ""
    assert say(wizard.http, "/move/abort", token).status_code == 204
    work()
    assert the_end(move).state == "failed"
    assert peer.called("POST /move/abort") == []  # it knows
    assert say(wizard.http, "/move/finalize", token).status_code == 409


def test_a_stranger_calls_nothing_off(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    handed_over(wizard, ada, peer)
    for path in ("/move/abort", "/move/finalize", "/move/changes"):
        answer = say(wizard.http, path, "forged")
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/vnd.api+json"
        assert wizard.http.get(path).status_code == 405
    bob = Person.create("bob")
    from moves.moving import tokens

    assert say(wizard.http, "/move/finalize", tokens.issue(bob.row, tokens.own_client())).status_code == 409
    assert ada.row.blocked == User.Blocked.MOVING


# Always an end


def test_a_target_that_answers_no_more_at_first_is_asked_again(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    peer.says("POST /move/importing", FakeReply(503), FakeReply(hang_up=True), FakeReply(204))
    asked(wizard, ada, peer)
    answer = browser(ada.row).get(mailed_link())
    assert answer["Location"] == "/settings/move"
    work()
    move = Move.objects.get()
    assert move.state == "waiting"
    tried = move.steps.filter(state="announcing").values_list("attempt", "outcome")
    assert list(tried) == [(1, "again"), (2, "again"), (3, "done")]


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_target_that_refuses_ends_it_at_once(wizard: Wizard, ada: Person, peer: FakeServer, status: int) -> None:
    peer.says("POST /move/importing", FakeReply(status))
    asked(wizard, ada, peer)
    assert browser(ada.row).get(mailed_link())["Location"] == "/settings/move"
    work()
    assert (Move.objects.get().state, ada.row.blocked) == ("failed", "")
    assert not Export.objects.exists()


def test_a_target_that_is_gone_does_not_keep_the_account(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    asked(wizard, ada, peer)
    peer.stop()
    browser(ada.row).get(mailed_link())
    work(5)
    move = Move.objects.get()
    assert move.state == "announcing"
    assert move.next_at is not None
    Move.objects.update(lease_until=timezone.now())
    worker.advance(move.pk)
    assert (the_end(move).state, ada.row.blocked) == ("calling off", "")
    Move.objects.update(lease_until=timezone.now())
    worker.advance(move.pk)
    assert the_end(move).state == "failed"
    assert the_end(move).ended_at is not None


def test_a_silent_target_loses_the_lease_and_requests_for_data_renew_it(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    move, _ = handed_over(wizard, ada, peer)
    soon = timezone.now() + timedelta(minutes=5)
    Move.objects.update(lease_until=soon)
    fetch_everything(wizard.http, peer)
    assert the_end(move).lease_until > soon + timedelta(hours=2)
    Move.objects.update(lease_until=timezone.now())
    work()
    assert (the_end(move).state, the_end(move).why, ada.row.blocked) == ("failed", "lapsed", "")
    assert "no sign of life" in the_end(move).error
    # and the links that it had are good no more
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    assert wizard.http.get(f"/move/exports/{opaque}").status_code == 404


def lapsed(wizard: Wizard, ada: Person, peer: FakeServer, *, fetched: bool = True) -> tuple[Move, str]:
    move, token = handed_over(wizard, ada, peer)
    if fetched:
        fetch_everything(wizard.http, peer)
    Move.objects.update(lease_until=timezone.now())
    work()
    assert the_end(move).state == "failed"
    return move, token


def test_a_late_finalize_closes_where_nothing_has_changed(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    move, token = lapsed(wizard, ada, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    assert (the_end(move).state, ada.row.blocked) == ("moved", User.Blocked.MOVED)


@pytest.mark.parametrize("receipt", [{}, {"proof": {"missing": 0, "kind": "manifest"}}])
def test_a_late_finalize_of_a_target_that_never_fetched_anything_closes_nothing_and_the_person_is_told(
    wizard: Wizard, ada: Person, peer: FakeServer, receipt: dict[str, Any]
) -> None:
    move, token = lapsed(wizard, ada, peer, fetched=False)
    for _ in range(2):
        answer = say(wizard.http, "/move/finalize", token, {"data": {"attributes": receipt}})
        assert answer.status_code == 409
        assert "has not fetched part 1" in answer.json()["errors"][0]["detail"]
    assert (the_end(move).state, ada.row.blocked) == ("failed", "")
    post()
    assert len([one for one in mail.outbox if "stays open here" in one.subject]) == 1


def test_a_late_finalize_whose_own_receipt_says_that_something_is_missing_closes_nothing(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    move, token = lapsed(wizard, ada, peer)
    body = {"data": {"attributes": {"proof": {"missing": 7, "kind": "manifest"}}}}
    answer = say(wizard.http, "/move/finalize", token, body)
    assert answer.status_code == 409
    assert "7 documents are missing" in answer.json()["errors"][0]["detail"]
    assert (the_end(move).state, ada.row.blocked) == ("failed", "")


def test_a_late_finalize_closes_nothing_after_a_change_and_the_person_is_told(
    wizard: Wizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    move, token = lapsed(wizard, ada, peer)
    assert exporter.send_file("blobs", file_item("new.txt"), b"new").status_code == 201
    assert [say(wizard.http, "/move/finalize", token).status_code for _ in range(2)] == [409, 409]
    assert (the_end(move).state, ada.row.blocked) == ("failed", "")
    post()
    late = [one for one in mail.outbox if "stays open here" in one.subject]
    assert len(late) == 1


def test_a_finalize_after_the_person_stopped_it_closes_nothing(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    move, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    client = browser(ada.row)
    page = client.get("/settings/move")
    answer = client.post(f"/settings/move/{move.doc_id}/stop", _fields(page))
    assert answer.status_code == 302
    assert ada.row.blocked == ""
    assert say(wizard.http, "/move/finalize", token).status_code == 409
    work()
    assert (the_end(move).state, the_end(move).why) == ("failed", "stopped")
    assert len(peer.called("POST /move/abort")) == 1


def test_a_call_off_that_fails_is_tried_again_while_the_account_is_open(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    peer.says("POST /move/imports", refusal(422, "no room"))
    peer.says("POST /move/abort", FakeReply(hang_up=True), FakeReply(500), FakeReply(204))
    confirmed(wizard, ada, peer)
    work()
    move = Move.objects.get()
    assert (move.state, ada.row.blocked) == ("failed", "")
    assert len(peer.called("POST /move/abort")) == 3
    assert "enough room" in move.error or "422" in move.error


def test_a_cozy_is_told_once_where_it_may_have_heard(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    peer.says("POST /move/imports", FakeReply(hang_up=True))
    confirmed(wizard, ada, peer)
    work()
    assert Move.objects.get().state == "waiting"
    assert len(peer.called("POST /move/imports")) == 1


def test_an_export_that_is_made_already_is_waited_for(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    from moves.exports import requests as export_requests
    from moves.exports.requests import Wish

    other = export_requests.create(ada.row, Wish(), "page")
    confirmed(wizard, ada, peer)
    move = Move.objects.get()
    worker.advance(move.pk)
    assert (the_end(move).state, the_end(move).first_export) == ("exporting", None)
    work()
    assert the_end(move).state == "waiting"
    assert the_end(move).first_export != other


def test_a_worker_that_dies_in_the_middle_of_a_step_is_replaced(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    def die(call: FakeCall) -> FakeReply:
        Move.objects.update(epoch=99)  # as if another worker had begun: this one must change nothing
        return FakeReply(204)

    peer.says("POST /move/importing", die, FakeReply(204))
    asked(wizard, ada, peer)
    browser(ada.row).get(mailed_link())
    move = Move.objects.get()
    assert move.state == "announcing"
    Move.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2), process="")
    work()
    assert the_end(move).state == "waiting"
    assert "overtaken" in set(move.steps.values_list("outcome", flat=True))


def test_a_target_that_is_quicker_than_its_source_is_believed(
    wizard: Wizard, ada: Person, peer: FakeServer, server: str
) -> None:
    answers: list[int] = []

    def finish_first(call: FakeCall) -> FakeReply:
        with httpx.Client(base_url=server) as other:
            fetch_everything(other, peer)
            answers.append(say(other, "/move/finalize", call.attributes["move_from"]["token"]).status_code)
        return FakeReply(303, headers={"Location": f"{peer.url}/move/importing"})

    peer.says("POST /move/imports", finish_first)
    confirmed(wizard, ada, peer)
    work()
    assert (answers, Move.objects.get().state, ada.row.blocked) == ([204], "moved", User.Blocked.MOVED)


def test_what_still_comes_in_is_waited_for_before_the_account_is_frozen(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    running = ArchiveImport.objects.create(owner=ada.row, link="https://nowhere.example/exports/x")
    asked(wizard, ada, peer)
    browser(ada.row).get(mailed_link())
    assert (Move.objects.get().state, ada.row.blocked) == ("announcing", "")
    ArchiveImport.objects.filter(pk=running.pk).update(state="error")
    work()
    assert (Move.objects.get().state, ada.row.blocked) == ("waiting", User.Blocked.MOVING)


# Afterwards


def moved(wizard: Wizard, ada: Person, peer: FakeServer) -> Move:
    move, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    return the_end(move)


def test_the_page_says_where_the_account_went_and_the_data_goes_after_thirty_days(
    wizard: Wizard, ada: Person, peer: FakeServer
) -> None:
    moved(wizard, ada, peer)
    page = browser(ada.row).get("/settings/move").content.decode()
    assert peer.url in page
    assert "deleted here" in page
    clean_moves()
    assert User.objects.filter(username="ada").exists()
    User.objects.update(delete_after=timezone.now())
    clean_moves()
    assert not User.objects.filter(username="ada").exists()


@pytest.mark.parametrize(("what", "blocked"), [("keep", User.Blocked.MOVED), ("reopen", "")])
def test_the_deletion_can_be_stopped_and_the_account_opened_again(
    wizard: Wizard, ada: Person, peer: FakeServer, what: str, blocked: str
) -> None:
    moved(wizard, ada, peer)
    client = browser(ada.row)
    answer = client.post("/settings/move/keep", _fields(client.get("/settings/move")) | {what: "true"})
    assert answer.status_code == 302
    User.objects.filter(delete_after__isnull=False).update(delete_after=timezone.now())
    clean_moves()
    assert (ada.row.blocked, ada.row.delete_after) == (blocked, None)


def test_the_receipt_says_what_was_sent(wizard: Wizard, exporter: Exporter, ada: Person, peer: FakeServer) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    move = moved(wizard, ada, peer)
    client = browser(ada.row)
    paper = client.get(f"/settings/move/{move.doc_id}/receipt.json").json()
    assert (paper["side"], paper["state"], paper["other_server"]) == ("source", "moved", f"{peer.url}/")
    [sent] = paper["sent"]
    assert (sent["files"], sent["files_size"]) == (1, 5)
    assert [step["what"] for step in paper["steps"] if step["outcome"] == "done"]
    assert "token-of-the-target" not in json.dumps(paper)
    page = client.get(f"/settings/move/{move.doc_id}/receipt")
    assert page.status_code == 200
    assert browser(Person.create("bob").row).get(f"/settings/move/{move.doc_id}/receipt").status_code == 404


@pytest.mark.parametrize(
    "receipt",
    [
        {"proof": 7, "arrived": "x"},
        {"proof": {"missing": 0, "documents": "many", "size": None}, "arrived": [1, {"files_size": "x"}]},
        {"arrived": {"proof": []}, "steps": [{"began_at": 5}]},
    ],
)
def test_a_receipt_may_say_anything(wizard: Wizard, ada: Person, peer: FakeServer, receipt: dict[str, Any]) -> None:
    move, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token, {"data": {"attributes": receipt}}).status_code == 204
    assert browser(ada.row).get(f"/settings/move/{move.doc_id}/receipt").status_code == 200


def test_the_operator_sees_every_step_and_can_abort(wizard: Wizard, ada: Person, peer: FakeServer) -> None:
    move, _ = handed_over(wizard, ada, peer)
    operator = User.objects.create_superuser("operator", "operator@example.org", "x")
    client = browser(operator)
    page = client.get(f"/admin/moves/move/{move.pk}/change/").content.decode()
    assert "Hand the archive over" in page
    assert "token-of-the-target" not in page
    chosen = {"action": "abort", "_selected_action": str(move.pk)}
    answer = client.post("/admin/moves/move/", _fields(client.get("/admin/moves/move/")) | chosen)
    assert answer.status_code == 302
    work()
    assert (the_end(move).state, ada.row.blocked) == ("failed", "")
    assert MoveStep.objects.filter(move=move, outcome="gave up").exists()
