"""An account arrives: from a source that may do anything, with proof or not at all, and always open at the end."""

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core import mail
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from importers.content import processes
from importers.verticals.blobs.models import File
from moves.imports.running import job as importing
from moves.models import ArchiveImport, Move, MoveStep
from moves.moving import worker
from tests.support.answers import json_api
from tests.support.arriving_move import CONTENT, OPAQUE, announce, archive, hand_over, say, serve, the_move
from tests.support.cozy_archives import cozy_zip, file, instance
from tests.support.exporter import Person
from tests.support.fake_export import export_document
from tests.support.fake_server import FakeCall, FakeReply, FakeServer
from tests.support.json_api import JSON_API
from tests.support.moving import arriving, post, work
from tests.support.worker import browser

pytestmark = pytest.mark.usefixtures("trusting")


def test_the_receipt_of_a_move_that_took_many_attempts_is_one_that_the_source_reads(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    hand_over(http, token, peer)
    failed = MoveStep(move=the_move(), state="importing", what="import", outcome="again", detail="ü" * 500)
    MoveStep.objects.bulk_create([deepcopy(failed) for _ in range(400)])
    work()
    [call] = peer.called("POST /move/finalize")
    sent = json.dumps({"data": {"attributes": call.attributes}})
    assert len(sent) <= 64 * 1024
    assert len(call.attributes["steps"]) > 5
    assert call.attributes["proof"]["missing"] == 0


def test_an_announced_account_shows_its_person_the_progress(http: httpx.Client, ada: Person, token: str) -> None:
    assert announce(http, token).status_code == 204
    assert announce(http, token).status_code == 204
    assert (the_move().state, the_move().side, Move.objects.count()) == ("announced", "target", 1)
    assert the_move().peer_url == "https://source.example/"
    page = browser(ada.row).get("/")
    assert "source.example" in page.content.decode()
    assert ada.row.blocked == ""  # data from exporters still comes in


def test_a_whole_move_from_a_cozy(http: httpx.Client, ada: Person, token: str, peer: FakeServer, server: str) -> None:
    announce(http, token)
    answer = hand_over(http, token, peer)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{server}/move/importing"
    assert hand_over(http, token, peer).status_code == 303  # told again, it does nothing
    assert ArchiveImport.objects.count() == 1
    work()
    move = the_move()
    assert (move.state, move.error) == ("arrived", "")
    assert File.objects.get(owner=ada.row).name == "a.txt"
    [call] = peer.called("POST /move/finalize")
    assert call.token == "token-of-the-source"
    assert call.query == {"subdomain": "nested"}
    assert call.attributes["proof"]["missing"] == 0
    assert ada.row.moved_from == f"{peer.url}/"
    assert (move.peer_token, move.link) == ("", "")
    assert not AccessToken.objects.filter(user=ada.row).exists()
    assert peer.called("POST /move/abort") == []
    assert mail.outbox[-1].subject == "Your account has arrived"
    text = " ".join(str(mail.outbox[-1].body).split())
    assert "what you changed there after 4 May 2018, 06:59 UTC has not come. Public links that you gave away" in text
    paper = browser(ada.row).get(f"/settings/move/{move.doc_id}/receipt.json").json()
    assert (paper["side"], paper["proof"]["kind"]) == ("target", "cozy")
    assert browser(ada.row).get(f"/settings/move/{move.doc_id}/receipt").status_code == 200


def test_a_move_that_was_not_announced_is_taken_as_well(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    assert hand_over(http, token, peer).status_code == 303
    work()
    assert the_move().state == "arrived"


def test_what_did_not_arrive_is_fetched_again_and_then_it_is_called_off(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    serve(peer, archive(b"other bytes altogether"))
    announce(http, token)
    hand_over(http, token, peer)
    work()
    move = the_move()
    assert (move.state, move.rounds) == ("failed", 1)
    assert move.archive_imports.count() == 2
    assert "a.txt" in move.error or "f1" in move.error
    assert peer.called("POST /move/finalize") == []
    [call] = peer.called("POST /move/abort")
    assert call.token == "token-of-the-source"
    assert browser(ada.row).get("/settings/exports").status_code == 200
    post()
    assert mail.outbox[-1].subject == "Your account did not arrive"


def test_what_is_missing_once_and_there_the_second_time_ends_well(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    bad, good = (FakeReply(200, body, {"Content-Type": "application/zip"}) for body in (archive(b"cut"), archive()))
    peer.says(f"GET /move/exports/data/{OPAQUE}", bad, good)
    announce(http, token)
    hand_over(http, token, peer)
    work()
    assert (the_move().state, the_move().rounds) == ("arrived", 1)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"state": "error", "error": "it broke"}, 412), ({"state": "exporting"}, 412), ({"parts_cursors": 7}, 412)],
)
def test_an_export_that_is_none_is_refused(
    http: httpx.Client, token: str, peer: FakeServer, changes: dict[str, Any], status: int
) -> None:
    peer.says(f"GET /move/exports/{OPAQUE}", json_api(export_document(**changes)))
    announce(http, token)
    assert hand_over(http, token, peer).status_code == status
    assert the_move().state == "announced"


@pytest.mark.parametrize("move_from", ["x", {}, {"url": "ftp://x", "token": "t"}, {"url": "https://x.example"}, []])
def test_a_source_that_does_not_say_who_it_is_is_refused(
    http: httpx.Client, token: str, peer: FakeServer, move_from: Any
) -> None:
    attributes = {"url": f"{peer.url}/#/exports/{OPAQUE}", "move_from": move_from}
    assert say(http, "/move/imports", token, {"data": {"attributes": attributes}}).status_code == 422


def test_the_source_calls_it_off(http: httpx.Client, ada: Person, token: str, peer: FakeServer) -> None:
    announce(http, token)
    reason = {"data": {"attributes": {"reason": "the export failed"}}}
    assert say(http, "/move/abort", token, reason).status_code == 204
    assert the_move().state == "failed"
    assert "the export failed" in the_move().error
    assert say(http, "/move/abort", token).status_code == 204
    assert announce(http, token).status_code == 409
    assert browser(ada.row).get("/settings/exports").status_code == 200


def test_the_source_calls_it_off_while_it_comes_in(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    hand_over(http, token, peer)
    assert say(http, "/move/abort", token).status_code == 204
    assert ArchiveImport.objects.get().state == "error"
    work()
    assert (the_move().state, peer.called("POST /move/finalize"), peer.called("POST /move/abort")) == ("failed", [], [])


def test_a_source_that_never_comes_is_not_waited_for_for_ever(http: httpx.Client, ada: Person, token: str) -> None:
    announce(http, token)
    Move.objects.update(lease_until=timezone.now())
    worker.advance(the_move().pk)
    assert the_move().state == "failed"
    assert browser(ada.row).get("/settings/exports").status_code == 200


@pytest.mark.parametrize("are_busy", [True, False])
def test_an_import_that_broke_and_waits_for_a_worker_of_this_server_costs_the_move_no_time(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, are_busy: bool
) -> None:
    announce(http, token)
    hand_over(http, token, peer)
    peer.stop()
    work(3)
    for number in range(4 if are_busy else 0):
        ArchiveImport.objects.create(
            owner=Person.create(f"other{number}").row,
            site=f"other{number}.example",
            heartbeat_at=timezone.now(),
            process=processes.current(),
        )
    now = timezone.now()
    ArchiveImport.objects.filter(owner=ada.row).update(retry_at=now)
    Move.objects.update(lease_until=now + timedelta(minutes=1), next_at=now)
    worker.advance(the_move().pk)
    assert (the_move().lease_until > now + timedelta(minutes=2)) == are_busy


def test_a_source_that_dies_while_it_is_read_is_given_up(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    hand_over(http, token, peer)
    peer.stop()
    work(3)
    assert the_move().state == "importing"
    Move.objects.update(lease_until=timezone.now())
    worker.advance(the_move().pk)
    assert the_move().state == "calling off"
    assert ArchiveImport.objects.get().state == "error"
    assert browser(ada.row).get("/settings/exports").status_code == 200
    Move.objects.update(lease_until=timezone.now())
    worker.advance(the_move().pk)
    assert the_move().state == "failed"


def test_what_came_older_than_what_is_here_is_in_the_mail_by_name(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    hand_over(http, token, peer)
    work()
    File.objects.update(payload=File.objects.get().payload.replace("3-abc", "9-abc"))
    serve(peer, cozy_zip([instance(), *file("f1", "/renamed.txt", CONTENT)]))
    assert hand_over(http, arriving(ada), peer).status_code == 303
    work()
    assert the_move().state == "arrived"
    assert "“renamed.txt”: What is here is newer" in str(mail.outbox[-1].body)


@pytest.mark.services
def test_a_message_that_comes_again_and_again_has_one_follower(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(http, token)
    hand_over(http, token, peer)
    sent: list[tuple[str, float]] = []
    monkeypatch.setattr("accounts.waking.tell", lambda task, _, after: sent.append((task, after)))
    for _ in range(3):
        worker.advance(the_move().pk)
    assert the_move().state == "importing"
    [(task, countdown)] = sent
    assert task == "moves.tasks.step_move"
    assert 1.5 < countdown <= 2


@pytest.mark.services
def test_what_comes_while_a_step_looks_for_it_is_not_waited_for(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    def not_yet(call: FakeCall) -> FakeReply:
        """The source has made its second archive in this very moment, and says so."""
        assert announce(http, token).status_code == 204
        return json_api(export_document(state="exporting", parts_cursors=None))

    done = json_api(export_document(parts_cursors=None))
    location = {"Location": "/move/exports/SECOND", "Content-Type": JSON_API}
    peer.says("POST /move/changes", FakeReply(201, export_document(state="exporting"), location))
    peer.says("GET /move/exports/SECOND", not_yet, done)
    hand_over(http, token, peer, changes=True)
    importing.run(ArchiveImport.objects.get().pk)
    worker.advance(the_move().pk, at_once=True)
    assert the_move().state == "importing the rest"
    assert len(peer.called("GET /move/exports/SECOND")) == 2


@pytest.mark.services
@pytest.mark.parametrize(("process", "woken"), [("of a living one", 0), ("", 1)])
def test_only_moves_that_nobody_works_on_are_woken(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, process: str, woken: int
) -> None:
    hand_over(http, token, peer)
    mine = {"heartbeat_at": timezone.now(), "process": processes.current()} if process else {"heartbeat_at": None}
    Move.objects.update(next_at=timezone.now(), **mine)
    assert worker.revive() == woken


@pytest.mark.services
def test_a_second_move_takes_the_place_of_one_that_never_came(http: httpx.Client, ada: Person, token: str) -> None:
    announce(http, token)
    other = arriving(ada)
    assert announce(http, other).status_code == 204
    assert [move.state for move in Move.objects.order_by("pk")] == ["failed", "announced"]


@pytest.mark.services
def test_one_move_at_a_time(http: httpx.Client, ada: Person, token: str, peer: FakeServer) -> None:
    hand_over(http, token, peer)
    other = arriving(ada)
    assert announce(http, other).status_code == 409
    assert hand_over(http, other, peer).status_code == 409


def test_a_move_that_is_over_says_why_to_a_source_that_hands_over_all_the_same(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    other = arriving(ada)
    assert announce(http, other).status_code == 204
    answer = hand_over(http, token, peer)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (409, "move_over")
    assert "Another move to here was begun instead." in error["detail"]
    assert hand_over(http, "forged", peer).status_code == 401


def test_an_account_that_was_closed_meanwhile_is_not_waited_for(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    hand_over(http, token, peer)
    ArchiveImport.objects.update(state="error")
    Move.objects.update(current_import=None, next_at=timezone.now())  # it is to be fetched again
    User.objects.update(blocked=User.Blocked.MOVED, blocked_note="This account has moved to elsewhere.example.")
    work()
    assert the_move().state == "failed"
    assert "This account has moved to elsewhere.example." in the_move().error


def test_a_blocked_account_takes_nothing_in(http: httpx.Client, ada: Person, token: str, peer: FakeServer) -> None:
    User.objects.update(blocked=User.Blocked.BY_OPERATOR)
    assert announce(http, token).status_code == 409
    assert hand_over(http, token, peer).status_code == 409


def test_a_token_of_something_else_announces_nothing(http: httpx.Client, ada: Person) -> None:
    from tests.support.exporter import run

    for scope in ("import", "io.cozy.imports", "io.cozy.exports"):
        other = run("create_token", "ada", "--scope", scope)["access_token"]
        assert announce(http, other).status_code == 403
    assert not Move.objects.exists()


def test_what_nobody_can_prove_of_a_cozy_is_said_in_the_mail_and_the_receipt(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    """It sends no list of what it has, so an archive that ended early, as a whole zip, may be taken for all of it."""
    announce(http, token)
    hand_over(http, token, peer)
    work()
    move = the_move()
    assert move.state == "arrived"
    page = browser(ada.row).get(f"/settings/move/{move.doc_id}/receipt").content.decode()
    for text in (str(mail.outbox[-1].body), page):
        assert "Nobody can prove that nothing was left out" in text
        assert "What came tells of 1 file and earlier versions, 19 bytes in all, and has 1 other thing" in text
        assert "compare these numbers" in text
        assert "all of it is here" not in text


def test_a_part_that_may_lack_files_does_not_stop_a_move_but_is_said(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    peer.says(f"GET /move/exports/{OPAQUE}", json_api(export_document(parts_cursors=["A"])))
    announce(http, token)
    hand_over(http, token, peer)
    work()
    move = the_move()
    assert (move.state, move.rounds) == ("arrived", 0)
    [call] = peer.called("POST /move/finalize")
    assert (call.attributes["proof"]["missing"], call.attributes["proof"]["unproven"]) == (0, 1)
    page = browser(ada.row).get(f"/settings/move/{move.doc_id}/receipt").content.decode()
    for text in (str(mail.outbox[-1].body), page):
        assert "1 part of the archive held less than it should, also when fetched again" in text
