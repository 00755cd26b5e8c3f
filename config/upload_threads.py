"""Who may have a thread for a large upload, and who must yield one."""

import asyncio
import time
from collections import Counter
from contextlib import suppress

from config.body import GIVEN_UP
from config.stream import UploadStream

FAIR_WITHIN = 2.0  # seconds that somebody waits for whom others have more than their share
LOOKS_AGAIN = 0.05  # seconds, where somebody was told to yield


class UploadThreads:
    """The threads that uploads may take, and how many of them are one person's share.

    When all are taken, uploads whose senders have given up make room; and for who has less than a share, one of those
    who have more.
    """

    def __init__(self, number: int, share: int) -> None:
        self._number = number
        self._share = share
        self._taken: dict[UploadStream, int] = {}
        self._persons: Counter[int] = Counter()
        self._freed = asyncio.Condition()

    async def take(self, body: UploadStream, person: int) -> None:
        """Waits for a thread, without one."""
        since = time.monotonic()
        async with self._freed:
            while len(self._taken) >= self._number:
                wait = self._ask_to_yield(person, time.monotonic() - since)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._freed.wait(), timeout=max(wait, LOOKS_AGAIN))
            self._taken[body] = person
            self._persons[person] += 1

    async def free(self, body: UploadStream) -> None:
        """Gives it back; without one, that is no error."""
        async with self._freed:
            person = self._taken.pop(body, None)
            if person is not None:
                self._persons[person] -= 1
                self._freed.notify()

    def _ask_to_yield(self, person: int, waited: float) -> float:
        """Ends an upload in the way of this person's, if one may be. Returns seconds until one may be later."""
        slowest = max(self._taken, key=UploadStream.slow_for)
        left = GIVEN_UP - slowest.slow_for()
        if left <= 0:
            slowest.cut()
            return 0.0
        if self._persons[person] >= self._share:
            return left
        if waited < FAIR_WITHIN:
            return min(left, FAIR_WITHIN - waited)
        above = [body for body, other in self._taken.items() if self._persons[other] > self._share]
        if above and not any(body.is_cut for body in self._taken):
            max(above, key=UploadStream.slow_for).cut()
        return left if not above else 0.0
