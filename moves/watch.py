"""Work that can be ended from outside, and that must get on: whoever reads for long asks here, at each read.

A job sets its watch for its thread. What it calls needs to know nothing of jobs: it says how many bytes of entries
came, and asks before it waits. Without a watch, nothing is asked.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

LOOK_EVERY = 1.0  # seconds of waiting, after which it is asked again


class Watch(Protocol):
    """What a job wants of whoever works for it."""

    def look(self) -> None:
        """Raises what ends the job, where it must end."""

    def came(self, size: int) -> None:
        """So many bytes of entries were read, whether they are placed or found to be here already."""

    def failing(self, sentence: str) -> None:
        """Something fails, and is tried again: why. Empty when it goes on."""


class Fence:
    """A watch that only ends."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.look = look

    def came(self, size: int) -> None:
        """Nobody wants to know."""

    def failing(self, sentence: str) -> None:
        """Nor this."""


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """What this thread does inside is watched."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def is_watched() -> bool:
    """Whether somebody may end what this thread does."""
    return _watch.get() is not None


def look() -> None:
    """Raises what ends the job of this thread, where it must end."""
    if (watch := _watch.get()) is not None:
        watch.look()


def came(size: int) -> None:
    """So many bytes of entries of an archive were read, or passed over since they are here."""
    if (watch := _watch.get()) is not None:
        watch.came(size)


def failing(sentence: str) -> None:
    """What this thread does fails, and is tried again: why, as a sentence; empty when it goes on."""
    if (watch := _watch.get()) is not None:
        watch.failing(sentence)


def pause(seconds: float) -> None:
    """Waits, and asks meanwhile. Raises what `look` raises."""
    until = time.monotonic() + seconds
    look()
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_EVERY))
        look()
