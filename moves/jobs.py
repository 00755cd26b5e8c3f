"""What jobs that must end have in common: the row says what has to be done, whoever is woken does it, and only the last
one who began counts.

A worker claims a row and raises its epoch; every later update names that epoch, so that a worker that was thought dead
changes nothing. A thread gives a sign of life every second. A row whose worker died is found by its process's lock on
the same machine, or by its silence, and a worker is woken for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import waking
from accounts.outage import Outage
from accounts.texts import kept_text
from importers.content import processes
from importers.errors import SERVICE_ERRORS
from moves.background import BackgroundTask
from moves.models.run import Run

log = logging.getLogger("wharf.jobs")

BEAT = 1.0  # seconds between two signs of life
LEASE = timedelta(seconds=60)  # after so long without one, a run is dead
STALLED = 1800.0  # seconds without any progress, after which a run gives no more signs of life
WAKE_NEW = timedelta(seconds=30)  # when a message may have been lost, or its sender died before it
WAKE_AGAIN = timedelta(minutes=5)  # the same of what was to be done once a job had ended, when that is longer ago
# Seconds between tries while a service or another server is away, hours together
PAUSES = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 3600, 3600, 3600)
A_MOMENT = timedelta(seconds=10)
LOOK_EVERY = 1.0  # seconds between two looks of a command at a job that a worker does
SERVICE_FAILED = kept_text(
    "%(service)s of this server failed: %(why)s. Its operator can find more in the log.", sentences=["service"]
)
DISK = kept_text("The disk or the storage")
DATABASE = kept_text("The database or the storage")
PROGRAM_FAILED = kept_text("This server made a mistake (%(error)s). Its operator can find it in the log.")
TRIED_AGAIN_IN = kept_text("%(why)s Again in %(seconds)s s.", sentences=["why"])


class Fenced(Exception):
    """Another run has taken over, or the job or its account is gone: this one must end, and change nothing."""


# A run


def is_free(row: Run) -> bool:
    """Whether no run of it lives: none has begun, its process has ended, or its signs of life have."""
    if row.heartbeat_at is None or processes.is_dead(row.process):
        return True
    return type(row)._default_manager.filter(pk=row.pk, heartbeat_at__lt=Now() - LEASE).exists()


def take(row: Run, **columns: object) -> None:
    """Begins a run of a row that the caller has locked and found free. Its epoch is then that of the database."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    rows.update(epoch=F("epoch") + 1, heartbeat_at=Now(), process=processes.current(), **columns)


def update(row: Run, running: Q, **columns: object) -> None:
    """Changes the row and gives a sign of life, if this run still is the one. `running`: what is true of the row until
    the job has ended. Raises `Fenced`."""
    mine = type(row)._default_manager.filter(running, pk=row.pk, epoch=row.epoch)
    if not mine.update(heartbeat_at=Now(), **columns):
        raise Fenced


def let_go(row: Run, running: Q, **columns: object) -> None:
    """Ends a run before its end, which did not die but was told to stop: whoever comes next need not wait for it."""
    mine = type(row)._default_manager.filter(running, pk=row.pk, epoch=row.epoch)
    mine.update(heartbeat_at=None, process="", woken_at=Now(), **columns)


class Heart:
    """Calls `beat` every second in a thread, since a single step may take minutes.

    `beat` gives a sign of life and raises `Fenced` where the run was overtaken. `progress` returns something that
    differs whenever the run has come further: where it stays the same for long, the run hangs, and gives no more
    signs, so that another one takes over.
    """

    def __init__(self, beat: Callable[[], None], progress: Callable[[], object], stalled: float = STALLED) -> None:
        self._beat = beat
        self._progress = progress
        self._stalled = stalled
        self._done = threading.Event()
        self._fenced = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def still_mine(self) -> None:
        """Raises `Fenced` when this run must end."""
        if self._fenced.is_set():
            raise Fenced

    def _run(self) -> None:
        seen, moved = object(), time.monotonic()
        outage = Outage(log, "a run's sign of life")
        while not self._done.wait(BEAT):
            now = self._progress()
            if now != seen:
                seen, moved = now, time.monotonic()
            if time.monotonic() - moved > self._stalled:
                continue  # it hangs: let another one take over
            try:
                self._beat()
                outage.over()
            except Fenced:
                self._fenced.set()
                return
            except SERVICE_ERRORS as error:
                outage.failed(error)
            finally:
                connection.close()


def service(cause: Exception) -> str:
    """What failed, for a sentence about one of `SERVICE_ERRORS`."""
    return DISK if isinstance(cause, OSError) else DATABASE


def failure(cause: Exception) -> str:
    """One of `SERVICE_ERRORS` as a sentence for the person: why, without paths, hosts and statements, which are for the
    log."""
    why = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return SERVICE_FAILED % {"service": service(cause), "why": why}


def fault(cause: Exception) -> str:
    """A fault of this program as a sentence for the person: its kind, and where more is to be found."""
    return PROGRAM_FAILED % {"error": type(cause).__name__}


# Waking workers


def tell(task: BackgroundTask, pk: int, *, after: float = 0.0) -> None:
    """Has a worker told, for so many seconds from now. A message that is lost loses nothing: workers find the row."""
    waking.tell(task.value, pk, after=after)


def left_alone(unfinished: QuerySet[Any]) -> set[int]:
    """The keys of those rows that nobody works on, and of which nobody was told lately."""
    waiting = Q(heartbeat_at=None, woken_at__lt=Now() - WAKE_NEW)
    silent = Q(heartbeat_at__lt=Now() - LEASE, woken_at__lt=Now() - LEASE)
    rows: set[int] = set(unfinished.filter(waiting | silent).values_list("pk", flat=True))
    running = unfinished.filter(heartbeat_at__isnull=False).values_list("pk", "process", "woken_at")
    for pk, process, woken_at in running:
        if processes.is_dead(process) and woken_at < a_moment_ago():
            rows.add(pk)
    return rows


def mark_told(model: type[Run], keys: Iterable[int]) -> list[int]:
    """Notes that workers are told of these rows now. Returns their keys."""
    told = sorted(keys)
    model._default_manager.filter(pk__in=told).update(woken_at=Now())
    return told


def untold(since: str) -> Q:
    """Returns what is true of rows whose messages may have been lost. `since`: the column that says from when on
    somebody had to be told; soon after that they are told again at each look, later now and then."""
    soon = Q(**{f"{since}__gt": Now() - WAKE_AGAIN, f"{since}__lt": Now() - WAKE_NEW})
    return soon | Q(**{f"{since}__lt": Now() - WAKE_AGAIN}, woken_at__lt=Now() - WAKE_AGAIN)


def a_moment_ago() -> datetime:
    return timezone.now() - A_MOMENT
