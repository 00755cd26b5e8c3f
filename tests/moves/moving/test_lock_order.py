"""Whoever changes a move has locked its person first, so that two who want both never wait for each other."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from moves.errors import JsonApiRefusal
from moves.models import Move
from moves.moving import finalizing, worker
from tests.support.arrivals import announced
from tests.support.exporter import Person
from tests.support.waiting import eventually

pytestmark = pytest.mark.services


def stopped(move: Move) -> None:
    finalizing.stop(move.pk, "ada")


def aborted(move: Move) -> None:
    finalizing.abort(move.pk, "")


def arrived(move: Move) -> None:
    with suppress(JsonApiRefusal):
        finalizing.accept_arrival(move.pk, {})


def asked_for_changes(move: Move) -> None:
    with suppress(JsonApiRefusal):
        finalizing.changes(move.pk, only_changes=True)


def taken_up(move: Move) -> None:
    worker.advance(move.pk, at_once=True)


@pytest.mark.parametrize("change", [stopped, aborted, arrived, asked_for_changes, taken_up])
def test_a_move_is_free_while_whoever_wants_it_waits_for_its_person(
    ada: Person, change: Callable[[Move], None]
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time has locked everything")
    move = announced(ada.row, lease_until=timezone.now() - timedelta(hours=1))

    def run() -> None:
        try:
            change(move)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=ada.row.pk)
        thread.start()
        eventually(_somebody_waits)
        # Were it locked already, this would raise, and without `nowait` both would wait for ever.
        assert Move.objects.select_for_update(nowait=True).get(pk=move.pk)
    thread.join(30)
    assert not thread.is_alive()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
