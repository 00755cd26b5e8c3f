"""An account is deleted while it moves: the other server is told that nothing comes, or that nobody waits any more."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from moves.models import Farewell, Move
from moves.moving import farewells
from tests.support.arrivals import announced
from tests.support.deleting import delete
from tests.support.exporter import Person
from tests.support.fake_server import FakeCall, FakeReply, FakeServer
from tests.support.leaving import asked, handed_over, the_end
from tests.support.moving import MoveWizard

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("trusting")]


@pytest.fixture
def peer(server: str) -> Any:
    with FakeServer() as peer:
        peer.says("GET /status", FakeReply(200, {"message": "OK"}))
        peer.says("POST /move/importing", FakeReply(204))
        peer.says("POST /move/imports", FakeReply(303, headers={"Location": f"{peer.url}/move/importing"}))
        peer.says("POST /move/abort", FakeReply(204))
        yield peer


def work() -> None:
    """What the worker would do."""
    for pk in Farewell.objects.values_list("pk", flat=True):
        farewells.say(pk)


def told(peer: FakeServer) -> list[tuple[str, str]]:
    """The token and the reason of each call that a move is off."""
    return [(call.token, call.attributes["reason"]) for call in peer.called("POST /move/abort")]


def test_a_target_is_told_that_the_account_it_waits_for_was_deleted(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    handed_over(wizard, ada, peer)
    delete(ada.row)
    assert not Move.objects.exists()
    work()
    assert told(peer) == [("token-of-the-target", "The account was deleted at the other server.")]
    assert not Farewell.objects.exists()
    work()
    assert len(told(peer)) == 1


def test_a_source_is_told_that_the_account_it_hands_over_to_was_deleted(ada: Person, peer: FakeServer) -> None:
    for number, state in enumerate((Move.State.IMPORTING, Move.State.FINALIZING, Move.State.CALLING_OFF)):
        ben = Person.create(f"ben{number}").row
        announced(ben, state=state, peer_url=f"{peer.url}/", peer_token=f"token-{number}")
        delete(ben)
    work()
    assert [token for token, _ in told(peer)] == ["token-0", "token-1", "token-2"]


def test_an_operator_who_deletes_the_account_tells_them_as_well(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    handed_over(wizard, ada, peer)
    User.objects.filter(pk=ada.row.pk).delete()
    work()
    assert len(told(peer)) == 1


def test_nobody_is_told_of_a_move_that_was_never_confirmed_or_has_ended(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    asked(wizard, ada, peer)
    ben = Person.create("ben").row
    announced(ben, state=Move.State.ARRIVED, ended_at=timezone.now(), peer_url=peer.url, peer_token="token")
    delete(ada.row)
    delete(ben)
    work()
    assert not peer.calls


def test_it_is_tried_again_while_nobody_answers_but_not_for_ever(
    ada: Person, peer: FakeServer, settings: LazySettings
) -> None:
    announced(ada.row, state=Move.State.IMPORTING, peer_url=f"{peer.url}/", peer_token="token")
    delete(ada.row)
    peer.says("POST /move/abort", FakeReply(503))
    work()
    work()  # its time has not come
    assert len(told(peer)) == 1
    Farewell.objects.update(next_at=timezone.now())
    work()
    owed = Farewell.objects.get()
    assert (len(told(peer)), owed.tries) == (2, 2)
    assert owed.next_at > timezone.now() + timedelta(seconds=5)
    Farewell.objects.update(next_at=timezone.now(), created_at=timezone.now() - settings.WHARF_MOVE_CALL_OFF)
    work()
    assert not Farewell.objects.exists()


def test_two_workers_tell_it_once(ada: Person, peer: FakeServer) -> None:
    announced(ada.row, state=Move.State.IMPORTING, peer_url=f"{peer.url}/", peer_token="token")
    delete(ada.row)
    pk = Farewell.objects.get().pk

    def meanwhile(_: FakeCall) -> FakeReply:
        farewells.say(pk)
        return FakeReply(204)

    peer.says("POST /move/abort", meanwhile)
    work()
    assert len(told(peer)) == 1


def test_the_account_is_deleted_also_where_a_target_says_at_that_moment_that_all_arrived(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    move, token = handed_over(wizard, ada, peer)
    delete(ada.row)
    late = wizard.http.post("/move/finalize", headers={"Authorization": f"Bearer {token}"})
    assert late.status_code == 401
    with pytest.raises(Move.DoesNotExist):
        the_end(move)
