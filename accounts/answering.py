"""How long whoever waits for an answer may still be kept waiting by the services behind this server.

An exporter gives up after 10 seconds without a word, and a browser's person not much later. So each call to a service
in a request ends in time, and what it would have done is answered 503. A job and a command wait as long as it takes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LEAST = 1.0  # seconds that each call has, however late it is
LAST = 0.1  # seconds that it has instead where one before it was given up: that should have been the last one

_time: ContextVar["AnswerTime | None"] = ContextVar("answer_time", default=None)
_server: list[float] = []  # seconds that a call may take where nobody knows who waits; none in jobs and commands


class AnswerTime:
    """The seconds within which somebody is answered, of whom `waited` are over."""

    def __init__(self, seconds: float, waited: float = 0.0) -> None:
        self.seconds = seconds
        self.since = time.monotonic() - waited
        self.has_given_up = False  # whether a service said nothing in time

    def again(self) -> None:
        """Begins anew: whoever waits has sent something meanwhile, and waits from now on."""
        self.since = time.monotonic()
        self.has_given_up = False

    @property
    def left(self) -> float:
        """Seconds; negative where it is over."""
        return self.since + self.seconds - time.monotonic()


@contextmanager
def answered_in(answer_time: AnswerTime) -> Iterator[AnswerTime]:
    """Within it, calls to services take no longer than the time allows."""
    token = _time.set(answer_time)
    try:
        yield answer_time
    finally:
        _time.reset(token)


def serve(seconds: float) -> None:
    """This process answers requests: a call of which nobody knows who waits for it takes so long at most."""
    _server[:] = [seconds]


def is_server() -> bool:
    """Whether this process answers requests."""
    return bool(_server)


def seconds_for_call(most: float | None = None) -> float | None:
    """Returns how many seconds a call to a service may take, at most `most`; None where nobody waits for it."""
    answer_time = _time.get()
    if answer_time is not None:
        left = max(LAST if answer_time.has_given_up else LEAST, answer_time.left)
    elif _server:
        left = _server[0]
    else:
        return most
    return left if most is None else min(left, most)


def give_up() -> None:
    """Notes that a service has said nothing in time. What the same request asks of one after that, such as to write
    down why it failed, keeps nobody waiting."""
    if (answer_time := _time.get()) is not None:
        answer_time.has_given_up = True
