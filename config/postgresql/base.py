"""The connection of Django's PostgreSQL backend, whose pool and statements end in time (see bounded.py)."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

from accounts.answering import is_server
from audit import pending
from config.postgresql.bounded import BoundedPool

IN_REQUESTS = 8  # seconds that a statement may take where somebody waits for an answer
IN_JOBS = 600  # seconds in jobs and commands
MARGIN = 30  # seconds on top of them, after which a job believes that the server will never say that it was too long
# A line on which nothing comes is dead after 30 s, on both sides: the server then gives up the locks of who is gone.
IDLE, INTERVAL, PROBES = 10, 5, 4
LINE = {
    "keepalives_idle": IDLE,
    "keepalives_interval": INTERVAL,
    "keepalives_count": PROBES,
    "tcp_user_timeout": (IDLE + INTERVAL * PROBES) * 1000,  # milliseconds
    "connect_timeout": 3,  # seconds
}
LOOKS = 5_000  # milliseconds
SERVERS_LINE = {
    # Whoever was killed has closed the line: the server looks at it while a statement runs, which would otherwise keep
    # its locks for the ten minutes that a job's may take.
    "client_connection_check_interval": LOOKS,
    "tcp_keepalives_idle": IDLE,
    "tcp_keepalives_interval": INTERVAL,
    "tcp_keepalives_count": PROBES,
    "tcp_user_timeout": LINE["tcp_user_timeout"],
}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose statements end in time. What its URL says of the line counts before what stands here."""

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """The pool that this process has for it."""
        options = self.settings_dict["OPTIONS"].get("pool")
        pools = self._connection_pools  # type: ignore[attr-defined]  # the stubs lag behind
        if options and self.alias is not None and self.alias not in pools:
            params = self.get_connection_params() | {"autocommit": True}  # Django says later what it wants
            pools.setdefault(
                self.alias, BoundedPool(kwargs=params, open=False, configure=self._configure_pooled, **options)
            )
        return super().pool

    def get_connection_params(self) -> dict[str, Any]:
        """Returns what libpq is told."""
        params = super().get_connection_params()
        told = SERVERS_LINE | {"statement_timeout": (IN_REQUESTS if is_server() else IN_JOBS) * 1000}
        said = " ".join(f"-c {name}={value}" for name, value in told.items())
        return LINE | params | {"options": f"{said} {params.get('options', '')}".strip()}

    def commit(self) -> None:
        """Ends a transaction; what the audit trail is told of it comes last."""
        pending.write(self)
        super().commit()

    def take_as_long_as_it_takes(self) -> None:
        """Lets the statements of this connection end when they end: those of a snapshot, and of a migration."""
        with self.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        if hasattr(self.connection, "most"):
            self.connection.most = None

    def _configure_pooled(self, connection: Any) -> None:
        connection.most = None if is_server() else float(IN_JOBS + MARGIN)
        self._configure_connection(connection)  # type: ignore[attr-defined]  # the stubs lag behind
