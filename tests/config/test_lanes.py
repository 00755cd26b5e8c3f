"""The threads of a worker: none waits for another kind of work, and the same job waits once."""

import threading
import time
from collections.abc import Callable

from config.workers.lane import Lane
from tests.support.waiting import eventually


def test_so_many_run_at_once_and_the_others_in_the_order_in_which_they_came() -> None:
    lane, released = Lane("test", 2), threading.Event()
    begun: list[int] = []

    def job(number: int) -> Callable[[], None]:
        def run() -> None:
            begun.append(number)
            released.wait(10)

        return run

    for number in range(5):
        assert lane.put(number, job(number))
    eventually(lambda: len(begun) == 2)
    assert not lane.put(4, job(4))  # the same waits already
    released.set()
    eventually(lambda: len(begun) == 5)
    assert set(begun[:2]) == {0, 1}
    assert lane.put(4, job(4))  # it waits no more
    eventually(lambda: begun.count(4) == 2)
    lane.close()
    assert lane.wait(time.monotonic() + 60)


def test_a_job_that_fails_takes_no_thread_with_it() -> None:
    lane, done = Lane("test", 1), threading.Event()

    def fails() -> None:
        raise SystemExit(3)

    lane.put("fails", fails)
    lane.put("works", done.set)
    assert done.wait(60)
    lane.close()
    assert not lane.put("late", done.set)


def test_who_stops_is_told_of_what_still_runs() -> None:
    lane, began, released = Lane("test", 1), threading.Event(), threading.Event()

    def long() -> None:
        began.set()
        released.wait(10)

    lane.put("long", long)
    assert began.wait(60)
    lane.put("never", lambda: released.set())
    lane.close()
    assert not lane.wait(time.monotonic() + 0.1)
    assert not released.is_set()
    released.set()
    assert lane.wait(time.monotonic() + 60)
