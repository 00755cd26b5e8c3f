"""What is done again and again, and by one at a time, whoever tells of it and however often.

The row of a task says when it is due. A beat tells a worker; where no message comes, a worker sees by itself that it is
late. Whoever begins, begins for all: two beats, or ten workers, do no harm. Who is killed meanwhile gives no more signs
of life, and another one does it again.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import Error, connection
from django.db.models import Q
from django.utils import timezone

from accounts import waking
from accounts.models import PeriodicTask
from accounts.outage import Outage

log = logging.getLogger("wharf.periodic")

SIGN = 10.0  # seconds between two signs of life of whoever is at one
SILENCE = timedelta(seconds=60)  # after which nobody is
TOLD_AGAIN = timedelta(seconds=20)  # when a message may have been lost
LONGEST_FAILURE = 200  # characters


def note(schedule: dict[str, timedelta]) -> None:
    """Makes the rows of a schedule: how often each task is done, by name. New ones are due after their first pause."""
    now = timezone.now()
    rows = [PeriodicTask(name=name, due_at=now + pause) for name, pause in schedule.items()]
    PeriodicTask.objects.bulk_create(rows, ignore_conflicts=True)
    PeriodicTask.objects.exclude(name__in=schedule).filter(working_at=None).delete()


def due(late: timedelta = timedelta(0)) -> list[str]:
    """Returns the names of those that should have been begun for so long, or whose worker has died."""
    now = timezone.now()
    idle = Q(working_at=None, due_at__lte=now - late)
    return list(PeriodicTask.objects.filter(idle | _died(now)).order_by("due_at").values_list("name", flat=True))


def tell() -> None:
    """Tells a worker of each that is due. Of two beats, one does."""
    for name in due():
        now = timezone.now()
        told = Q(told_at=None) | Q(told_at__lte=now - TOLD_AGAIN)
        if PeriodicTask.objects.filter(told, name=name).update(told_at=now):
            waking.tell(name)


def wake(name: str) -> None:
    """Has a task done now, though its time has not come: an item has left something to it. Its row may not be there
    yet: a server takes items before the first worker has come up."""
    now = timezone.now()
    if not PeriodicTask.objects.filter(name=name).update(due_at=now):
        PeriodicTask.objects.bulk_create([PeriodicTask(name=name, due_at=now)], ignore_conflicts=True)
    waking.tell(name)


def is_due(name: str) -> bool:
    """Returns whether a task should be begun, and nobody is at it."""
    return PeriodicTask.objects.filter(name=name, working_at=None, due_at__lte=timezone.now()).exists()


class PeriodicTurn:
    """`mine`: whether the task is to be done now, by whoever has asked. `failure`: why that failed, for the row."""

    def __init__(self, begun: datetime | None) -> None:
        self.mine = begun is not None
        self.failure = ""


@contextmanager
def alone(name: str, every: timedelta, *, only_if_due: bool = False) -> Iterator[PeriodicTurn]:
    """Nobody else is at this task meanwhile, if the turn is `mine`; it is due again after `every`."""
    begun = _begin(name, every, only_if_due)
    turn = PeriodicTurn(begun)
    if begun is None:
        yield turn
        return
    ended = threading.Event()
    heart = threading.Thread(target=_give_signs, args=(name, begun, ended), name="periodic", daemon=True)
    heart.start()
    try:
        yield turn
    except Exception as error:
        turn.failure = f"{type(error).__name__}: {error}"
        raise
    finally:
        ended.set()
        heart.join()
        rows = PeriodicTask.objects.filter(name=name, begun_at=begun)
        rows.update(working_at=None, ended_at=timezone.now(), failure=turn.failure[:LONGEST_FAILURE])


def _begin(name: str, every: timedelta, only_if_due: bool) -> datetime | None:
    now = timezone.now()
    PeriodicTask.objects.get_or_create(name=name, defaults={"due_at": now})
    free = Q(working_at=None, due_at__lte=now) if only_if_due else Q(working_at=None)
    taken = PeriodicTask.objects.filter(free | _died(now), name=name)
    return now if taken.update(due_at=now + every, begun_at=now, working_at=now) else None


def _died(now: datetime) -> Q:
    return Q(working_at__lt=now - SILENCE)


def _give_signs(name: str, begun: datetime, ended: threading.Event) -> None:
    outage = Outage(log, f"a sign of life of {name}")
    while not ended.wait(SIGN):
        try:
            PeriodicTask.objects.filter(name=name, begun_at=begun).update(working_at=timezone.now())
            outage.over()
        except Error as error:
            outage.failed(error)
        finally:
            connection.close()
