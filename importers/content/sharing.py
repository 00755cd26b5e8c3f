"""What downloads write down, many in one transaction: SQLite lets one write at a time, and syncs the disk for each."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, transaction

from importers.content.asking import asked, wait_at_most

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class SharedWrite:
    """One of them: what is to be run, for which request, and what comes of it."""

    run: Callable[[], Any]
    context: Context = field(default_factory=copy_context)
    came_at: float = field(default_factory=time.monotonic)
    result: Future[Any] = field(default_factory=Future)

    @property
    def is_waiting(self) -> bool:
        return not self.result.running() and not self.result.done()


_waiting: deque[SharedWrite] = deque()


async def written(change: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Returns what the change returns, once it is committed; raises what it raises, and what `asked` does.

    On SQLite whoever comes to write does so for all who wait by then. Where many may write at once, each does for
    itself, so that no transaction waits for two of another.
    """
    if connection.vendor != "sqlite":
        return await asked(change, *args, **kwargs)
    own = SharedWrite(partial(change, *args, **kwargs))
    _waiting.append(own)
    try:
        await asked(_write_until_taken, own)
    except BaseException:
        own.result.cancel()  # it is left out, unless somebody is writing it
        raise
    result: T = await asyncio.wrap_future(own.result)
    return result


def _write_until_taken(own: SharedWrite) -> None:
    while own.is_waiting:
        _write(_taken())


def _taken() -> list[SharedWrite]:
    taken = []
    for _ in range(len(_waiting)):
        try:
            one = _waiting.popleft()
        except IndexError:  # another thread was quicker
            break
        if one.result.set_running_or_notify_cancel():
            taken.append(one)
    return taken


def _write(together: list[SharedWrite]) -> None:
    """Writes them, all or none; but where one of them can't be, the others are written without it."""
    if not together:
        return
    waited = time.monotonic() - max(one.came_at for one in together)
    wait_at_most(settings.WHARF_LOCK_PATIENCE - waited)
    try:
        with transaction.atomic():
            results = [one.context.run(one.run) for one in together]
    except Exception as error:  # noqa: BLE001  (whoever waits for it is told)
        if len(together) == 1 or isinstance(error, OperationalError):
            for one in together:
                one.result.set_exception(error)
            return
        for one in together:
            _write([one])
    else:
        for one, result in zip(together, results, strict=True):
            one.result.set_result(result)
