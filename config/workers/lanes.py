"""A worker's pool: for each kind of work a few threads of its own, so that none waits for another kind.

Celery brings what it takes from the broker. A message only wakes: it is acknowledged when it has come, and dropped
where the same waits already.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Hashable
from typing import Any
from uuid import uuid4

from celery import current_app
from celery.app.trace import trace_task_ret
from celery.concurrency.base import BasePool
from django.conf import settings

from config.workers.children import Children
from config.workers.lane import Lane

log = logging.getLogger("wharf.workers")

STOPS_WITHIN = 15.0  # seconds that jobs may still take when the worker stops
NOTHING = (False, None, 0.0)  # what came of a job: it did not fail, has no result, took no time

Callback = Callable[..., object]


class Lanes(BasePool):
    """One `Lane` for each kind of work of `WHARF_LANES`; jobs of `WHARF_LANES_IN_CHILDREN` have their own processes."""

    body_can_be_buffer = True
    signal_safe = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lanes = {name: Lane(name, most) for name, most in settings.WHARF_LANES.items()}
        self._children = Children()

    @property
    def num_processes(self) -> int:
        """How much is taken from the broker at once, before anything of it is done."""
        return sum(settings.WHARF_LANES.values())

    def on_apply(
        self,
        target: Callback,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        callback: Callback | None = None,
        accept_callback: Callback | None = None,
        **_: Any,
    ) -> None:
        """Takes a task of the broker. What `args` are is said by `celery.app.trace.trace_task_ret`."""
        if accept_callback is not None:
            accept_callback(os.getpid(), time.monotonic())
        name, body = args[0], args[3]
        about = json.loads(bytes(body) if isinstance(body, bytes | bytearray | memoryview) else body)[:2]
        self._put(name, json.dumps(about, sort_keys=True), args)
        if callback is not None:
            callback(NOTHING)  # for Celery it is done: what comes of it is in the log and in the database

    def take(self, name: str, about: tuple[Any, ...]) -> None:
        """Takes a task that this process has found in the database."""
        uuid = str(uuid4())
        request = {"id": uuid, "task": name, "retries": 0, "delivery_info": {}}
        self._put(name, json.dumps([about, {}]), (name, uuid, request, (about, {}, {}), None, None))

    def _put(self, name: str, key: Hashable, call: tuple[Any, ...]) -> None:
        lane = self.lanes[lane_of(name)]
        if name in settings.WHARF_PERIODIC:
            lane.put((name, key), lambda: _periodically(name, call))
        elif lane.name in settings.WHARF_LANES_IN_CHILDREN:
            lane.put((name, key), lambda: self._children.run(call))
        else:
            lane.put((name, key), lambda: _do(call))

    def on_stop(self) -> None:
        for lane in self.lanes.values():
            lane.close()
        self._children.stop()
        until = time.monotonic() + STOPS_WITHIN
        for lane in self.lanes.values():
            if not lane.wait(until):
                log.warning("what runs of %s is left, and found again by another worker", lane.name)

    on_terminate = on_stop


def lane_of(task: str) -> str:
    """The kind of work that a task is."""
    of_task = settings.WHARF_LANE_OF_TASK.get(task)
    return str(of_task or settings.WHARF_LANE_OF[queue_of(task)])


def queue_of(task: str) -> str:
    """The name of the queue that a task's messages go to."""
    return str(current_app.amqp.router.route({}, task)["queue"].name)


def _do(call: tuple[Any, ...]) -> tuple[bool, Any, float]:
    failed, result, took = trace_task_ret(*call)
    return bool(failed), result, took


def _periodically(name: str, call: tuple[Any, ...]) -> None:
    from accounts import periodic, waking  # Celery loads its pool before Django is set up

    with periodic.alone(name, settings.WHARF_PERIODIC[name], only_if_due=True) as turn:
        if turn.mine:
            failed, result, _ = _do(call)
            turn.failure = str(result.exception) if failed else ""
    if turn.mine and not turn.failure and periodic.is_due(name):  # the message that woke it meanwhile found it at work
        waking.tell(name)
