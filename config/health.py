"""Is the server there, and can it do its work?"""

import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts import signs
from accounts.answering import AnswerTime, answered_in
from accounts.sizes import human_size
from audit import append_only
from config.celery import app
from importers.content.spool_file import counted
from importers.content.storage import ask_storage
from importers.search import installing as searching

log = logging.getLogger("wharf.health")

ANSWERED_WITHIN = 2.5  # seconds; whoever watches waits for 3
QUESTIONS_AT_ONCE = 10  # in BUSY seconds, after which an answer stands for all who ask in the next FRESH seconds
BUSY, FRESH = 10.0, 1.0
ABANDONED = 15.0  # seconds after which whoever still asks is forgotten: another one may get an answer
UNAVAILABLE = "unavailable"


@csrf_exempt  # nothing is changed, so that a POST is told what may be asked
@require_safe
def status(request: HttpRequest) -> JsonResponse:
    """`GET /status`: 200 as soon as the server answers; asks nothing behind it. `move.changes`: that this server knows
    `POST /move/changes`, as a source and as a target."""
    return JsonResponse({"status": "OK", "name": "Wharf", "move": {"changes": True}})


@csrf_exempt
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """`GET /status/ready`: 200 when database, storage and broker do as they are asked, or 503 and which does not. It
    takes 3 seconds at most, whatever hangs, and nothing is written for it.

    What requests can do without is a warning, with 200: a cache that is gone, workers or a beat that give no sign of
    life (what comes is kept, and waits for them), an audit trail that the database lets be changed, a search without
    its index, and a disk that is nearly full. With 503 an orchestrator would take the server away, and nobody could
    leave it.
    """
    answers = ask_all(QUESTIONS)
    if any(answers[name] == UNAVAILABLE for name in NEEDED):
        return JsonResponse({"status": UNAVAILABLE, **answers}, status=503)
    if warning := _disk_warning():
        log.warning(warning)
        return JsonResponse({"status": "warning", **answers, "disk": warning})
    if UNAVAILABLE in answers.values():
        return JsonResponse({"status": "warning", **answers})
    return JsonResponse({"status": "OK", **answers})


def _disk_warning() -> str:
    """What operators are told of a disk with little room; empty where there is enough."""
    disk = shutil.disk_usage(settings.WHARF_DATA_DIR)
    if disk.free >= settings.WHARF_LOW_DISK_BYTES:
        return ""
    spooled = f" {human_size(counted.size)} wait in the spool." if counted.size else ""
    free = f"{human_size(disk.free)} of {human_size(disk.total)} are free"
    return f"Nearly full: {free}. Without any, nothing is taken.{spooled}"


class NoSignOfLife(Exception):
    """No process is there that should be; its text says which. What comes in is kept all the same."""


class NotGuarded(Exception):
    """Nothing keeps the audit trail from being changed; its text says what. What comes in is told of all the same."""


class NoIndex(Exception):
    """Searching has no index; its text says what an operator does about it. People find what came lately all the
    same."""


class ServiceQuestion:
    """What is asked of one service, in a thread: one at a time, and all who ask meanwhile have the same answer."""

    def __init__(self, name: str, ask: Callable[[], None]) -> None:
        self.name = name
        self._ask = ask
        self._guard = threading.Lock()
        self._asked_at: deque[float] = deque(maxlen=QUESTIONS_AT_ONCE)
        self._asked = ServiceAnswer(is_there=True)

    def put(self) -> "ServiceAnswer":
        """Asks, unless that is being done, or is done too often. Returns the answer that comes."""
        now = time.monotonic()
        with self._guard:
            last = self._asked_at[-1] if self._asked_at else -ABANDONED
            is_busy = len(self._asked_at) == QUESTIONS_AT_ONCE and now - self._asked_at[0] < BUSY
            lasts = ABANDONED if not self._asked.is_there() else FRESH if is_busy else 0.0
            if now - last < lasts:
                return self._asked
            self._asked_at.append(now)
            asked = self._asked = ServiceAnswer()
        threading.Thread(target=self._run, args=(asked,), name=f"ready-{self.name}", daemon=True).start()
        return asked

    def _run(self, asked: "ServiceAnswer") -> None:
        try:
            with answered_in(AnswerTime(ANSWERED_WITHIN)):
                self._ask()
            asked.give("ok")
        except (NoSignOfLife, NotGuarded, NoIndex) as missing:
            log.warning("%s: %s", self.name, missing)
            asked.give(UNAVAILABLE)
        except Exception as error:  # whatever a driver raises, the answer is that the service does not work
            log.error("%s is not available", self.name, exc_info=error)
            asked.give(UNAVAILABLE)


class ServiceAnswer:
    """What a service has answered, or will."""

    def __init__(self, *, is_there: bool = False) -> None:
        self._said = UNAVAILABLE
        self._given = threading.Event()
        if is_there:
            self._given.set()

    def is_there(self) -> bool:
        return self._given.is_set()

    def give(self, said: str) -> None:
        self._said = said
        self._given.set()

    def by(self, deadline: float) -> str:
        """Returns "ok" or "unavailable", which is also what says nothing by then (of `time.monotonic`)."""
        return self._said if self._given.wait(max(0.0, deadline - time.monotonic())) else UNAVAILABLE


def ask_all(questions: Sequence[ServiceQuestion]) -> dict[str, str]:
    """Asks all of them side by side. Returns their answers by name."""
    deadline = time.monotonic() + ANSWERED_WITHIN
    answers = [(question.name, question.put()) for question in questions]
    return {name: answer.by(deadline) for name, answer in answers}


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations")
            cursor.fetchone()
    finally:
        connection.close()


def _ask_storage() -> None:
    ask_storage(default_storage)


def ask_broker() -> None:
    """Raises what the broker's driver raises where no message could be sent."""
    if folder := getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}).get("data_folder_out"):
        if not os.access(Path(folder), os.W_OK | os.X_OK):
            raise OSError("nothing can be put into the folder of the broker")
        return
    redis = settings.CELERY_BROKER_URL.startswith("redis")
    ends = {"socket_connect_timeout": ANSWERED_WITHIN, "socket_timeout": ANSWERED_WITHIN} if redis else {}
    with app.connection_for_write(connect_timeout=ANSWERED_WITHIN, transport_options=ends) as broker:
        broker.ensure_connection(max_retries=1, timeout=int(ANSWERED_WITHIN))


def _ask_cache() -> None:
    cache.get("ready")


def _ask_workers(missing: Callable[[], list[str]]) -> None:
    try:
        if sentences := missing():
            raise NoSignOfLife(" ".join(sentences))
    finally:
        connection.close()


def _ask_audit() -> None:
    try:
        if lacking := append_only.lacking(connection):
            raise NotGuarded(f"The database does not refuse {', '.join(lacking)}: run `manage.py migrate`.")
    finally:
        connection.close()


def _ask_search() -> None:
    try:
        if advice := searching.lacking(connection):
            raise NoIndex(advice)
    finally:
        connection.close()


QUESTIONS = [
    ServiceQuestion("database", _ask_database),
    ServiceQuestion("storage", _ask_storage),
    ServiceQuestion("broker", ask_broker),
    ServiceQuestion("cache", _ask_cache),
    ServiceQuestion("audit", _ask_audit),
    ServiceQuestion("search", _ask_search),
    ServiceQuestion("workers", lambda: _ask_workers(signs.missing_workers)),
    ServiceQuestion("beat", lambda: _ask_workers(signs.missing_beat)),
]
NEEDED = ("database", "storage", "broker")
