"""The operator's limit of items for one person and client: what comes faster waits for its turn."""

import time
from threading import Lock

from django.conf import settings
from django.core.cache import cache

from importers import errors
from importers.receiving.turn import ItemTurn

PATIENCE = 7.0  # seconds that a request may wait: an exporter sends one item after the other, and gives up after 10
MINUTE = 60.0

_guard = Lock()


def must_wait(turn: ItemTurn | None, owner: int, client: int) -> bool:
    """Returns whether the request has to wait for its turn, which `turn` then says, before anything of it is read.

    A minute's items may come at once; after them one comes each time that it is a turn, as in the leaky bucket of
    ITU-T I.371. Raises 429 where it would be longer than an exporter waits. Threads of one process are counted exactly,
    processes nearly.
    """
    limit = settings.WHARF_ITEMS_PER_MINUTE
    if not limit or (turn is not None and turn.taken):
        return False
    key = f"items:{owner}:{client}"
    with _guard:
        now = time.time()
        next_free = max(now, cache.get(key, 0.0))
        seconds = max(0.0, next_free + MINUTE / limit - MINUTE - now)
        if seconds > (PATIENCE if turn is not None else 0.0):
            raise errors.too_many_requests(seconds)
        cache.set(key, next_free + MINUTE / limit, 2 * MINUTE)
    if turn is not None:
        turn.seconds = seconds
    return seconds > 0
