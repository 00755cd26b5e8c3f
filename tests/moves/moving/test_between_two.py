"""An account moves between two people of one server: both sides of ours, by the same calls as between two servers."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.utils import timezone

from accounts.models import User
from importers.verticals.blobs.models import File
from moves.exports import job as exporting
from moves.exports import sent
from moves.imports.running import job as importing
from moves.models import Export, LeftOut, Move
from moves.moving import worker
from moves.moving.outcomes import Done, Turn
from tests.support.exporter import Exporter, Person, file_item
from tests.support.killed import Killed
from tests.support.moving import MoveWizard, mailed_link, post, work
from tests.support.samples import send_all
from tests.support.trail import events, kinds, verified
from tests.support.waiting import eventually
from tests.support.worker import PASSWORD, browser
from tests.verticals.blobs.samples import names_of

pytestmark = [pytest.mark.usefixtures("reachable"), pytest.mark.services]


@pytest.fixture
def reachable(server: str, settings: LazySettings) -> None:
    """It calls itself by its own address; no private network is trusted for that."""
    settings.WHARF_BASE_URL = settings.WHARF_MOVE_URL = server


@pytest.fixture
def bob(server: str) -> Person:
    return Person.create("bob", password=PASSWORD)


def begun(wizard: MoveWizard, ada: Person, bob: Person, server: str) -> None:
    sent = {
        "code": wizard.source_code(ada),
        "target_url": f"{server}/",
        "target_token": wizard.target_token(bob, PASSWORD),
        **{f"target_{name}": value for name, value in wizard.credentials.items()},
    }
    asked = wizard.request(**sent)
    assert asked.status_code == 200, asked.text
    post()
    link, person = mailed_link(), browser(ada.row)
    # Until the target has answered, the link leads to the page of the move.
    eventually(lambda: person.get(link)["Location"].startswith(f"{server}/move/importing?source="))


def side(name: str) -> Move:
    return Move.objects.filter(side=name).latest("pk")


def make_exports() -> None:
    for pk in Export.objects.filter(state="exporting").values_list("pk", flat=True):
        exporting.run(pk)


def step(move: Move) -> str:
    Move.objects.filter(pk=move.pk, next_at__isnull=False).update(next_at=timezone.now())
    worker.advance(move.pk)
    move.refresh_from_db()
    return move.state


def test_a_whole_move(wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1", "title": "A title"}})
    begun(wizard, ada, bob, server)
    work()
    assert (side("source").state, side("target").state) == ("moved", "arrived"), side("target").error
    assert names_of(bob) == {"a.txt"}
    assert (ada.row.blocked, ada.row.moved_to) == (User.Blocked.MOVED, f"{server}/")
    assert (bob.row.blocked, bob.row.moved_from) == ("", f"{server}/")
    sent, arrived = side("source").receipt, side("target").receipt
    assert sent["arrived"]["proof"]["missing"] == 0
    assert arrived["proof"]["kind"] == "manifest"
    assert sent["sent"][-1]["documents"] == 0  # nothing has changed since the first archive
    assert arrived["proof"]["documents"] == sent["sent"][-1]["unchanged"]
    subjects = [one.subject for one in mail.outbox]
    assert {"Your account has moved", "Your account has arrived"} <= set(subjects)
    texts = {one.subject: str(one.body) for one in mail.outbox}
    assert "Everything was compared with what was sent, and all of it is here." in texts["Your account has arrived"]
    assert "no receipt" not in texts["Your account has moved"]
    arrived_page = browser(bob.row).get("/move/importing").content.decode()
    for words in ("You have arrived", "All that came was compared, byte by byte", "The receipt", "Connect these again"):
        assert words in arrived_page, words
    for person, move in ((ada, side("source")), (bob, side("target"))):
        assert browser(person.row).get(f"/settings/move/{move.doc_id}/receipt").status_code == 200
    told = {name: events("--person", name, "--kind", "move-step") for name in ("ada", "bob")}
    assert (told["ada"][-1]["what"]["state"], told["ada"][-1]["what"]["outcome"]) == ("moved", "done")
    assert {event["what"]["state"] for event in told["bob"]} >= {"importing", "arrived"}
    assert "consent-given" in kinds("--person", "ada")
    assert verified()["faults"] == []


def test_the_account_is_in_use_until_the_first_archive_has_arrived_and_nothing_is_lost(
    wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str
) -> None:
    exporter.send_file("blobs", file_item("before.txt"), b"before")
    begun(wizard, ada, bob, server)
    assert ada.row.blocked == ""
    leaves, arrives = side("source"), side("target")
    step(leaves)
    make_exports()
    assert step(leaves) == "waiting"
    assert exporter.send_file("blobs", file_item("meanwhile.txt"), b"meanwhile").status_code == 201
    arrives.refresh_from_db()
    assert arrives.current_import_id is not None
    importing.run(arrives.current_import_id)
    assert names_of(bob) == {"before.txt"}
    assert step(arrives) == "fetching"
    leaves.refresh_from_db()
    assert (leaves.state, ada.row.blocked) == ("catching up", User.Blocked.MOVING)
    refused = exporter.send_file("blobs", file_item("too-late.txt"), b"late")
    assert (refused.status_code, refused.json()["error"]) == (413, "destination_full")
    work()
    assert (side("source").state, side("target").state) == ("moved", "arrived"), side("target").error
    assert names_of(bob) == {"before.txt", "meanwhile.txt"}
    # the second archive carried only what the first one had not
    first, second = leaves.first_export, Move.objects.get(pk=leaves.pk).second_export
    assert first is not None
    assert second is not None
    assert second.since == first
    assert sum(second.parts.values_list("zip_size", flat=True)) > 0
    assert sum(second.parts.values_list("files_size", flat=True)) == len(b"meanwhile")


def test_of_an_account_that_is_as_the_first_archive_had_it_nothing_is_sent_twice(
    wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str
) -> None:
    send_all(exporter)
    begun(wizard, ada, bob, server)
    work()
    source, target = side("source"), side("target")
    assert (source.state, target.state) == ("moved", "arrived"), target.error
    assert target.rounds == 0
    first, second = target.archive_imports.order_by("pk")
    assert (second.documents, second.files_count) == (0, 0)
    for one in (first, second):
        assert (one.proof["missing"], one.proof["equal"]) == (0, first.documents)


def test_what_is_merged_at_the_target_is_looked_at_in_the_second_archive_again(
    wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str
) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"of ada")
    with Exporter(server, bob, "Cloud Two") as another:
        another.send_file("blobs", file_item("a.txt"), b"of bob")
    begun(wizard, ada, bob, server)
    work()
    source, target = side("source"), side("target")
    assert (source.state, target.state) == ("moved", "arrived"), target.error
    shown = set(File.objects.filter(owner=bob.row).values_list("shown_name", flat=True))
    assert shown == {"a.txt", "a (2).txt"}
    assert source.second_export is not None
    assert not source.second_export.changes_only
    assert (target.receipt["proof"]["merged"] > 0, target.receipt["proof"]["missing"]) == (True, 0)


def test_asked_twice_for_what_changed_it_makes_one_export(
    wizard: MoveWizard, ada: Person, bob: Person, server: str
) -> None:
    begun(wizard, ada, bob, server)
    leaves = side("source")
    step(leaves)
    make_exports()
    Move.objects.filter(pk=leaves.pk).update(next_at=timezone.now())
    worker.advance(leaves.pk)
    token = Move.objects.get(pk=leaves.pk).given_token
    headers = {"Authorization": f"Bearer {token}"}
    assert wizard.http.post("/move/finalize", headers=headers).status_code == 409
    first, second = (wizard.http.post("/move/changes", headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.headers["Location"] == second.headers["Location"]
    assert first.json()["data"]["type"] == "io.cozy.exports"
    assert Export.objects.count() == 2
    # without a receipt it is not believed that everything arrived
    assert wizard.http.post("/move/finalize", headers=headers).status_code == 409
    assert ada.row.blocked == ""


def test_a_receipt_that_lists_something_missing_closes_nothing(
    wizard: MoveWizard, ada: Person, bob: Person, server: str
) -> None:
    begun(wizard, ada, bob, server)
    leaves = side("source")
    step(leaves)
    make_exports()
    step(leaves)
    headers = {"Authorization": f"Bearer {Move.objects.get(pk=leaves.pk).given_token}"}
    wizard.http.post("/move/changes", headers=headers)
    body = {"data": {"attributes": {"proof": {"missing": 3}}}}
    answer = wizard.http.post("/move/finalize", headers=headers, json=body)
    assert answer.status_code == 409
    assert "missing there: 3." in answer.json()["errors"][0]["detail"]
    assert ada.row.blocked == ""


def asked_for_changes(wizard: MoveWizard, ada: Person, bob: Person, server: str) -> dict[str, str]:
    """A move whose first archive is taken as fetched, and whose second one is begun; the headers of the target."""
    begun(wizard, ada, bob, server)
    leaves = side("source")
    step(leaves)
    make_exports()
    step(leaves)
    headers = {"Authorization": f"Bearer {Move.objects.get(pk=leaves.pk).given_token}"}
    assert wizard.http.post("/move/changes", headers=headers).status_code == 201
    first = side("source").first_export
    assert first is not None
    for part in first.parts.all():
        sent.note(part.pk, sent.ZIP, 0, part.zip_size)
    return headers


NOTHING_MISSING = {"data": {"attributes": {"proof": {"missing": 0, "kind": "manifest"}}}}


def test_no_receipt_is_believed_while_the_archive_that_it_is_about_is_still_made(
    wizard: MoveWizard, ada: Person, bob: Person, server: str
) -> None:
    headers = asked_for_changes(wizard, ada, bob, server)
    answer = wizard.http.post("/move/finalize", headers=headers, json=NOTHING_MISSING)
    assert answer.status_code == 409
    assert "before there was an archive" in answer.json()["errors"][0]["detail"]
    assert ada.row.blocked == ""


def test_a_late_receipt_is_not_believed_where_what_changed_was_never_fetched(
    wizard: MoveWizard, ada: Person, bob: Person, server: str
) -> None:
    headers = asked_for_changes(wizard, ada, bob, server)
    make_exports()
    Move.objects.filter(pk=side("source").pk).update(lease_until=timezone.now())
    worker.advance(side("source").pk)
    assert side("source").why == "lapsed"
    answer = wizard.http.post("/move/finalize", headers=headers, json=NOTHING_MISSING)
    assert answer.status_code == 409
    assert "has not fetched part 1" in answer.json()["errors"][0]["detail"]
    assert ada.row.blocked == ""


def test_a_person_who_stops_the_arrival_is_named_at_the_source_as_the_reason(
    wizard: MoveWizard, ada: Person, bob: Person, server: str
) -> None:
    from moves.moving import finalizing

    begun(wizard, ada, bob, server)
    assert finalizing.stop(side("target").pk, "bob")
    work()
    assert (side("source").state, side("target").state, ada.row.blocked) == ("failed", "failed", "")
    assert "The move was stopped by bob." in side("source").error
    assert not re.search(r"\b401\b", side("source").error)
    text = next(str(one.body) for one in mail.outbox if one.subject == "Your account was not moved")
    assert "The move was stopped by bob." in " ".join(text.split())


def test_stopped_in_the_middle_both_are_open(
    wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str
) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    begun(wizard, ada, bob, server)
    leaves = side("source")
    from moves.moving import finalizing

    assert finalizing.stop(leaves.pk, "ada")
    work()
    assert (side("source").state, side("target").state) == ("failed", "failed")
    assert (ada.row.blocked, bob.row.blocked) == ("", "")
    assert browser(bob.row).get("/settings/exports").status_code == 200


def test_moved_back_again_nothing_is_doubled(
    wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str
) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    user = ada.row
    user.set_password(PASSWORD)
    user.save()
    begun(wizard, ada, bob, server)
    work()
    from moves.moving import retention

    retention.reopen(ada.row)
    begun(MoveWizard(wizard.http), bob, ada, server)
    work()
    assert (side("source").owner, side("source").state, side("target").state) == (bob.row, "moved", "arrived")
    assert names_of(ada) == {"a.txt"}
    assert File.objects.filter(owner=ada.row).count() == 1


def test_what_the_target_has_already_need_not_be_fetched_for_the_account_to_close(
    wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str
) -> None:
    large = bytes(range(256)) * 40_000  # more than is read over where it can be skipped
    exporter.send_file("blobs", file_item("large.bin"), large)
    begun(wizard, ada, bob, server)
    work()
    from moves.moving import retention

    retention.reopen(ada.row)
    begun(MoveWizard(wizard.http), ada, bob, server)
    work()
    assert (side("source").state, side("target").state) == ("moved", "arrived"), side("target").error
    again = side("source").first_export
    assert again is not None
    assert all(fetch.sent < len(large) for fetch in again.fetches.all())
    # it has proven that it has it, by a keyed hash, and both receipts say so
    proven = {"files": 1, "size": len(large), "proven_by": "HMAC-SHA-256"}
    assert side("source").receipt["left_out"] == side("target").receipt["left_out"] == proven
    assert not LeftOut.objects.exists()
    receipt = browser(ada.row).get(f"/settings/move/{side('source').doc_id}/receipt").content.decode()
    assert "1 file of 10.2 MB was not sent, since the other side had it already" in receipt


SOURCE_STEPS = ("announcing", "exporting", "handing over")
TARGET_STEPS = ("importing", "asking", "fetching", "importing the rest", "proving", "finalizing")


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_before_or_after_what_each_step_does_it_ends_well(
    wizard: MoveWizard,
    exporter: Exporter,
    ada: Person,
    bob: Person,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
) -> None:
    """Everything that a step does outside of this database is done, and then its worker dies before it can say so."""
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    note, take = worker._note, worker._take
    killed: list[str] = []

    def die_at(move: Move) -> None:
        if move.state in (*SOURCE_STEPS, *TARGET_STEPS) and move.state not in killed:
            killed.append(move.state)
            raise Killed

    def die_after(turn: Turn, *more: Any) -> None:
        if when == "after" and isinstance(more[2], Done):
            die_at(turn.move)
        note(turn, *more)

    def die_before(turn: Turn, *more: Any) -> None:
        if when == "before":
            die_at(turn.move)
        take(turn, *more)

    monkeypatch.setattr(worker, "_note", die_after)
    monkeypatch.setattr(worker, "_take", die_before)
    with suppress(Killed):  # the first steps are taken by whoever opens the mailed link
        begun(wizard, ada, bob, server)
    work_though_killed()
    assert sorted(killed) == sorted((*SOURCE_STEPS, *TARGET_STEPS))
    assert (side("source").state, side("target").state) == ("moved", "arrived"), side("target").error
    assert names_of(bob) == {"a.txt"}
    assert Move.objects.count() == 2
    assert Export.objects.count() == 2


def work_though_killed() -> None:
    """What the workers would do, of which each that was killed has been silent for long when the next one looks."""
    for _ in range(20):
        Move.objects.filter(heartbeat_at__isnull=False).update(heartbeat_at=long_ago(), process="")
        with suppress(Killed):
            work()
            return


def test_killed_again_and_again_while_it_proves_what_it_left_out_it_goes_on(
    wizard: MoveWizard, exporter: Exporter, ada: Person, bob: Person, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter.send_file("blobs", file_item("large.bin"), bytes(range(256)) * 40_000)
    begun(wizard, ada, bob, server)
    work()
    from moves.moving import keyed_hashes, peer_api, proving, retention

    retention.reopen(ada.row)
    killed: list[str] = []
    hashed, told = keyed_hashes.keyed_hash, peer_api.prove

    def die(moment: str) -> None:
        if moment not in killed:
            killed.append(moment)
            raise Killed

    def die_hashing(*args: Any) -> Any:
        die("before it hashes")
        return hashed(*args)

    def die_telling(move: Move, rows: list[LeftOut]) -> Any:
        if rows:
            die("when it has hashed")
        answer = told(move, rows)
        if rows:
            die("when the source has been told")
        return answer

    monkeypatch.setattr(proving, "keyed_hash", die_hashing)
    monkeypatch.setattr(peer_api, "prove", die_telling)
    begun(MoveWizard(wizard.http), ada, bob, server)
    work_though_killed()
    assert killed == ["before it hashes", "when it has hashed", "when the source has been told"]
    assert (side("source").state, side("target").state) == ("moved", "arrived"), side("target").error
    assert side("source").proven_count == 1


def long_ago() -> datetime:
    return timezone.now() - timedelta(minutes=5)
