"""The mailed link is opened, by its person alone, once, and in time."""

import threading
import time

import pytest
from django.utils import timezone

from moves.models import Move
from tests.support.exporter import Person
from tests.support.fake_server import FakeCall, FakeReply, FakeServer
from tests.support.leaving import asked, say, the_end
from tests.support.moving import MoveWizard, arriving, mailed_link, work
from tests.support.waiting import eventually
from tests.support.worker import browser, hidden_fields, submit

pytestmark = pytest.mark.usefixtures("trusting")


def test_the_link_is_for_its_person_and_begins_the_move_once(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    asked(wizard, ada, peer)
    link = mailed_link()
    assert browser().get(link)["Location"].startswith("/auth/login?next=/move/go%3Fsecret%3D")
    bob = browser(Person.create("bob").row)
    page = bob.get(link)
    assert page.status_code == 403
    assert "another account" in page.content.decode()
    assert peer.calls == []
    for _device in range(2):
        answer = browser(ada.row).get(link)
        assert answer.status_code == 303 and "no-store" in answer["Cache-Control"]
        assert answer["Location"].startswith(f"{peer.url}/move/importing?source=")
    assert len(peer.called("POST /move/importing")) == 1


def test_an_account_that_another_one_is_announced_for_does_not_leave_by_an_older_mail(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    move = asked(wizard, ada, peer)
    token = arriving(ada)
    assert say(wizard.http, "/move/importing?source=other.example", token).status_code == 204
    page = browser(ada.row).get(mailed_link())
    assert page.status_code == 409
    assert "being moved already" in page.content.decode()
    assert (the_end(move).state, peer.calls, ada.row.blocked) == ("requested", [], "")
    # once that has ended, the same link is good
    assert say(wizard.http, "/move/abort", token).status_code == 204
    assert browser(ada.row).get(mailed_link()).status_code == 303


def test_whoever_is_logged_in_as_another_can_change(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    asked(wizard, ada, peer)
    client = browser(Person.create("bob").row)
    answer = client.post("/move/go/another", hidden_fields(client.get(mailed_link())))
    assert answer["Location"].startswith("/auth/login?next=%2Fmove%2Fgo%3Fsecret%3D")
    user = ada.row
    user.set_password("correct horse battery")
    user.save()
    back = submit(client, answer["Location"], {"username": "ada", "password": "correct horse battery"})
    assert client.get(back["Location"]).status_code == 303


def test_a_link_is_too_old_after_an_hour(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    move = asked(wizard, ada, peer)
    Move.objects.update(lease_until=timezone.now())
    assert browser(ada.row).get(mailed_link()).status_code == 410
    work()
    assert the_end(move).state == "expired"
    assert (the_end(move).peer_token, peer.calls) == ("", [])


def test_the_target_is_told_and_the_person_sent_there(
    wizard: MoveWizard, ada: Person, peer: FakeServer, server: str
) -> None:
    asked(wizard, ada, peer)
    answer = browser(ada.row).get(mailed_link())
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{peer.url}/move/importing?source=")
    [call] = peer.called("POST /move/importing")
    assert call.query == {"source": server.partition("://")[2], "move": Move.objects.get().doc_id}
    assert call.token == "token-of-the-target"


@pytest.mark.alone
def test_a_target_that_says_nothing_does_not_keep_the_person_waiting(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    may_answer = threading.Event()

    def slow(_: FakeCall) -> FakeReply:
        may_answer.wait(30)
        return FakeReply(200, {"message": "OK"})

    peer.says("GET /status", slow)
    move = asked(wizard, ada, peer)
    began = time.monotonic()
    answer = browser(ada.row).get(mailed_link())
    assert time.monotonic() - began < 3
    assert (answer.status_code, answer["Location"]) == (303, "/settings/move")
    assert the_end(move).state == "announcing"
    may_answer.set()
    eventually(lambda: the_end(move).state == "exporting")  # it went on without anybody
