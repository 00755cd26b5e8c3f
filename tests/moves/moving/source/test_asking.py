"""A move is asked for: nothing happens before the mail is opened."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from moves.models import Move, MoveCode
from tests.support.exporter import Person
from tests.support.fake_server import FakeServer
from tests.support.leaving import asked, say, target, the_end
from tests.support.moving import MoveWizard, arriving, mailed_link, post, query, work
from tests.support.worker import browser

pytestmark = pytest.mark.usefixtures("trusting")


def test_the_page_says_that_a_mail_was_sent_and_nothing_happens_before_it_is_opened(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    answer = wizard.request(code=wizard.source_code(ada), **target(peer))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "a…@example.org" in answer.text
    post()
    assert [one.to for one in mail.outbox] == [["ada@example.org"]]
    assert f"to move to {peer.url.removeprefix('http://')}" in mail.outbox[0].body
    work()
    assert peer.calls == []
    assert ada.row.blocked == ""


def test_the_page_of_moves_says_where_the_mail_is(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    move = asked(wizard, ada, peer)
    Move.objects.filter(pk=move.pk).update(mail_due="")
    for due, at, says in (
        ("", None, "We have mailed you a link."),
        ("confirm", timezone.now(), "The mail with the link is on its way."),
        ("confirm", timezone.now() + timedelta(minutes=30), "You have had many mails within an hour, so the one with"),
    ):
        Move.objects.filter(pk=move.pk).update(mail_due=due, mail_at=at)
        assert says in browser(ada.row).get("/settings/move").content.decode()


def test_a_reload_asks_for_nothing_twice(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
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
    wizard: MoveWizard, ada: Person, peer: FakeServer, changes: dict[str, str], status: int
) -> None:
    answer = wizard.request(**{"code": wizard.source_code(ada), **target(peer), **changes})
    assert answer.status_code == status
    assert not Move.objects.exists()


def test_a_code_is_over_after_an_hour(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    code = wizard.source_code(ada)
    MoveCode.objects.update(expires_at=timezone.now())
    assert wizard.request(code=code, **target(peer)).status_code == 400


def test_whoever_started_in_the_settings_is_known_by_token_and_client(
    wizard: MoveWizard, ada: Person, peer: FakeServer, server: str
) -> None:
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


def test_the_cookie_of_whoever_is_logged_in_is_of_no_meaning(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    bob = Person.create("bob")
    answer = browser(bob.row).post("/move/request", {"code": wizard.source_code(ada), **target(peer)})
    assert answer.status_code == 200
    assert Move.objects.get().owner == ada.row


def test_a_move_to_itself_is_refused(wizard: MoveWizard, ada: Person, server: str) -> None:
    token = arriving(ada)
    sent = {"target_url": f"{server}/", "target_token": token}
    answer = wizard.request(code=wizard.source_code(ada), **sent)
    assert answer.status_code == 400
    assert "same account" in answer.text


def test_a_second_request_takes_the_place_of_one_that_was_never_confirmed(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    first = asked(wizard, ada, peer)
    link = mailed_link()
    asked(wizard, ada, peer)
    assert the_end(first).state == "expired"
    assert browser(ada.row).get(link).status_code == 410
    assert browser(ada.row).get(mailed_link()).status_code == 303
