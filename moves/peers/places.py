"""Places for calls to other servers that somebody waits for: so many in a process, and nobody has more than a part.

An account, the address that somebody asks from, and the other server have a share each, so that whoever makes this
server call one that says nothing keeps only the own calls waiting.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from django.conf import settings

from accounts.texts import kept_text

MOST_WAITING = 256  # calls that wait for a place, of which nobody has more than a quarter; others ask again later
TOO_MANY_CALLS = kept_text("Too many calls to other servers are under way just now. Try again in a moment.")


class NoPlace(Exception):
    """There is no place for a call just now, altogether or for whoever asks. Its text is a sentence."""

    retry_after = 5  # seconds

    def __init__(self) -> None:
        super().__init__(TOO_MANY_CALLS)


def account(pk: int) -> tuple[str, str]:
    """An account as whoever has a share; it has a quarter of the places."""
    return "account", str(pk)


def address(of: str) -> tuple[str, str]:
    """An address that somebody asks from; it has half of them."""
    return "address", of


def server(site: str) -> tuple[str, str]:
    """Another server, by its `site`; it has a quarter."""
    return "server", site


SHARES = {"account": 4, "address": 2, "server": 4}  # by how much the number of places is divided

Subject = tuple[str, str]


@dataclass(frozen=True)
class _Waiting:
    """Work that waits for a place."""

    key: str
    subjects: frozenset[Subject]
    work: Callable[[], None]


class CallPlaces:
    """The places of a process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = 0
        self._of: Counter[Subject] = Counter()
        self._waiting: deque[_Waiting] = deque()

    def take(self, subjects: Iterable[Subject]) -> "CallPlace":
        """A place for a call. Raises `NoPlace`."""
        wanted = frozenset(subjects)
        with self._guard:
            if not self._has_room(wanted):
                raise NoPlace
            return self._give(wanted)

    def run(self, subjects: Iterable[Subject], work: Callable[[], None], key: str) -> bool:
        """Does some work in a thread that has a place, now or when there is one; `key`: what waits once, however often
        it is wanted. Returns whether it has begun. Raises `NoPlace` where too many wait already."""
        wanted = frozenset(subjects)
        with self._guard:
            if any(one.key == key for one in self._waiting):
                return False
            if not self._has_room(wanted):
                if not self._may_wait(wanted):
                    raise NoPlace
                self._waiting.append(_Waiting(key, wanted, work))
                return False
            place = self._give(wanted)
        _in_thread(place, work)
        return True

    def free(self, subjects: frozenset[Subject]) -> None:
        """Gives a place back; whoever waits for longest, of those that may begin now, has it."""
        with self._guard:
            self._taken -= 1
            self._of.subtract(subjects)
            self._of += Counter()  # forgets those that have none
            begun = next((one for one in self._waiting if self._has_room(one.subjects)), None)
            if begun is None:
                return
            self._waiting.remove(begun)
            place = self._give(begun.subjects)
        _in_thread(place, begun.work)

    def _has_room(self, subjects: frozenset[Subject]) -> bool:
        most: int = settings.WHARF_PEER_CALLS
        return self._taken < most and all(self._of[one] < max(1, most // SHARES[one[0]]) for one in subjects)

    def _may_wait(self, subjects: frozenset[Subject]) -> bool:
        waiting = Counter(subject for one in self._waiting for subject in one.subjects)
        return len(self._waiting) < MOST_WAITING and all(waiting[one] < MOST_WAITING // 4 for one in subjects)

    def _give(self, subjects: frozenset[Subject]) -> "CallPlace":
        self._taken += 1
        self._of.update(subjects)
        return CallPlace(self, subjects)


class CallPlace:
    """A place that somebody has, until it is freed; a context manager."""

    def __init__(self, places: CallPlaces, subjects: frozenset[Subject]) -> None:
        self._places: CallPlaces | None = places
        self._subjects = subjects

    def free(self) -> None:
        places, self._places = self._places, None
        if places is not None:
            places.free(self._subjects)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()


def _in_thread(place: CallPlace, work: Callable[[], None]) -> None:
    def do() -> None:
        with place:
            work()

    threading.Thread(target=do, name="call to another server", daemon=True).start()


places = CallPlaces()
