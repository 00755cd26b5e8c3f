"""An account goes to a Cozy: frozen from the confirmation on, one export, and what it may do with the token."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from importers.verticals.blobs.models import File, Folder
from moves.exports import links
from moves.models import ArchiveImport, Move
from tests.support.answers import refusal
from tests.support.archives import bring
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_server import FakeReply, FakeServer
from tests.support.leaving import confirmed, fetch_everything, handed_over, say, the_end
from tests.support.moving import MoveWizard, arriving, post, work
from tests.support.takeout import unzipped

pytestmark = pytest.mark.usefixtures("trusting")


def test_a_whole_move_to_a_cozy(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer, server: str
) -> None:
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
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    _, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    sent = {"refresh_token": exporter.tokens["refresh_token"], "grant_type": "refresh_token"}
    client = {name: exporter.client[name] for name in ("client_id", "client_secret")}
    refreshed = wizard.http.post("/oauth/refresh", data=sent | client)
    assert (refreshed.status_code, refreshed.json()["error"]) == (401, "session_invalidated")


def test_a_target_that_never_fetched_a_part_closes_nothing(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    move, token = handed_over(wizard, ada, peer)
    answer = say(wizard.http, "/move/finalize", token)
    assert answer.status_code == 409
    assert "has not fetched part 1" in answer.json()["errors"][0]["detail"]
    assert ada.row.blocked == ""
    work()
    assert the_end(move).state == "failed"
    assert len(peer.called("POST /move/abort")) == 1
    assert mail.outbox[-1].subject == "Your account was not moved"


def test_a_receipt_without_anything_fetched_closes_nothing(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    move, token = handed_over(wizard, ada, peer)
    answer = say(wizard.http, "/move/finalize", token, {"data": {"attributes": {"proof": {"missing": 0}}}})
    assert answer.status_code == 409
    assert "has not fetched part 1" in answer.json()["errors"][0]["detail"]
    assert (the_end(move).state, ada.row.blocked) == ("calling off", "")


def test_the_beginning_of_a_part_is_not_all_of_it(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    _, token = handed_over(wizard, ada, peer)
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    some = wizard.http.get(f"/move/exports/data/{opaque}", headers={"Range": "bytes=0-9"})
    assert (some.status_code, len(some.content)) == (206, 10)
    assert say(wizard.http, "/move/finalize", token).status_code == 409
    assert ada.row.blocked == ""


def test_the_token_that_the_target_is_given_brings_nothing_into_the_account_that_leaves(
    wizard: MoveWizard, ada: Person, peer: FakeServer
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
    wizard: MoveWizard, ada: Person, peer: FakeServer
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
    wizard: MoveWizard, ada: Person, peer: FakeServer
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


def test_the_target_calls_it_off(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    move, token = handed_over(wizard, ada, peer)
    assert say(wizard.http, "/move/abort", token).status_code == 204
    assert ada.row.blocked == ""
    assert say(wizard.http, "/move/abort", token).status_code == 204
    work()
    assert the_end(move).state == "failed"
    assert peer.called("POST /move/abort") == []  # it knows
    assert say(wizard.http, "/move/finalize", token).status_code == 409


def test_a_stranger_calls_nothing_off(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    handed_over(wizard, ada, peer)
    for path in ("/move/abort", "/move/finalize", "/move/changes"):
        answer = say(wizard.http, path, "forged")
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/vnd.api+json"
        assert wizard.http.get(path).status_code == 405
    bob = Person.create("bob")
    assert say(wizard.http, "/move/finalize", arriving(bob)).status_code == 403
    assert ada.row.blocked == User.Blocked.MOVING


def test_what_is_in_the_bin_goes_along_in_a_folder_of_its_own(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    exporter.send_file("blobs", file_item("kept.txt", "/"), b"kept")
    exporter.send_file("blobs", file_item("gone.txt", "/Work"), b"gone")
    exporter.send_file("blobs", file_item("inner.txt", "/Old"), b"inner")
    File.objects.exclude(name="kept.txt").update(trashed_at=timezone.now())
    Folder.objects.filter(identifier="/Old").update(trashed_at=timezone.now())
    version = File.objects.get(name="kept.txt")
    File.objects.filter(pk=version.pk).update(doc_id="f1")
    exporter.new_job()
    exporter.send_file("blobs", file_item("kept.txt", "/"), b"kept anew")
    _, token = handed_over(wizard, ada, peer)
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    entries = unzipped(wizard.http.get(f"/move/exports/data/{opaque}").content)
    bodies = [json.loads(body) for name, body in entries.items() if name.startswith("My Cozy/Data/io.cozy.files/")]
    assert not [one for one in bodies if one.get("trashed") or "restore_path" in one or "trash-dir" in one["dir_id"]]
    trash = f"/Trash from {urlsplit(settings.WHARF_BASE_URL).hostname}"
    assert {one["path"] for one in bodies if one["type"] == "directory"} == {
        trash,
        "/Work",
        f"{trash}/Old",
    }
    assert {name.removeprefix("My Cozy/Files") for name in entries if name.startswith("My Cozy/Files/")} >= {
        "/kept.txt",
        f"{trash}/gone.txt",
        f"{trash}/Old/inner.txt",
    }
    # A version of a file with so short an id kills a Cozy's worker.
    [versioned] = [name for name in entries if name.startswith("My Cozy/Data/io.cozy.files.versions/")]
    kept = next(one for one in bodies if one["name"] == "kept.txt")
    assert len(kept["_id"]) == 32
    assert versioned.startswith(f"My Cozy/Data/io.cozy.files.versions/{kept['_id']}/")
    assert json.loads(entries[versioned])["relationships"]["file"]["data"]["_id"] == kept["_id"]
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    post()
    assert f"in the folder “{trash[1:]}”" in " ".join(str(mail.outbox[-1].body).split())
    # Brought back, it is in the bin again.
    bring(Person.create("grace"), entries)
    assert set(File.objects.filter(owner__username="grace", trashed_at=None).values_list("name", flat=True)) == {
        "kept.txt"
    }


def test_a_persons_own_folder_keeps_its_name_beside_the_one_of_the_bin(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    trash = f"Trash from {urlsplit(settings.WHARF_BASE_URL).hostname}"
    exporter.send_file("blobs", file_item("own.txt", f"/{trash}"), b"own")
    exporter.send_file("blobs", file_item("gone.txt", "/Work"), b"gone")
    File.objects.filter(name="gone.txt").update(trashed_at=timezone.now())
    _, token = handed_over(wizard, ada, peer)
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    entries = unzipped(wizard.http.get(f"/move/exports/data/{opaque}").content)
    files = {name.removeprefix("My Cozy/Files/") for name in entries if name.startswith("My Cozy/Files/")}
    assert files == {f"{trash}/own.txt", f"{trash} (2)/gone.txt"}
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    post()
    assert f"in the folder “{trash} (2)”" in " ".join(str(mail.outbox[-1].body).split())
    bring(grace := Person.create("grace"), entries)
    mine = File.objects.filter(owner=grace.row)
    assert {(one.folder.identifier, one.name, bool(one.trashed_at)) for one in mine} == {
        (f"/{trash}", "own.txt", False),
        ("/Work", "gone.txt", True),
    }


def test_names_that_were_cut_are_in_the_mail(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    exporter.send_file("blobs", file_item("n" * 250 + ".txt", "/"), b"long")
    _, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    post()
    assert "1 name of more than 240 bytes was cut there." in str(mail.outbox[-1].body)


COZY_IS_EMPTIED = "a Cozy deletes everything that is there before it takes anything in"
WHARF_MERGES = "what has arrived there is not taken in twice"


@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.parametrize("how", ["off", "late", "perhaps"])
def test_whoever_may_begin_again_reads_what_a_second_try_does_there(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer, how: str, changes: bool
) -> None:
    if changes:
        peer.says("GET /status", FakeReply(200, {"message": "OK", "move": {"changes": True}}))
    move, token = handed_over(wizard, ada, peer)
    if how == "off":
        assert say(wizard.http, "/move/abort", token).status_code == 204
    elif how == "late":
        Move.objects.update(lease_until=timezone.now())
        work()
        assert say(wizard.http, "/move/finalize", token).status_code == 409
    else:
        fetch_everything(wizard.http, peer)
        if changes:
            assert say(wizard.http, "/move/changes", token).status_code == 201
            work()
            second = the_end(move).second_export
            assert second is not None
            opaque = links.cozy_link(second, to_peer=True).rpartition("/")[2]
            assert wizard.http.get(f"/move/exports/data/{opaque}").status_code == 200
        Move.objects.update(lease_until=timezone.now())
        work()
    post()
    text = " ".join(str(mail.outbox[-1].body).split())
    assert (COZY_IS_EMPTIED in text, WHARF_MERGES in text) == (not changes, changes), text


def test_a_move_that_ends_before_it_was_handed_over_says_nothing_of_what_is_there(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    peer.says("POST /move/importing", refusal(401, "no"))
    confirmed(wizard, ada, peer)
    work()
    text = " ".join(str(mail.outbox[-1].body).split())
    assert mail.outbox[-1].subject == "Your account was not moved"
    assert "What has arrived" not in text
    assert COZY_IS_EMPTIED not in text
