"""The same request many times at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

AT_ONCE = 8


def at_once(what: Callable[[], httpx.Response], also: Callable[[], object] = lambda: None) -> list[httpx.Response]:
    """The answers to what was asked so many times at once, while something else was done."""
    with ThreadPoolExecutor(AT_ONCE + 1) as threads:
        asked = [threads.submit(what) for _ in range(AT_ONCE)]
        also()
        return [one.result() for one in asked]
