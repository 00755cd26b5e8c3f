"""The connection of Django's SQLite backend, whose writers queue (see writers.py)."""

import re
import time
import weakref
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations

from audit import pending
from config.sqlite.writers import WriterQueue, WriterTurn, queue_of

# How statements begin that take SQLite's write lock. "BEGIN" alone takes none: a snapshot that reads must not queue.
WRITING = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|BEGIN IMMEDIATE|BEGIN EXCLUSIVE|CREATE|DROP|ALTER|REINDEX|VACUUM)\b",
    re.IGNORECASE,
)
SHORT_WAIT = 0.5  # seconds that are not worth telling SQLite


class QuickOperations(DatabaseOperations):
    """Django's, which reads moments in a third of the time: an account has several in each of its rows."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Returns what a column of moments says."""
        if type(value) is str:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                return super().convert_datetimefield_value(value, expression, connection)
            zone = self.connection.timezone
            return moment.replace(tzinfo=zone) if zone is not None and moment.tzinfo is None else moment
        return super().convert_datetimefield_value(value, expression, connection)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes its turn before it writes, and gives it up when nothing of it is uncommitted.

    `lock_patience`: seconds that it waits for the others, in this process and in others together; None for what the
    settings say.
    """

    ops_class = QuickOperations
    lock_patience: float | None = None
    turn: WriterTurn
    _queue: WriterQueue | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Returns SQLite's own connection."""
        self._told = self._settings_patience
        queue = queue_of(str(conn_params["database"]))
        if queue is not self._queue:
            self._queue, self.turn = queue, WriterTurn(queue)
            # A thread that ends takes its connection along, and so whatever that held.
            weakref.finalize(self, self.turn.give_up).atexit = False
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> "WriterCursor":
        cursor: WriterCursor = self.connection.cursor(factory=WriterCursor)
        cursor.database = weakref.proxy(self)
        return cursor

    def begin_writing(self) -> None:
        """Waits for the turn. Raises SQLite's `OperationalError` where it does not come in time."""
        if self.turn.is_held:
            return
        began = time.monotonic()
        patience = self._settings_patience if self.lock_patience is None else self.lock_patience
        if not self.turn.take(patience):
            raise self.Database.OperationalError("database is locked: others of this process write for too long")
        waited = time.monotonic() - began
        self._tell(patience if waited < SHORT_WAIT else patience - waited)

    def end_writing(self) -> None:
        """Gives the turn up, unless a transaction goes on."""
        if self.connection is not None and not self.connection.in_transaction:
            self.turn.give_up()

    def _tell(self, seconds: float) -> None:
        """Says to SQLite how long it may wait for other processes; 0 milliseconds would be not at all."""
        if seconds != self._told:
            self.connection.execute(f"PRAGMA busy_timeout = {max(1, round(seconds * 1000))}")
            self._told = seconds

    @property
    def _settings_patience(self) -> float:
        return float(self.settings_dict["OPTIONS"].get("timeout", 5.0))  # sqlite3's own default

    def commit(self) -> None:
        """Ends a transaction; what the audit trail is told of it comes last."""
        pending.write(self)
        super().commit()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self.end_writing()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.end_writing()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self._queue is not None:
                self.turn.give_up()


class WriterCursor(base.SQLiteCursorWrapper):
    """Runs statements, each that writes in its connection's turn."""

    database: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        if not self.database.turn.is_held and not WRITING.match(query):
            return super().execute(query, params)
        self.database.begin_writing()
        try:
            return super().execute(query, params)
        finally:
            self.database.end_writing()

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        self.database.begin_writing()
        try:
            return super().executemany(query, param_list)
        finally:
            self.database.end_writing()
