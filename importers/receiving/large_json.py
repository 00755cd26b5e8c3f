"""Few large JSON texts are in hand at once: parsed, each takes many times its size in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings

from importers import errors
from importers.items.wire import parse
from importers.receiving.patience import LockPatience

OF_WAITING = 0.5  # of the time in which an exporter is answered; the rest is for parsing and saving


@contextmanager
def place(size: int, seconds: float) -> Iterator[None]:
    """While it is entered, a JSON text of `size` bytes may be parsed: a small one at once, a large one when it is one
    of few. Raises 503 where none of the others is done in so many seconds."""
    if not is_large(size):
        yield
        return
    places = _places(settings.WHARF_LARGE_JSONS_AT_ONCE)
    if not places.acquire(timeout=seconds):
        raise errors.too_busy()
    try:
        yield
    finally:
        places.release()


def is_large(size: int) -> bool:
    """Whether a JSON text of `size` bytes needs a place."""
    return size > settings.WHARF_LARGE_JSON_BYTES


@cache
def _places(number: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(number)


class ItemJson:
    """The JSON of an item, parsed while it is in hand; a large one is parsed again whenever it is taken in hand, so
    that none waits for its file in memory. `any_object`: see `parse`."""

    def __init__(self, text: bytes, patience: LockPatience, *, any_object: bool = False) -> None:
        self._text = text
        self._any_object = any_object
        self._patience = patience
        self._item: dict[str, Any] | None = None
        self._hands = 0

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """While it is entered, `item` may be asked for. Nothing that a client may delay belongs inside. Raises 503."""
        if self._hands:
            yield
            return
        with place(len(self._text), self._patience.left_of(settings.WHARF_ANSWER_WITHIN * OF_WAITING)):
            self._hands += 1
            try:
                yield
            finally:
                self._hands -= 1
                if is_large(len(self._text)):
                    self._item = None

    @property
    def item(self) -> dict[str, Any]:
        """The item, out of its envelope. Raises what `parse` raises."""
        if not self._hands:
            raise RuntimeError("this item is not in hand")
        if self._item is None:
            self._item = parse(self._text, any_object=self._any_object)
        return self._item
