"""What may come of a step."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from moves import jobs
from moves.models import Move


@dataclass(frozen=True)
class Done:
    """It is done: the move goes on to `to`, or to what the table of steps says comes next."""

    detail: str = ""
    to: Move.State | None = None
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """Nothing has failed, and nothing is to be done yet: look again after so many seconds; with None, when the other
    server calls."""

    seconds: float | None
    detail: str = ""


class TryAgain(Exception):
    """It failed, and may succeed when it is tried again: why, as a sentence."""


class GiveUp(Exception):
    """It failed for good: why, as a sentence; and the state that the move goes on to, if that is another one than the
    table of steps says."""

    def __init__(self, why: str, to: Move.State | None = None) -> None:
        super().__init__(why)
        self.to = to


class Turn:
    """One attempt of a step, by the one worker whose turn it is. `woken_at`: when somebody had last said that what the
    move waits for has come, as it began."""

    def __init__(self, move: Move) -> None:
        self.move = move
        self.woken_at = move.woken_at

    def lock(self) -> Move:
        """The move's row, and its owner's, locked to the end of the transaction. Raises `Fenced` where it is not our
        turn any more."""
        mine = Move.objects.lock(self.move.pk)
        found = mine.filter(epoch=self.move.epoch, state=self.move.state, ended_at=None).first()
        if found is None:
            raise jobs.Fenced
        return found

    def keep(self, **columns: Any) -> None:
        """Writes columns down, here and in the database. Raises `Fenced`."""
        jobs.update(self.move, Q(state=self.move.state, ended_at=None), **columns)
        for name, value in columns.items():
            setattr(self.move, name, value)

    def renew(self, lease: timedelta) -> None:
        """Puts the end of the state off, after a sign of life."""
        with transaction.atomic():
            self.keep(lease_until=timezone.now() + lease)
