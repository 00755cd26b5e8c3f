"""A database as one file, of one moment; and the files that it names."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from config.backups.place import BackupError

Progress = Callable[[int, int], None]  # done, of how many pages

PAGES = 2000  # of SQLite that are copied in one go
# Models with a file in the storage, each with its columns of size and SHA-256, where it has them. Uploads that are not
# whole yet are nobody's.
NAMED_IN = {
    "importers.Content": ("size", "sha256"),
    "importers.Thumbnail": ("bytes", "sha256"),
    "moves.Spool": (None, None),
}
# It may come back as another user's, who may comment on no extension that a superuser has made.
PLAIN = ("--no-owner", "--no-privileges", "--no-comments")
OF_LIBPQ = ("service", "passfile", "target_session_attrs", "channel_binding", "gssencmode", "krbsrvname", "hostaddr")


@dataclass(frozen=True)
class NamedFile:
    """A file that a row names. `size` in bytes and `sha256` in hex, or None where no row says it."""

    key: str
    size: int | None
    sha256: str | None


NamedFiles = Iterator[NamedFile]


def engine() -> str:
    """Returns the kind of this installation's database, as Django calls it."""
    return connection.vendor


@contextmanager
def dumped(path: Path, progress: Progress) -> Iterator[NamedFiles]:
    """Writes the database to a file that is not there yet; yields the files that it names, at that same moment."""
    if engine() == "sqlite":
        _dump_sqlite(path, progress)
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as copy:
            yield _named(copy.execute)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        if hasattr(connection.connection, "most"):
            connection.connection.most = None
        cursor.execute("SELECT pg_export_snapshot()")
        moment = cursor.fetchone()[0]
        _run("pg_dump", *PLAIN, "--format=custom", f"--file={path}", f"--snapshot={moment}")
        yield _named(_server_side)


def load(path: Path) -> None:
    """Makes the database what a file says, which `dumped` has written. It must be empty, or not there."""
    if engine() == "sqlite":
        connection.close()
        to = Path(str(connection.settings_dict["NAME"]))
        for beside in ("-wal", "-shm"):
            Path(f"{to}{beside}").unlink(missing_ok=True)
        fresh = to.with_name(f"{to.name}.restored")
        fresh.write_bytes(b"")
        fresh.chmod(0o600)
        with closing(sqlite3.connect(path)) as dump, closing(sqlite3.connect(fresh)) as copy:
            dump.backup(copy)
        fresh.replace(to)
        return
    _run("pg_restore", *PLAIN, "--exit-on-error", "--single-transaction", str(path))


def require_programs() -> None:
    """Raises `BackupError` where PostgreSQL's programs are not there, or are older than its server."""
    if engine() != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10_000
    for program in ("pg_dump", "pg_restore"):
        found = _version(program)
        if found < server:
            has = f"{program} here is of {found}" if found else f"there is no {program} here"
            raise BackupError(
                f"The database is a PostgreSQL {server}, and {has}. Install those of {server} or later: on Debian and"
                f" Ubuntu the package postgresql-client-{server} (of apt.postgresql.org, where yours has none)."
            )


def is_empty() -> bool:
    """Whether nothing has been installed in the database yet."""
    tables = connection.introspection.table_names()
    connection.close()
    return not tables


def _dump_sqlite(path: Path, progress: Progress) -> None:
    """Copies by SQLite's backup API. Under one read transaction it is of one moment, however much is written meanwhile,
    and nobody waits for it (WAL)."""
    path.touch(mode=0o600)
    with (
        closing(sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.execute("BEGIN")
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # from here on, it sees this moment
        source.backup(copy, pages=PAGES, progress=lambda _, left, pages: progress(pages - left, pages), sleep=0)
        source.execute("COMMIT")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it


def _named(execute: Callable[[str], Any]) -> NamedFiles:
    for label, (size, sha256) in NAMED_IN.items():
        table = apps.get_model(label)._meta.db_table
        columns = ", ".join(("storage_key", size or "NULL", sha256 or "NULL"))
        for row in execute(f"SELECT {columns} FROM {table} ORDER BY id"):  # noqa: S608  (from the models)
            yield NamedFile(*row)


def _server_side(query: str) -> Iterator[Any]:
    """Yields rows without having all of them in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(2000):
            yield from rows


def _run(program: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's programs on the database. Raises `BackupError` with what it says."""
    told = connection.settings_dict
    lines = {name: value for name, value in told["OPTIONS"].items() if name.startswith("ssl") or name in OF_LIBPQ}
    where = make_conninfo(
        dbname=told["NAME"], host=told["HOST"] or None, port=told["PORT"] or None, user=told["USER"] or None, **lines
    )
    password = {"PGPASSWORD": told["PASSWORD"]} if told["PASSWORD"] else {}  # never among the arguments, which all see
    command = [program, f"--dbname={where}", *arguments]
    done = subprocess.run(command, env=os.environ | password, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupError(f"{program} has failed: {done.stderr.strip()[-1000:]}")


def _version(program: str) -> int:
    """Returns the major version of a program; 0 where it is not there."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0
