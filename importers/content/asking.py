"""Where downloads ask the database: in a few threads whose connections stay open.

A request that Django answers by ASGI has a thread of its own, which ends with it. To open its database there, SQLite
reads the whole schema, and takes longer for that than for all that a download asks. So the threads that read bytes wait
for nobody who writes, either.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from django.conf import settings
from django.db import close_old_connections, connection

ASKING_AT_ONCE = 4  # whoever comes meanwhile waits for one of them, and SQLite lets one write anyhow

P = ParamSpec("P")
T = TypeVar("T")

_threads = ThreadPoolExecutor(ASKING_AT_ONCE, thread_name_prefix="download")


async def asked(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Returns what the question returns, and raises what it raises.

    Raises `TimeoutError` where no thread, and no lock, is to be had within `WHARF_LOCK_PATIENCE`, both together.
    """
    until = time.monotonic() + settings.WHARF_LOCK_PATIENCE
    answer = partial(copy_context().run, _answer, until, partial(question, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, answer)


def _answer(until: float, question: Callable[[], T]) -> T:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("others ask the database for too long")
    try:
        if connection.vendor == "sqlite":
            wait_at_most(left)
        return question()
    finally:
        if connection.vendor == "sqlite":
            wait_at_most(None)
        close_old_connections()


def wait_at_most(seconds: float | None) -> None:
    """How long this thread waits for SQLite's lock; None: as long as the settings say."""
    cast(Any, connection).lock_patience = seconds
