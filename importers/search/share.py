"""How many searches of one person a process does at once: nobody keeps the threads and the database from others by
asking again and again."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MOST_AT_ONCE = 2

_guard = threading.Lock()
_under_way: Counter[int] = Counter()


@contextmanager
def search_of(person: int) -> Iterator[bool]:
    """Within it a person searches. Yields whether they may: not while so many searches of theirs are under way."""
    with _guard:
        may = _under_way[person] < MOST_AT_ONCE
        if may:
            _under_way[person] += 1
    try:
        yield may
    finally:
        if may:
            with _guard:
                _under_way[person] -= 1
                if not _under_way[person]:
                    del _under_way[person]
