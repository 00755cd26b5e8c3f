"""The threads of one kind of work."""

import logging
import threading
import time
from collections.abc import Callable, Hashable

log = logging.getLogger("wharf.workers")


class Lane:
    """Does at most `most` jobs at once, each in a thread, and the others in the order in which they came. A thread is
    begun when it is needed for the first time. The same job, by its key, waits once however often it comes."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.most = most
        self._waiting: dict[Hashable, Callable[[], object]] = {}
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._stops = False

    def put(self, key: Hashable, job: Callable[[], object]) -> bool:
        """Takes a job. False where the same waits already, or nothing is begun any more."""
        with self._changed:
            if self._stops or key in self._waiting:
                return False
            self._waiting[key] = job
            if self._idle >= len(self._waiting):
                self._changed.notify()
            elif self._threads < self.most:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{self.name}-{self._threads}", daemon=True).start()
        return True

    def close(self) -> None:
        """Nothing is begun any more. What waits is in the database."""
        with self._changed:
            self._stops = True
            self._waiting.clear()
            self._changed.notify_all()

    def wait(self, until: float) -> bool:
        """Waits for what runs, until then on the monotonic clock. Returns whether all of it has ended."""
        with self._changed:
            while self._threads and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return not self._threads

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except BaseException:  # a thread that ended by it would be missed for ever
                log.exception("a job failed by a fault of this program")

    def _next(self) -> Callable[[], object] | None:
        with self._changed:
            self._idle += 1
            while not self._waiting and not self._stops:
                self._changed.wait()
            self._idle -= 1
            if self._stops:
                self._threads -= 1
                self._changed.notify_all()
                return None
            return self._waiting.pop(next(iter(self._waiting)))
