"""How long a request waits for a locked database: an exporter gives up after 10 seconds without a word."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self, cast
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connection

from accounts.answering import AnswerTime, answered_in
from importers import statements

CHANGING = ("BEGIN", "INSERT", "UPDATE", "DELETE")  # how statements begin that wait on SQLite; on PostgreSQL all may

SHORT_WAIT = 0.5  # seconds that are not worth telling the database

OF_REFUSING = 0.125  # of the time in which an exporter is answered

_bounded: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # PostgreSQL's connections: the milliseconds they were told


class LockPatience:
    """While it is entered, statements of this thread wait `WHARF_LOCK_PATIENCE` seconds together, then raise
    `OperationalError`.

    All that an exporter waits for its answer, whatever for, is `WHARF_ANSWER_WITHIN`, from the last byte that it has
    sent; the last eighth of it is kept for writing down why its item is refused. `waited`: seconds of it that are over.
    """

    def __init__(self, waited: float = 0.0) -> None:
        self._time = AnswerTime(settings.WHARF_ANSWER_WITHIN, waited)
        self._spent = 0.0
        self._refused_at: float | None = None
        self._wrapped: list[AbstractContextManager[Any]] = [connection.execute_wrapper(self), answered_in(self._time)]

    def left_of(self, seconds: float) -> float:
        """Returns how many of so many seconds may still be waited."""
        return max(0.0, min(seconds, self._time.left - settings.WHARF_ANSWER_WITHIN * OF_REFUSING))

    def again(self) -> None:
        """Begins anew: bytes have come meanwhile, so that the exporter waits from now on."""
        self._time.again()
        self._spent = 0.0

    def refuse(self) -> None:
        """From now on only what is said about a refusal is written down, which has the time that is kept for it."""
        self._refused_at = time.monotonic()

    def __enter__(self) -> Self:
        for wrapped in self._wrapped:
            wrapped.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for wrapped in reversed(self._wrapped):
            wrapped.__exit__(kind, error, traceback)
        if connection.vendor == "sqlite":  # the next request of this thread waits as long as the settings say
            cast(Any, connection).lock_patience = None

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Runs a statement, which has what is left of the patience."""
        raw = connection.connection
        if connection.vendor == "postgresql":
            self._allow_postgresql(raw)
        elif sql.startswith(CHANGING):
            cast(Any, connection).lock_patience = self._left / 1000
        else:
            return execute(sql, params, many, context)
        began = time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            self._spent += time.monotonic() - began

    @property
    def _left(self) -> int:
        """Milliseconds; at least one, since 0 means for ever. They are told to the database, so that they change only
        where time has been lost."""
        now = time.monotonic()
        if self._refused_at is not None:
            left = settings.WHARF_ANSWER_WITHIN * OF_REFUSING - (now - self._refused_at)
            return max(1, round(left * 10) * 100)
        left = settings.WHARF_LOCK_PATIENCE
        if self._spent >= SHORT_WAIT or now - self._time.since >= SHORT_WAIT:
            left = self.left_of(left - self._spent)
        return max(1, round(left * 1000))

    def _allow_postgresql(self, raw: Any) -> None:
        """Once for each connection of the pool, and for a transaction where a part has been spent."""
        left = self._left
        if _bounded.get(raw) == left or connection.needs_rollback:
            return
        is_alone = raw.autocommit and raw.pgconn.transaction_status == statements.NO_TRANSACTION
        with connection.wrap_database_errors:
            if not is_alone:  # where it would be undone together with the transaction
                raw.execute(f"SET LOCAL lock_timeout = {left}")
                return
            raw.execute(f"SET lock_timeout = {left}")
        _bounded[raw] = left
