"""The operator's limit of items for one person and client: what comes faster waits for its turn."""

import logging
import math
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.cache import cache

from importers import errors
from importers.receiving.turn import ItemTurn

PATIENCE = 7.0  # seconds that a request may wait: an exporter sends one item after the other, and gives up after 10
MINUTE = 60.0

log = logging.getLogger("wharf.importers")

_guard = Lock()


def must_wait(turn: ItemTurn | None, owner: int, client: int) -> bool:
    """Returns whether the request has to wait for its turn, which `turn` then says, before anything of it is read.

    A minute's items may come at once; after them one comes each time that it is a turn, as in the leaky bucket of
    ITU-T I.371. Raises 429 where it would be longer than an exporter waits. Threads of one process are counted exactly,
    processes nearly. While the cache is gone, everything passes: an exporter's item is worth more than its rate.
    """
    limit = settings.WHARF_ITEMS_PER_MINUTE
    if not limit or (turn is not None and turn.taken):
        return False
    key = f"items:{owner}:{client}"
    with _guard:
        if _cache.is_gone:
            return False
        now = time.time()
        next_free = max(now, _cache.next_free(key))
        seconds = max(0.0, next_free + MINUTE / limit - MINUTE - now)
        if seconds > (PATIENCE if turn is not None else 0.0):
            raise errors.too_many_requests(seconds)
        _cache.keep(key, next_free + MINUTE / limit)
    if turn is not None:
        turn.seconds = seconds
    return seconds > 0


class _RateCache:
    """The cache, which is not asked again for a while after it has failed: a second's wait for each item would be
    another limit."""

    AWAY = 30.0  # seconds

    def __init__(self) -> None:
        self._failed_at = -math.inf

    @property
    def is_gone(self) -> bool:
        """Whether it failed a moment ago."""
        return time.monotonic() - self._failed_at < self.AWAY

    def next_free(self, key: str) -> float:
        """When the next turn is free, in seconds since the epoch; 0 where nothing is known."""
        return float(self._ask(lambda: cache.get(key, 0.0)) or 0.0)

    def keep(self, key: str, next_free: float) -> None:
        """Remembers it."""
        self._ask(lambda: cache.set(key, next_free, 2 * MINUTE))

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except Exception as error:  # whatever its driver raises, the cache does not work
            self._failed_at = time.monotonic()
            log.error("the cache does not answer, so no item is held back", exc_info=error)
            return None


_cache = _RateCache()
