"""An account closes only when its target was sent all of it, or has proven that it had the rest already."""

import socket
import struct
import time
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.core import mail

from accounts.models import User
from moves.exports import links, sent
from moves.models import Export, Fetch, LeftOut, Move, SentRange
from moves.moving import checking, worker
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_server import FakeServer
from tests.support.killed import Killed
from tests.support.moving import MoveWizard, post, work
from tests.support.played_target import PlayedTarget, connection, proof_of
from tests.support.waiting import eventually
from tests.support.worker import browser

# What is read of an export to compare it is closed again.
pytestmark = [
    pytest.mark.usefixtures("without_leftovers", "trusting"),
    pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning"),
]

LARGE = bytes(range(250)) * 36_000  # more than a target reads over, where it could leave it out


@pytest.fixture
def cozy(wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer) -> PlayedTarget:
    exporter.send_file("blobs", file_item("large.bin"), LARGE)
    return PlayedTarget.of_a_cozy(wizard, ada, peer)


@pytest.fixture
def ours(wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer) -> PlayedTarget:
    exporter.send_file("blobs", file_item("large.bin"), LARGE)
    return PlayedTarget.of_ours(wizard, ada, peer)


def is_open(ada: Person) -> bool:
    return ada.row.blocked in ("", User.Blocked.MOVING) and not ada.row.moved_to


@pytest.mark.parametrize("asked", ["bytes=-1", "bytes=0-0", "bytes=1-"])
def test_a_target_that_fetches_less_than_all_closes_nothing_and_everybody_reads_why(
    cozy: PlayedTarget, ada: Person, asked: str
) -> None:
    assert cozy.http.get(cozy.url(), headers={"Range": asked}).status_code == 206
    answer = cozy.finalize()
    assert answer.status_code == 409
    detail = answer.json()["errors"][0]["detail"]
    assert "has not fetched part 1 of the archive whole" in detail
    work()
    move = Move.objects.get()
    assert (move.state, is_open(ada)) == ("failed", True)
    assert move.receipt["why"] == detail
    post()
    told = next(one for one in mail.outbox if one.subject == "Your account was not moved")
    assert "has not fetched part 1 of the archive whole" in " ".join(str(told.body).split())
    assert "has not fetched part 1" in browser(ada.row).get("/settings/move").content.decode()
    operator = browser(User.objects.create_superuser("operator", "operator@example.org", "x"))
    assert "has not fetched part 1" in operator.get(f"/admin/moves/move/{move.pk}/change/").content.decode()


@pytest.mark.services
def test_a_part_may_be_fetched_in_any_pieces_in_any_order(cozy: PlayedTarget, ada: Person) -> None:
    size = cozy.part_size
    cuts = [0, 1, 700, 1_000_000, 5_000_000, size - 1, size]
    pieces = list(pairwise(cuts))
    for first, stop in (*pieces[::-2], *pieces[::2]):
        assert not SentRange.objects.filter(start=0, stop=size).exists()
        cozy.fetch(first, stop - 1)
    assert list(SentRange.objects.values_list("start", "stop")) == [(0, size)]
    assert cozy.finalize().status_code == 204
    assert ada.row.blocked == User.Blocked.MOVED


def test_one_byte_that_was_never_sent_is_one_too_many(cozy: PlayedTarget, ada: Person) -> None:
    cozy.fetch(0, 4_999_999)
    cozy.fetch(5_000_001)
    assert cozy.finalize().status_code == 409
    assert is_open(ada)


def test_a_tar_counts_as_well_but_not_half_of_each(cozy: PlayedTarget, ada: Person) -> None:
    export = Export.objects.get()
    size = export.parts.get().tar_size
    cozy.fetch(0, cozy.part_size // 2)
    tar = cozy.url() + "?format=tar"
    assert cozy.http.get(tar, headers={"Range": f"bytes={size // 2}-"}).status_code == 206
    assert sent.unsent_parts(export).exists()
    assert cozy.http.get(tar, headers={"Range": f"bytes=0-{size // 2}"}).status_code == 206
    assert not sent.unsent_parts(export).exists()


def test_what_the_person_or_anybody_else_fetches_is_not_sent_to_the_target(cozy: PlayedTarget, ada: Person) -> None:
    mine = links.opaque(Export.objects.get())
    assert mine != cozy.opaque
    assert cozy.http.get(cozy.url(opaque=mine)).status_code == 200
    assert not SentRange.objects.exists()
    assert cozy.finalize().status_code == 409
    assert is_open(ada)


def test_what_waits_in_the_memory_of_this_server_was_not_sent(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    """Whoever asks for everything and reads nothing has got no more than the sockets hold."""
    exporter.send_file("blobs", file_item("huge.bin"), LARGE * 4)
    target = PlayedTarget.of_a_cozy(wizard, ada, peer)
    with connection(target.http) as wire:
        wire.sendall(f"GET {target.url()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 200")
    eventually(lambda: Fetch.objects.filter(requests=1).exists())
    assert target.finalize().status_code == 409
    assert sent.bytes_sent(Export.objects.get()) < 30_000_000
    assert is_open(ada)


@pytest.mark.parametrize("is_reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize("wanted", ["", "Range: bytes=0-10,20-30\r\n", "Range: bytes=0-1199999\r\n"])
def test_what_the_kernel_had_taken_when_a_connection_broke_was_not_sent(
    cozy: PlayedTarget, ada: Person, wanted: str, is_reset: bool
) -> None:
    """Whoever reads one byte of everything, and goes, has next to nothing."""
    served = urlsplit(str(cozy.http.base_url))
    for _ in range(2):
        with socket.socket() as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.connect((served.hostname, served.port))
            wire.sendall(f"GET {cozy.url()} HTTP/1.1\r\nHost: 127.0.0.1\r\n{wanted}\r\n".encode())
            assert wire.recv(1) == b"H"
            time.sleep(0.3)
            if is_reset:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.3)
    assert sent.bytes_sent(Export.objects.get()) < 16 * 1024
    assert cozy.finalize().status_code == 409
    assert is_open(ada)


@pytest.mark.services
def test_a_download_that_broke_counts_up_to_what_was_noted_and_is_gone_on_with(
    cozy: PlayedTarget, ada: Person, settings: LazySettings
) -> None:
    settings.WHARF_DOWNLOAD_NOTED_EVERY = 0.05
    with connection(cozy.http) as wire:
        wire.sendall(f"GET {cozy.url()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        while not SentRange.objects.filter(start=0, stop__gt=0).exists():
            assert wire.recv(65_536), "it came to its end"
    counted = SentRange.objects.get().stop
    assert 10_000 < counted < cozy.part_size
    cozy.fetch(counted)
    assert cozy.finalize().status_code == 204


@pytest.mark.services
def test_of_scattered_ranges_only_so_many_are_kept_and_whoever_fetches_in_order_is_not_hindered(
    cozy: PlayedTarget, settings: LazySettings
) -> None:
    settings.WHARF_SENT_MOST_RANGES = 5
    for number in range(9):
        cozy.fetch(1000 * (9 - number), 1000 * (9 - number))
    assert SentRange.objects.count() == 5
    cozy.fetch()
    assert SentRange.objects.count() == 1
    assert cozy.finalize().status_code == 204


# What the target has already


def left_out(target: PlayedTarget) -> tuple[str, dict[str, Any]]:
    """All was fetched but the file. Returns the nonce, and what the source says of the file."""
    size = target.part_size
    target.fetch(0, 200_000)
    target.fetch(size - 300_000)
    target.ask_changes()
    head, *lines = target.prove()
    [file] = [line for line in lines if "sha256" in line]
    assert (len(head["nonce"]), head["checking"], file["size"]) == (64, 0, len(LARGE))
    for line in lines:
        if line is not file:
            target.fetch(line["at"], line["at"] + line["size"] - 1)
    return head["nonce"], file


def test_what_it_has_already_it_may_prove_under_the_nonce_of_the_source(ours: PlayedTarget, ada: Person) -> None:
    nonce, file = left_out(ours)
    assert ours.prove(proof_of(file, nonce, LARGE)) == [{"nonce": nonce, "checking": 1}]
    assert ours.has_source_check().proven_size == len(LARGE)
    assert ours.prove() == [{"nonce": nonce, "checking": 0}]
    assert ours.finalize().status_code == 204
    ours.move.refresh_from_db()
    assert (ours.move.state, ours.move.proven_count) == ("moved", 1)
    assert ours.move.receipt["left_out"] == {"files": 1, "size": len(LARGE), "proven_by": "HMAC-SHA-256"}
    assert not LeftOut.objects.exists()


@pytest.mark.parametrize("lie", ["the manifest's hash", "other bytes", "another nonce"])
def test_a_wrong_proof_calls_the_move_off(ours: PlayedTarget, ada: Person, lie: str) -> None:
    nonce, file = left_out(ours)
    match lie:
        case "the manifest's hash":
            claim = proof_of(file, nonce, LARGE) | {"hmac": file["sha256"]}
        case "other bytes":
            claim = proof_of(file, nonce, bytes(len(LARGE)))
        case _:
            claim = proof_of(file, "0" * 64, LARGE)
    ours.prove(claim)
    move = ours.has_source_check()
    assert "says that it has My Cozy/Files/root/foo/large.bin already, but it has other bytes" in move.error
    assert ours.finalize().status_code == 409
    assert is_open(ada)


def test_a_claim_that_nobody_has_checked_yet_closes_nothing(ours: PlayedTarget, ada: Person) -> None:
    nonce, file = left_out(ours)
    ours.prove(proof_of(file, nonce, LARGE))
    assert ours.finalize().status_code == 409
    assert is_open(ada)


def test_a_claim_about_what_is_no_file_proves_nothing(ours: PlayedTarget, ada: Person) -> None:
    nonce, file = left_out(ours)
    ours.prove(*(proof_of(file | one, nonce, LARGE) for one in ({"at": file["at"] + 1}, {"part": 7}, {"export": "f"})))
    move = ours.has_source_check()
    assert (move.state, move.proven_count, LeftOut.objects.count()) == ("catching up", 0, 0)
    assert ours.finalize().status_code == 409
    assert is_open(ada)


def test_a_target_of_an_earlier_version_that_left_something_out_is_told_what_to_do(
    ours: PlayedTarget, ada: Person
) -> None:
    ours.fetch(0, 200_000)
    ours.fetch(ours.part_size - 300_000)
    ours.ask_changes()
    detail = ours.finalize().json()["errors"][0]["detail"]
    assert "Its version is too old to prove that it has the rest already" in detail
    assert is_open(ada)


def test_the_nonce_is_of_one_move_alone(ours: PlayedTarget, ada: Person) -> None:
    nonce, _ = left_out(ours)
    assert [ours.prove()[0]["nonce"] for _ in range(2)] == [nonce, nonce]
    assert Move.objects.get().nonce == nonce


UNREADABLE = [
    b"[]\n",
    b"{}\n",
    b"nonsense",
    b'{"export": "ab", "part": 0, "at": 1, "hmac": "short"}',
    b'{"export": "ab", "part": 0, "at": 1e999, "hmac": "' + b"0" * 64 + b'"}',
    b'{"export": "ab", "part": 99999999999999999999, "at": 1, "hmac": "' + b"0" * 64 + b'"}',
    b'{"export": "../..", "part": 0, "at": 1, "hmac": "' + b"0" * 64 + b'"}',
    b"[" * 60_000,
    b"{}\n" * 21_000,
]


def test_what_can_not_be_read_is_refused(ours: PlayedTarget, subtests: pytest.Subtests) -> None:
    ours.ask_changes()
    for body, status in (*((body, 400) for body in UNREADABLE), (b" " * 70_000, 413)):
        with subtests.test(body=body[:100]):
            answer = ours.send_proof(body)
            assert (answer.status_code, answer.json()["errors"][0]["status"]) == (status, str(status))
            assert not LeftOut.objects.exists()


@pytest.mark.services
def test_proofs_are_taken_when_all_is_handed_over_and_no_more_than_can_wait(
    ours: PlayedTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ours.send_proof(b"").status_code == 409
    ours.ask_changes()
    claims = [{"export": "ab", "part": 0, "at": at, "hmac": "0" * 64} for at in range(250)]
    for number in range(4):
        ours.prove(*(claim | {"part": number} for claim in claims))
    assert ours.prove()[0]["checking"] == 1000
    refused = ours.send_proof(
        b"\n".join(b'{"export":"ab","part":9,"at":%d,"hmac":"%s"}' % (at, b"0" * 64) for at in range(200))
    )
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")


@pytest.mark.services
@pytest.mark.parametrize("moment", ["before the bytes are hashed", "when they are about to count"])
def test_killed_while_it_checks_the_source_goes_on(
    ours: PlayedTarget, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    nonce, file = left_out(ours)
    ours.prove(proof_of(file, nonce, LARGE))

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        if moment.startswith("before"):
            patched.setattr(checking, "keyed_hash", die)
        else:
            patched.setattr(sent, "note", die)
        worker.advance(ours.move.pk, at_once=True)
    Move.objects.update(heartbeat_at=None)
    assert (LeftOut.objects.count(), Move.objects.get().proven_count) == (1, 0)
    assert ours.has_source_check().proven_count == 1
    assert ours.finalize().status_code == 204


# Moves that stood when ranges began to be noted


def test_an_archive_that_stood_before_counts_by_its_last_byte_as_it_did_then(cozy: PlayedTarget, ada: Person) -> None:
    export = Export.objects.get()
    Export.objects.update(notes_ranges=False)
    assert cozy.finalize().status_code == 409
    Move.objects.update(state="waiting", ended_at=None, why="", error="")
    Export.objects.update(link=1)
    Fetch.objects.create(export=export, part=0, address="192.0.2.1", requests=1, ended=1)
    assert cozy.finalize().status_code == 204
    assert ada.row.blocked == User.Blocked.MOVED
