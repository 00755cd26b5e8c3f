"""A connection that gives up when the server says nothing, and the pool that gives out none that is known to be dead.

PostgreSQL ends a statement that takes too long by itself (`statement_timeout`), and the kernel a line on which nothing
is acknowledged. What is left is a server that takes everything and says nothing, or a line that fell silent while
somebody waits who has less time than that.
"""

import logging
import select
import time
from typing import Any

import psycopg
from psycopg import OperationalError
from psycopg.errors import _WaitTimeout
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from accounts import answering
from accounts.answering import seconds_for_call

log = logging.getLogger("wharf.database")

DRAIN_EVERY = 2.0  # seconds


class BoundedConnection(psycopg.Connection[Any]):
    """`most`: seconds that a statement may take where nobody waits for it; None for as long as it takes."""

    most: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Waits for the server. Raises `OperationalError`, and closes, where it says nothing in time."""
        if timeout is not None:
            return super().wait(gen, interval=interval, timeout=timeout)
        seconds = seconds_for_call(self.most)
        try:
            return super().wait(gen, interval=interval, timeout=seconds)
        except _WaitTimeout:
            answering.give_up()
            self.give_up()
            raise OperationalError(f"the database has said nothing for {seconds:.1f} s") from None

    def give_up(self) -> None:
        """Closes without a word to the server, which would not hear it."""
        self.pgconn.finish()
        if isinstance(pool := getattr(self, "_pool", None), BoundedPool):
            pool.doubt()


class BoundedPool(ConnectionPool[BoundedConnection]):
    """Waits for a connection no longer than whoever waits for an answer may. Where one turns out to be dead, all that
    stand idle are given up: what cut that one off has cut them, too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(connection_class=BoundedConnection, check=self._require_open, **options)
        self._doubted_at = 0.0

    def getconn(self, timeout: float | None = None) -> BoundedConnection:
        """Returns a connection. Raises `PoolTimeout`, which is an `OperationalError`."""
        try:
            return super().getconn(seconds_for_call(self.timeout if timeout is None else timeout))
        except PoolTimeout:
            answering.give_up()
            raise

    def doubt(self) -> None:
        """Gives up those that stand idle, and later those that are out."""
        now = time.monotonic()
        if now - self._doubted_at > DRAIN_EVERY:
            self._doubted_at = now
            log.warning("a connection to the database is dead; all of them are made anew")
            self.drain()

    def _require_open(self, conn: BoundedConnection) -> None:
        """Raises `OperationalError` where the server has closed it: a server says nothing by itself to one that stands
        idle. Costs no statement."""
        status = conn.pgconn.transaction_status
        if status == TransactionStatus.IDLE and not select.select([conn.pgconn.socket], [], [], 0)[0]:
            return
        if status == TransactionStatus.IDLE and _has_only_been_told(conn):
            return
        conn.give_up()
        self.doubt()
        raise OperationalError("the database has closed the connection")


def _has_only_been_told(conn: BoundedConnection) -> bool:
    """Whether what came is a notice, such as a parameter that was changed."""
    try:
        conn.pgconn.consume_input()
    except psycopg.Error:
        return False
    return conn.pgconn.transaction_status == TransactionStatus.IDLE
