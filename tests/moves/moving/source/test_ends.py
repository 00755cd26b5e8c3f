"""Whatever the target does, or does not do, a move has an end."""

import re
import secrets
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from moves import tasks
from moves.exports import job as exporting
from moves.exports import requests as export_requests
from moves.exports.requests import Wish
from moves.models import ArchiveImport, Export, Move, MoveStep
from moves.moving import worker
from tests.support.answers import refusal
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_server import FakeCall, FakeReply, FakeServer
from tests.support.leaving import asked, confirmed, fetch_everything, handed_over, lapsed, say, the_end
from tests.support.moving import MoveWizard, mailed_link, post, work
from tests.support.worker import PASSWORD, browser, hidden_fields, submit

pytestmark = pytest.mark.usefixtures("trusting")


def test_a_target_that_answers_no_more_at_first_is_asked_again(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
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
def test_a_target_that_refuses_ends_it_at_once(wizard: MoveWizard, ada: Person, peer: FakeServer, status: int) -> None:
    peer.says("POST /move/importing", FakeReply(status))
    asked(wizard, ada, peer)
    assert browser(ada.row).get(mailed_link())["Location"] == "/settings/move"
    work()
    assert (Move.objects.get().state, ada.row.blocked) == ("failed", "")
    assert not Export.objects.exists()


def test_a_target_that_is_gone_does_not_keep_the_account(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
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
    wizard: MoveWizard, ada: Person, peer: FakeServer
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


@override_settings(WHARF_IMPORT_LEAST_RATE=1)  # a byte a second: three kilobytes are worth most of an hour
def test_a_byte_now_and_then_does_not_hold_the_account_for_ever(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    assert exporter.send_file("blobs", file_item("old.txt"), b"old" * 1_000).status_code == 201
    move, _ = handed_over(wizard, ada, peer)
    began = timezone.now() - timedelta(days=3) + timedelta(minutes=10)
    MoveStep.objects.filter(state="waiting").update(began_at=began)
    Move.objects.update(lease_until=timezone.now() + timedelta(minutes=5))
    for _ in range(3):
        fetch_one_byte(wizard.http, peer)
    assert the_end(move).lease_until == began + timedelta(days=3, seconds=1)
    fetch_everything(wizard.http, peer)
    fetch_one_byte(wizard.http, peer)
    assert the_end(move).lease_until > began + timedelta(days=3, minutes=50)  # what was really sent is worth more
    MoveStep.objects.filter(state="waiting").update(began_at=began - timedelta(days=1))
    Move.objects.update(lease_until=timezone.now())
    fetch_one_byte(wizard.http, peer)
    work()
    assert (the_end(move).state, the_end(move).why, ada.row.blocked) == ("failed", "lapsed", "")
    assert "too long for as much as it fetched" in the_end(move).error


def fetch_one_byte(http: httpx.Client, peer: FakeServer) -> None:
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    answer = http.get(f"/move/exports/data/{opaque}", headers={"Range": "bytes=0-0"})
    assert answer.status_code == 206


def test_a_late_finalize_closes_where_nothing_has_changed(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    move, token = lapsed(wizard, ada, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    assert (the_end(move).state, ada.row.blocked) == ("moved", User.Blocked.MOVED)


def test_a_late_finalize_closes_where_the_person_has_only_used_the_controls(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    assert exporter.send_file("blobs", file_item("old.txt"), b"old").status_code == 201
    _, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    used_controls(ada)  # while the account is frozen
    Move.objects.update(lease_until=timezone.now())
    work()
    used_controls(ada)  # and when it is open again
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    assert ada.row.blocked == User.Blocked.MOVED


def used_controls(ada: Person) -> None:
    """Disconnects every service, and changes the password."""
    client = browser(ada.row)
    page = client.get("/settings/services")
    for action in re.findall(r'action="(/settings/services/\d+/disconnect)"', page.content.decode()):
        assert client.post(action, hidden_fields(page)).status_code == 302
    user, new = ada.row, secrets.token_urlsafe(16)
    user.set_password(PASSWORD)
    user.save()
    client = browser(user)
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert submit(client, "/settings/password", fields).status_code == 302


@pytest.mark.parametrize(
    ("abort", "pages", "said"),
    [
        (FakeReply(401), FakeReply(503), ("A Cozy forgets the move as soon as it begins", "is shut right now (503)")),
        (FakeReply(204), FakeReply(200, {}), ("still knows of the move", "answers: log in there")),
    ],
)
def test_a_target_that_fetched_everything_and_fell_silent_may_have_it_and_the_person_is_told_to_look(
    wizard: MoveWizard, ada: Person, peer: FakeServer, abort: FakeReply, pages: FakeReply, said: tuple[str, str]
) -> None:
    peer.says("POST /move/abort", abort)
    peer.says("GET /", pages)
    move, _ = lapsed(wizard, ada, peer)
    post()
    [told] = [one for one in mail.outbox if "Confirm" not in one.subject]
    assert told.subject == "Your account may have moved: please look"
    text = " ".join(str(told.body).split())
    assert all(one in text for one in said)
    assert "it has fetched everything" in the_end(move).error
    assert ada.row.blocked == ""


@pytest.mark.parametrize("receipt", [{}, {"proof": {"missing": 0, "kind": "manifest"}}])
def test_a_late_finalize_of_a_target_that_never_fetched_anything_closes_nothing_and_the_person_is_told(
    wizard: MoveWizard, ada: Person, peer: FakeServer, receipt: dict[str, Any]
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
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    move, token = lapsed(wizard, ada, peer)
    body = {"data": {"attributes": {"proof": {"missing": 7, "kind": "manifest"}}}}
    answer = say(wizard.http, "/move/finalize", token, body)
    assert answer.status_code == 409
    assert "missing there: 7." in answer.json()["errors"][0]["detail"]
    assert (the_end(move).state, ada.row.blocked) == ("failed", "")


def test_a_late_finalize_closes_nothing_after_a_change_and_the_person_is_told(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    move, token = lapsed(wizard, ada, peer)
    assert exporter.send_file("blobs", file_item("new.txt"), b"new").status_code == 201
    assert [say(wizard.http, "/move/finalize", token).status_code for _ in range(2)] == [409, 409]
    assert (the_end(move).state, ada.row.blocked) == ("failed", "")
    post()
    late = [one for one in mail.outbox if "stays open here" in one.subject]
    assert len(late) == 1


def test_a_finalize_after_the_person_stopped_it_closes_nothing(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    move, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    client = browser(ada.row)
    page = client.get("/settings/move")
    answer = client.post(f"/settings/move/{move.doc_id}/stop", hidden_fields(page))
    assert answer.status_code == 302
    assert ada.row.blocked == ""
    assert say(wizard.http, "/move/finalize", token).status_code == 409
    work()
    assert (the_end(move).state, the_end(move).why) == ("failed", "stopped")
    assert len(peer.called("POST /move/abort")) == 1


def test_a_call_off_that_fails_is_tried_again_while_the_account_is_open(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    peer.says("POST /move/imports", refusal(422, "no room"))
    peer.says("POST /move/abort", FakeReply(hang_up=True), FakeReply(500), FakeReply(204))
    confirmed(wizard, ada, peer)
    work()
    move = Move.objects.get()
    assert (move.state, ada.row.blocked) == ("failed", "")
    assert len(peer.called("POST /move/abort")) == 3
    assert "enough room" in move.error or "422" in move.error


def test_a_cozy_is_told_once_where_it_may_have_heard(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    peer.says("POST /move/imports", FakeReply(hang_up=True))
    confirmed(wizard, ada, peer)
    work()
    assert Move.objects.get().state == "waiting"
    assert len(peer.called("POST /move/imports")) == 1


def test_an_export_that_is_made_already_is_waited_for(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    other = export_requests.create(ada.row, Wish(), "page")
    confirmed(wizard, ada, peer)
    move = Move.objects.get()
    worker.advance(move.pk)
    assert (the_end(move).state, the_end(move).first_export) == ("exporting", None)
    work()
    assert the_end(move).state == "waiting"
    assert the_end(move).first_export != other


def test_a_worker_that_dies_in_the_middle_of_a_step_is_replaced(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
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
    wizard: MoveWizard, ada: Person, peer: FakeServer, server: str
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
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    running = ArchiveImport.objects.create(owner=ada.row, link="https://nowhere.example/exports/x")
    asked(wizard, ada, peer)
    browser(ada.row).get(mailed_link())
    assert (Move.objects.get().state, ada.row.blocked) == ("announcing", "")
    ArchiveImport.objects.filter(pk=running.pk).update(state="error")
    work()
    assert (Move.objects.get().state, ada.row.blocked) == ("waiting", User.Blocked.MOVING)


def test_a_target_that_waits_for_the_second_archive_is_told_when_it_is_made(
    wizard: MoveWizard, ada: Person, peer: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.says("GET /status", FakeReply(200, {"message": "OK", "move": {"changes": True}}))
    _, token = handed_over(wizard, ada, peer)
    assert say(wizard.http, "/move/changes", token).status_code == 201
    told = len(peer.called("POST /move/importing"))
    monkeypatch.setattr("accounts.waking.tell", run_at_once)
    assert exporting.run(Export.objects.get(state="exporting").pk)
    [call] = peer.called("POST /move/importing")[told:]
    assert call.token == "token-of-the-target"


def run_at_once(name: str, *arguments: int, **_: object) -> None:
    """As the worker that listens for these messages does."""
    if name == "moves.tasks.tell_target":
        tasks.tell_target(*arguments)
