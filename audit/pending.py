"""Events are written just before their transaction is committed: whoever adds to a chain locks it, and a lock that is
the last one of every transaction can be waited for by all of them, without two that wait for each other.

Of one transaction, what is counted comes first, then chains in the order of their names.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


class PendingEvent:
    """What is to be written for a `subject`. Django forgets it with the savepoint in which it was recorded."""

    def __init__(self, subject: str, write: Callable[[], Any], *, counted: bool) -> None:
        self.order = (not counted, subject)
        self.write = write
        self.is_written = False

    def __call__(self) -> None:
        """The transaction is committed, or there was none: then it is written by itself."""
        if not self.is_written:
            with transaction.atomic():
                self.is_written = True
                self.write()


def add(subject: str, write: Callable[[], Any], *, counted: bool = False) -> None:
    """Has it written at the end of the transaction that is under way, or at once where there is none."""
    transaction.on_commit(PendingEvent(subject, write, counted=counted))


def is_there() -> bool:
    """Returns whether the transaction that is under way has some."""
    return bool(_waiting(connection))


def write(database: BaseDatabaseWrapper) -> None:
    """Writes those of a transaction that is about to be committed. Raises what the database says; then all of it is
    undone."""
    waiting = _waiting(database)
    if not waiting:
        return
    database.in_atomic_block = True  # it still is: Django has just left the block
    try:
        for pending in sorted(waiting, key=lambda one: one.order):
            pending.is_written = True
            pending.write()
    except BaseException:
        database.in_atomic_block = False
        database.rollback()
        raise
    database.in_atomic_block = False


def _waiting(database: Any) -> list[PendingEvent]:
    return [hook for _, hook, *_ in database.run_on_commit if isinstance(hook, PendingEvent)]
