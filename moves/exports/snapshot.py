"""A connection of its own, in one transaction that only reads: everything it shows is as it was when it began."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from accounts.models import User
from importers.documents.snapshot import Snapshot

ALIAS = "snapshot"


class OpenSnapshot:
    """Everything of a person, as it is when this is made, until it is closed. Others go on writing; nothing of that
    shows. Any thread may look, one at a time.

    SQLite: a transaction that begins by reading (the server's begin by taking the write lock) sees one state of the
    write-ahead log. PostgreSQL: `REPEATABLE READ READ ONLY`, with the rows coming through server-side cursors.
    """

    def __init__(self, owner: User) -> None:
        self._connection = _connection()
        self._transaction = transaction.atomic(using=ALIAS)
        try:
            with self._in_this_thread():
                self._transaction.__enter__()
                if self._connection.vendor == "postgresql":
                    self._connection.take_as_long_as_it_takes()  # type: ignore[attr-defined]  # of config.postgresql
                    with self._connection.cursor() as cursor:
                        cursor.execute("SET TRANSACTION READ ONLY")
                # The first question fixes the moment.
                self._snapshot = Snapshot(User.objects.using(ALIAS).get(pk=owner.pk), ALIAS)
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def here(self) -> Iterator[Snapshot]:
        """The snapshot, for as long as this thread looks at it."""
        with self._in_this_thread():
            yield self._snapshot

    def close(self) -> None:
        """Ends it. What was asked of it and not read to its end must be closed before."""
        try:
            with self._in_this_thread():
                self._transaction.__exit__(None, None, None)
        finally:
            self._connection.close()

    @contextmanager
    def _in_this_thread(self) -> Iterator[None]:
        connections[ALIAS] = self._connection
        try:
            yield
        finally:
            del connections[ALIAS]


def _connection() -> BaseDatabaseWrapper:
    facts = deepcopy(connections[DEFAULT_DB_ALIAS].settings_dict)
    options = facts["OPTIONS"]
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
    else:
        from psycopg import IsolationLevel  # SQLite does without it

        options.pop("pool", None)
        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    connection: BaseDatabaseWrapper = load_backend(facts["ENGINE"]).DatabaseWrapper(facts, ALIAS)
    connection.inc_thread_sharing()
    return connection


@contextmanager
def snapshot_of(owner: User) -> Iterator[Snapshot]:
    """Everything of a person, as it is now (see `OpenSnapshot`), for this thread."""
    opened = OpenSnapshot(owner)
    try:
        with opened.here() as snapshot:
            yield snapshot
    finally:
        opened.close()
