"""Every worker looks into the database itself, as soon as it starts and now and then: what has to be done stands there,
also when no message tells of it."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import connection

from accounts import letters, periodic, signs, waking
from accounts.models import ProcessSign
from accounts.outage import Outage
from config.workers.lanes import Lanes, queue_of
from importers.errors import SERVICE_ERRORS
from importers.search import index as search
from importers.thumbnails import job as thumbnails
from moves.exports import job as exports
from moves.imports.running import ending
from moves.imports.running import job as imports
from moves.moving import farewells, worker
from moves.moving import mails as moving_mails

log = logging.getLogger("wharf.workers")

LATE = timedelta(seconds=20)  # after which a beat's message is missed
ENDS_WITHIN = 5.0  # seconds


def _periodic() -> None:
    for name in periodic.due(LATE):
        waking.tell(name)


# What finds the work of each lane.
LOOKS: Mapping[str, tuple[Callable[[], object], ...]] = {
    "periodic": (_periodic,),
    "mail": (letters.revive, exports.revive_mails, ending.revive_mails, moving_mails.revive),
    "moves": (worker.revive, farewells.revive, ending.revive),
    "archives": (exports.revive, imports.revive),
    "thumbnails": (thumbnails.look,),
}
# What people wait for is looked for more often.
QUICK_LOOKS: Mapping[str, tuple[Callable[[], object], ...]] = {"periodic": (search.look,)}
QUICK = 2.0  # seconds


class Lookout(bootsteps.StartStopStep):
    """The thread of a worker that looks for what its queues are about, and gives a sign of life."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **_: Any) -> None:
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, worker: Any) -> None:
        queues = list(worker.app.amqp.queues.consume_from)
        self._thread = threading.Thread(target=self._run, args=(worker.pool, queues), name="lookout", daemon=True)
        self._thread.start()

    def stop(self, worker: Any) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(ENDS_WITHIN)

    def _run(self, pool: Lanes, queues: list[str]) -> None:
        sign = signs.Sign(ProcessSign.Kind.WORKER, queues)
        steps: list[Callable[[], object]] = [sign.give]
        if settings.CELERY_TASK_DEFAULT_QUEUE in queues:
            steps.append(lambda: periodic.note(settings.WHARF_PERIODIC))
        outage = Outage(log, "a look into the database")
        _look(steps, outage)
        lanes = {settings.WHARF_LANE_OF[queue] for queue in queues}
        looks = [sign.give, *(look for lane, found in LOOKS.items() for look in found if lane in lanes)]
        quick = [look for lane, found in QUICK_LOOKS.items() for look in found if lane in lanes]
        with waking.directly(lambda task, about: _take(pool, queues, task, about)):
            while True:
                _look([*looks, *quick], outage)
                if self._wait(settings.WHARF_WORKER_LOOKS_EVERY, quick, outage):
                    break
        _look([sign.end], outage)

    def _wait(self, seconds: float, quick: list[Callable[[], object]], outage: Outage) -> bool:
        """Waits for so long, and takes the quick looks meanwhile. Returns whether the worker stops."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._ended.wait(min(left, QUICK) if quick else left):
                return True
            if left > QUICK:
                _look(quick, outage)
        return self._ended.is_set()


def _take(pool: Lanes, queues: list[str], task: str, about: tuple[Any, ...]) -> None:
    """Takes what is this worker's, and sends a message for everybody else."""
    if queue_of(task) in queues:
        pool.take(task, about)
    else:
        waking.send(task, about)


def _look(steps: list[Callable[[], object]], outage: Outage) -> None:
    """Takes each of these steps, even where one fails."""
    failed = False
    for step in steps:
        try:
            step()
        except SERVICE_ERRORS as error:
            outage.failed(error)
            failed = True
        except Exception:  # whatever it is, the next look is to come
            log.exception("a look into the database failed by a fault of this program")
    if not failed:
        outage.over()
    connection.close()
