"""An account that is deleted while it moves: the move is called off first, and the other server is told so.

The account takes the rows of its moves with it. What the call needs stays behind in a row of its own.
"""

import logging
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.texts import kept_text
from moves import jobs
from moves.background import BackgroundTask
from moves.models import Farewell, Move
from moves.models.move import State
from moves.moving import peer_api
from moves.peers.errors import PeerError

log = logging.getLogger("wharf.moves")

DELETED = kept_text("The account was deleted at the other server.")
FIRST_PAUSE = 5.0  # seconds until it is tried again; each time twice as long...
LONGEST_PAUSE = 600.0  # ...but no longer than this
TOLD_WITHIN = timedelta(minutes=2)  # in which whoever tries has tried, or is dead


def owe(instance: User, **_: Any) -> None:
    """Before an account goes, by whatever path: what its moves owe to other servers is written down, in the transaction
    that deletes them. Whoever decides about one of these moves meanwhile has done so before, or finds none."""
    running = Move.objects.select_for_update(of=("self",)).filter(owner=instance, ended_at=None)
    for move in running.exclude(state=State.REQUESTED):
        if move.peer_token and move.peer_url:
            owed = Farewell.objects.create(peer_url=move.peer_url, peer_token=move.peer_token)
            transaction.on_commit(partial(jobs.tell, BackgroundTask.SAY_FAREWELL, owed.pk))


def say(pk: int) -> None:
    """Tells one server that the move is off, unless somebody else does. What it makes of it is its own business."""
    now = timezone.now()
    if not Farewell.objects.filter(pk=pk, next_at__lte=now).update(next_at=now + TOLD_WITHIN, tries=F("tries") + 1):
        return
    owed = Farewell.objects.get(pk=pk)
    try:
        peer_api.abort(Move(peer_url=owed.peer_url, peer_token=owed.peer_token, why=Move.Why.STOPPED), DELETED)
    except PeerError as error:
        if error.temporary and now - owed.created_at < settings.WHARF_MOVE_CALL_OFF:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(owed.tries - 1, 10))
            Farewell.objects.filter(pk=pk).update(next_at=timezone.now() + timedelta(seconds=pause))
            return
        log.warning("a server was not told that a move is off, whose account was deleted: %s", error.code)
    Farewell.objects.filter(pk=pk).delete()


def revive() -> None:
    """Wakes a worker for everybody who is still to be told."""
    for pk in list(Farewell.objects.filter(next_at__lte=timezone.now()).values_list("pk", flat=True)):
        jobs.tell(BackgroundTask.SAY_FAREWELL, pk)
