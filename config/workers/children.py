"""Processes of their own for jobs on archives: what one takes of memory and of Python's lock, no other job has to give.

They live only while there is something to do: a child is started for a job, kept for a moment, since another one may
come, and then ends.
"""

import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from django.conf import settings

log = logging.getLogger("wharf.workers")

ENDS_WITHIN = 10.0  # seconds that one has to let go of its job, when it was told to stop

Call = tuple[Any, ...]  # the arguments of `celery.app.trace.trace_task_ret`


class Children:
    """Those of a worker."""

    def __init__(self) -> None:
        self._idle: list[tuple[float, Child]] = []  # since when on the monotonic clock, longest first
        self._busy: set[Child] = set()
        self._guard = threading.Lock()
        self._stops = False

    def run(self, call: Call) -> None:
        """Has a child do a job, and waits for it. If the child dies, that is said; the database knows of the job."""
        child = self._take()
        if child is None:
            return
        done = False
        try:
            done = child.do(call)
        finally:
            with self._guard:
                self._busy.discard(child)
                if done and not self._stops:
                    self._idle.append((time.monotonic(), child))
                    self._end_idle_later()
                    child = None
            if child is not None:
                child.end()
                if not done and not self._stops:
                    log.error("the process that did %s has ended by %s; it is found again", call[0], child.ended_by)

    def stop(self) -> None:
        """Tells all of them to let go of their jobs and to end."""
        with self._guard:
            self._stops = True
            busy, idle = list(self._busy), [child for _, child in self._idle]
            self._idle = []
        for child in (*busy, *idle):
            child.tell_to_end()
        for child in busy:
            child.wait()  # whoever waits for its job is told by the line that ends
        for child in idle:
            child.end()

    def _take(self) -> "Child | None":
        with self._guard:
            if self._stops:
                return None
            child = self._idle.pop()[1] if self._idle else Child()
            self._busy.add(child)
            return child

    def _end_idle_later(self) -> None:
        timer = threading.Timer(settings.WHARF_CHILD_LINGERS + 0.1, self._end_idle)
        timer.daemon = True
        timer.start()

    def _end_idle(self) -> None:
        too_long = time.monotonic() - settings.WHARF_CHILD_LINGERS
        with self._guard:
            ending = [child for since, child in self._idle if since <= too_long]
            self._idle = [(since, child) for since, child in self._idle if since > too_long]
        for child in ending:
            child.end()


class Child:
    """One such process. It ends with its worker, however that ends, since the line between them does (see child.py)."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "config.workers.child", str(theirs.fileno())]
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], cwd=Path(settings.BASE_DIR)
            )
        self._line = Connection(ours.detach())

    def do(self, call: Call) -> bool:
        """Returns whether it was done; False where the process has died."""
        try:
            self._line.send(call)
            self._line.recv()
        except (EOFError, OSError):
            return False
        return True

    def tell_to_end(self) -> None:
        with suppress(OSError):
            self._process.terminate()

    def end(self) -> None:
        """Tells it that there is nothing more to do, and waits for its end."""
        self._line.close()
        self.wait()

    def wait(self) -> None:
        """Waits for its end, and kills it when that takes too long."""
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def ended_by(self) -> str:
        code = self._process.returncode
        return signal.Signals(-code).name if code and code < 0 else f"exit code {code}"
