"""Messages that wake a worker. What has to be done stands in the database, where every worker looks now and then; a
message only makes it quicker. So nobody waits until one is sent, and one that is lost loses nothing.

A thread sends them: a broker that hangs holds neither a request nor a job.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger("wharf.waking")

MOST_WAITING = 1000  # messages; what comes on top is found by the workers
STALE = 20.0  # seconds, after which a message tells nobody anything: workers have looked by themselves
LAST_WORDS = 3.0  # seconds that a process which ends has for its last messages

Take = Callable[[str, tuple[Any, ...]], None]  # has a task done, with these arguments

_directly: ContextVar[Take | None] = ContextVar("directly", default=None)


def tell(task: str, *args: Any, after: float = 0.0) -> None:
    """Has a worker do a task, in so many seconds. Returns at once."""
    if (take := _directly.get()) is not None:
        take(task, args)
    elif current_app.conf.task_always_eager:
        current_app.loader.import_default_modules()
        current_app.tasks[task].apply(args)
    else:
        send(task, args, after)


def send(task: str, args: tuple[Any, ...], after: float = 0.0) -> None:
    """Has a message sent, whoever may take it. Returns at once."""
    _messenger().put(Message(task, args, after, time.monotonic()))


@contextmanager
def directly(take: Take) -> Iterator[None]:
    """Whatever is told inside goes to `take`, and no broker is asked: of a worker, which takes it itself."""
    token = _directly.set(take)
    try:
        yield
    finally:
        _directly.reset(token)


def flush(seconds: float) -> None:
    """Waits until everything is sent, but no longer than this."""
    if _messenger.cache and _messenger.cache.process == os.getpid():
        _messenger.cache.flush(seconds)


@dataclass(frozen=True)
class Message:
    """`at`: when it was told, on the monotonic clock."""

    task: str
    args: tuple[Any, ...]
    after: float
    at: float


class Messenger:
    """The thread of a process that sends its messages, in order."""

    def __init__(self) -> None:
        self.process = os.getpid()  # a child that was forked has no such thread, and makes its own
        self._waiting: Queue[Message] = Queue(MOST_WAITING)
        threading.Thread(target=self._run, name="messenger", daemon=True).start()

    def put(self, message: Message) -> None:
        try:
            self._waiting.put_nowait(message)
        except Full:
            log.warning("too many messages wait for the broker; the workers find by themselves what they are about")

    def flush(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks and (left := ends - time.monotonic()) > 0:
                self._waiting.all_tasks_done.wait(left)

    def _run(self) -> None:
        while True:
            message = self._waiting.get()
            try:
                _send(message)
            except (OperationalError, OSError):
                log.warning("the broker took no message; the workers look by themselves", exc_info=True)
                self._forget()
            except Exception:  # whatever a transport raises, the next message is to be sent
                log.exception("a message could not be sent")
            finally:
                self._waiting.task_done()

    def _forget(self) -> None:
        """Leaves out what waited meanwhile: each would be tried for as long as this one."""
        while True:
            try:
                self._waiting.get_nowait()
            except Empty:
                return
            self._waiting.task_done()


def _send(message: Message) -> None:
    waited = time.monotonic() - message.at
    if waited > STALE:
        return
    countdown = max(0.0, message.after - waited) if message.after else None
    # What a message is about may be private: no log and no list of tasks shows it.
    current_app.send_task(message.task, message.args, countdown=countdown, retry=False, argsrepr="(...)")


class _Messengers:
    """The one of this process."""

    def __init__(self) -> None:
        self.cache: Messenger | None = None
        self._guard = threading.Lock()

    def __call__(self) -> Messenger:
        with self._guard:
            if self.cache is None or self.cache.process != os.getpid():
                self.cache = Messenger()
            return self.cache


_messenger = _Messengers()
atexit.register(flush, LAST_WORDS)
