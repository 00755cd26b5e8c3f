"""The queue of those who write to one SQLite database in this process.

SQLite lets one write at a time; the others it lets sleep and look again, in an order that is chance: with many, some
never come to write. Here they write in the order in which they came. Between processes SQLite's own waiting remains,
with one of each process.
"""

import os
import threading
from collections import deque
from functools import cache
from weakref import WeakSet

_queues: "WeakSet[WriterQueue]" = WeakSet()


class WriterQueue:
    """First come, first served."""

    def __init__(self) -> None:
        self.reset()
        _queues.add(self)

    def reset(self) -> None:
        """Nobody writes. For a process that was forked off: its threads are gone, whatever they held."""
        self._mutex = threading.RLock()  # one that garbage collection may enter from inside
        self._writer: WriterTurn | None = None
        self._waiting: deque[tuple[WriterTurn, threading.Lock]] = deque()

    def enter(self, turn: "WriterTurn", seconds: float) -> bool:
        """Waits for so long until it is the turn's time to write. Returns whether it is."""
        called = threading.Lock()
        called.acquire()
        place = (turn, called)
        with self._mutex:
            if self._writer is None:
                self._writer = turn
                return True
            self._waiting.append(place)
        if called.acquire(timeout=seconds):
            return True
        with self._mutex:
            if self._writer is turn:  # called just now
                return True
            self._waiting.remove(place)
        return False

    def leave(self, turn: "WriterTurn") -> None:
        """Calls the next one, where this one writes."""
        with self._mutex:
            if self._writer is not turn:
                return
            self._writer, called = self._waiting.popleft() if self._waiting else (None, None)
            if called is not None:
                called.release()


class WriterTurn:
    """What one connection holds while it writes."""

    def __init__(self, queue: WriterQueue) -> None:
        self._queue = queue
        self._is_held = False

    @property
    def is_held(self) -> bool:
        return self._is_held

    def take(self, seconds: float) -> bool:
        """Waits for it. Returns whether it is held."""
        self._is_held = self._is_held or self._queue.enter(self, seconds)
        return self._is_held

    def give_up(self) -> None:
        """Without it, that is no error."""
        if self._is_held:
            self._is_held = False
            self._queue.leave(self)


@cache
def queue_of(database: str) -> WriterQueue:
    """Returns the one queue of a database, which is named by its path."""
    return WriterQueue()


def _reset_all() -> None:
    for queue in _queues:
        queue.reset()


os.register_at_fork(after_in_child=_reset_all)
