"""One statement at a time."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from importers.statements.sql import Names, delete_sql, insert_sql, inserted_columns, select_sql, update_sql
from importers.statements.values import adapted, column_of, row_values

ROWS_AT_ONCE = 500  # new rows in one statement of PostgreSQL
NO_TRANSACTION = 0  # of libpq's PGTransactionStatusType


def add(model: type[models.Model], where: Mapping[str, Any], by: Mapping[str, int], **set_to: Any) -> bool:
    """Adds to columns of the row that `where` names (`__gt` compares), and sets others. False where there is none."""
    database = database_here()
    with database.cursor() as cursor:
        cursor.execute(*adding(model, where, by, set_to, database))
        return cursor.rowcount > 0


def first(
    model: type[models.Model],
    columns: Sequence[str],
    *wheres: Mapping[str, Any],
    lock: bool = False,
    beside: models.Model | None = None,
    beside_as: Names = (),
) -> tuple[Any, ...] | None:
    """The columns of a row that any of `wheres` names, or None. `lock`: to the end of the transaction.

    `beside`: only where this row of another model is there, with these columns as they are.
    """
    database = database_here()
    statement = select_sql(model, database.vendor, tuple(columns), tuple(map(tuple, wheres)), lock)
    values = [value for where in wheres for value in adapted(model, where.items(), database)]
    if beside is not None:
        other = type(beside)
        statement = select_sql(
            model, database.vendor, tuple(columns), tuple(map(tuple, wheres)), lock, (other, tuple(beside_as))
        )
        values += adapted(other, [(name, getattr(beside, name)) for name in beside_as], database)
    begins = lock and _begins_now(database)
    with database.cursor() as cursor:
        if begins:
            database.connection.autocommit = True  # else psycopg says BEGIN by itself first, and waits for the answer
            statement = f"BEGIN; {statement}"
        cursor.execute(statement, values)
        if begins:
            cursor.nextset()
        return cast(tuple[Any, ...] | None, cursor.fetchone())


def insert(row: models.Model, *, unless_there: bool = False) -> bool:
    """Inserts a row as it stands, and gives it its key. Returns whether it did.

    `unless_there`: a row whose unique columns another one has is no error. Where a transaction that has not ended yet
    inserts that one, its end is waited for.
    """
    database, model = database_here(), type(row)
    returning = database.vendor == "postgresql"
    statement = insert_sql(model, database.vendor, unless_there=unless_there, returning=returning)
    with database.cursor() as cursor:
        cursor.execute(statement, row_values(row, database))
        if not cursor.rowcount:
            return False
        row.pk = cursor.fetchone()[0] if returning else cursor.lastrowid
    row._state.adding, row._state.db = False, database.alias
    return True


def delete(model: type[models.Model], where: Mapping[str, Any]) -> bool:
    """Deletes the row that `where` names, to which no other one refers. False where there is none."""
    database = database_here()
    with database.cursor() as cursor:
        cursor.execute(*deleting(model, where, database))
        return cursor.rowcount > 0


def insert_all(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """New rows, each given by its columns; what one doesn't name has the model's default. Their keys are not given.

    On PostgreSQL many at a time: what counts them there does so once for each statement, by a change of one row, and
    each change of one row in a transaction has all the earlier ones to pass by.
    """
    if not rows:
        return
    database = database_here()
    columns = [column_of(model, name, rows, database) for name in inserted_columns(model)]
    values = list(zip(*columns, strict=True))
    with database.cursor() as cursor:
        if database.vendor != "postgresql":
            cursor.executemany(insert_sql(model, database.vendor), values)
            return
        for begin in range(0, len(values), ROWS_AT_ONCE):
            some = values[begin : begin + ROWS_AT_ONCE]
            cursor.execute(insert_sql(model, database.vendor, rows=len(some)), list(chain.from_iterable(some)))


def adding(
    model: type[models.Model],
    where: Mapping[str, Any],
    by: Mapping[str, int],
    set_to: Mapping[str, Any],
    database: BaseDatabaseWrapper,
) -> tuple[str, list[Any]]:
    """Returns what adds to columns of the row that `where` names, and sets others, with its values."""
    statement = update_sql(model, database.vendor, tuple(where), tuple(by), tuple(set_to))
    named = (*set_to.items(), *where.items())
    return statement, [*by.values(), *adapted(model, named, database)]


def deleting(
    model: type[models.Model], where: Mapping[str, Any], database: BaseDatabaseWrapper
) -> tuple[str, list[Any]]:
    """Returns what deletes the row that `where` names, with its values."""
    return delete_sql(model, database.vendor, tuple(where)), list(adapted(model, where.items(), database))


def _begins_now(database: BaseDatabaseWrapper) -> bool:
    """Whether the next statement is the first one of its transaction, and may bring the BEGIN along."""
    if database.vendor != "postgresql" or not database.in_atomic_block or database.connection is None:
        return False
    raw = database.connection
    is_plain = raw.isolation_level is None and raw.read_only is None and raw.deferrable is None
    return is_plain and not raw.autocommit and raw.pgconn.transaction_status == NO_TRANSACTION


def database_here() -> BaseDatabaseWrapper:
    """This thread's connection. `django.db.connection` would look for it at each of its attributes."""
    return connections[DEFAULT_DB_ALIAS]
