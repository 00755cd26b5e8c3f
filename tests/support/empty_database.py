"""The database between two tests: as it was migrated, with nothing in it that a test has put there."""

import sqlite3
from functools import cache

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, OperationalError, connection, transaction

from importers.models import InstallationId
from importers.search.triggers import ENTRIES
from tests.support.append_only import empty_trail

PATIENCE = 10  # seconds that somebody else may write


def is_emptied() -> bool:
    """Empties the database. Returns whether it could be: a request whose client has gone may still end, and write."""
    if connection.vendor == "sqlite":
        _empty_sqlite(_beside(str(connection.settings_dict["NAME"])))
        return True
    try:
        _empty_postgresql()
    except (IntegrityError, OperationalError):  # a row was added meanwhile, or each waits for the other's
        return False
    return True


def _empty_sqlite(database: sqlite3.Connection) -> None:
    with database:
        database.execute("BEGIN IMMEDIATE")
        for (table,) in database.execute(_filled_tables()).fetchall():
            database.execute(f'DELETE FROM "{table}"')  # noqa: S608 (from the models)


@cache
def _beside(name: str) -> sqlite3.Connection:
    """Returns a connection of its own to a database, which looks after no foreign key and runs no trigger but those of
    the search. Were the triggers that refuse taken away and made again, all other connections would have to read the
    whole schema anew, and to prepare all of their statements: that takes longer than most tests."""
    found = sqlite3.connect(
        name, timeout=PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    of_the_search = {trigger for (trigger,) in found.execute(named, [ENTRIES])}

    def allow(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
        return sqlite3.SQLITE_OK if trigger is None or trigger in of_the_search else sqlite3.SQLITE_IGNORE

    found.set_authorizer(allow)
    return found


def _empty_postgresql() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_filled_tables())
        tables = [table for (table,) in cursor.fetchall()]
        empty_trail([table for table in tables if table.startswith("audit_")])
        for table in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608  (from the models)


@cache
def _filled_tables() -> str:
    """A query for the names of tables that hold something which a test has put there."""
    made_once = {model._meta.db_table for model in (ContentType, InstallationId, Permission)}
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - made_once
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608
        for table in sorted(tables)
    )
