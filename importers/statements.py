"""The statements that every item runs, written once per process.

Building each of them anew through the ORM took longer than all the rest of a small item. Numbers are added by the
database, so that they are exact whoever adds at the same time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, DataError, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

Names = tuple[str, ...]
# Texts, numbers and truths are for every database what they are for Python.
AS_THEY_ARE = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.ForeignKey,
)
Otherwise = Callable[[], Exception]
WRITTEN = 512  # statements that are remembered
NO_TRANSACTION, IN_TRANSACTION = 0, 2  # of libpq's PGTransactionStatusType
DIVISION_BY_ZERO = "22012"  # of the SQLSTATEs in PostgreSQL's appendix A


def add(model: type[models.Model], where: Mapping[str, Any], by: Mapping[str, int], **set_to: Any) -> bool:
    """Adds to columns of the row that `where` names (`__gt` compares), and sets others. False where there is none."""
    database = _database()
    with database.cursor() as cursor:
        cursor.execute(*_adding(model, where, by, set_to, database))
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
    database = _database()
    statement = _select(model, database.vendor, tuple(columns), tuple(map(tuple, wheres)), lock)
    values = [value for where in wheres for value in _values(model, where.items(), database)]
    if beside is not None:
        other = type(beside)
        statement = _select(
            model, database.vendor, tuple(columns), tuple(map(tuple, wheres)), lock, (other, tuple(beside_as))
        )
        values += _values(other, [(name, getattr(beside, name)) for name in beside_as], database)
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
    database, model = _database(), type(row)
    returning = database.vendor == "postgresql"
    statement = _insert(model, database.vendor, unless_there=unless_there, returning=returning)
    with database.cursor() as cursor:
        cursor.execute(statement, _row_values(row, database))
        if not cursor.rowcount:
            return False
        row.pk = cursor.fetchone()[0] if returning else cursor.lastrowid
    row._state.adding, row._state.db = False, database.alias
    return True


def delete(model: type[models.Model], where: Mapping[str, Any]) -> bool:
    """Deletes the row that `where` names, to which no other one refers. False where there is none."""
    database = _database()
    with database.cursor() as cursor:
        cursor.execute(*_deleting(model, where, database))
        return cursor.rowcount > 0


def insert_all(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """New rows, each given by its columns; what one doesn't name has the model's default. Their keys are not given."""
    if not rows:
        return
    database = _database()
    columns = [_column_of(model, name, rows, database) for name in _inserted(model)]
    with database.cursor() as cursor:
        cursor.executemany(_insert(model, database.vendor), list(zip(*columns, strict=True)))


class StatementBatch:
    """Changes at the end of a transaction whose outcome nobody waits for, and what is asked then.

    The database is told of all of them at once, if it takes several statements at a time: each costs a way there and
    back. `otherwise`: what is raised where there was no row to change.
    """

    def __init__(self) -> None:
        self._held: list[tuple[str, list[Any], Otherwise | None]] = []
        self._asked: dict[int, Callable[[list[Any]], None]] = {}

    def add(
        self,
        model: type[models.Model],
        where: Mapping[str, Any],
        by: Mapping[str, int],
        *,
        otherwise: Otherwise | None = None,
        **set_to: Any,
    ) -> None:
        """Adds to columns of a row, and sets others."""
        self._held.append((*_adding(model, where, by, set_to, _database()), otherwise))

    def add_or_insert(self, model: type[models.Model], where: Mapping[str, Any], by: Mapping[str, int]) -> None:
        """Adds to columns of the row that has these unique columns, which is made if it is not there."""
        database = _database()
        statement = _insert(model, database.vendor) + _or_add(model, database.vendor, tuple(where), tuple(by))
        self._held.append((statement, _row_values(model(**where, **by), database), None))

    def insert(self, row: models.Model) -> None:
        """Inserts a row as it stands, whose key nobody needs."""
        database = _database()
        self._held.append((_insert(type(row), database.vendor), _row_values(row, database), None))

    def delete(
        self, model: type[models.Model], where: Mapping[str, Any], *, otherwise: Otherwise | None = None
    ) -> None:
        """Deletes a row, to which no other one refers."""
        self._held.append((*_deleting(model, where, _database()), otherwise))

    def ask(self, statement: str, values: list[Any], then: Callable[[list[Any]], None]) -> None:
        """Asks for rows, with which `then` is called when the database has been told of everything."""
        self._asked[len(self._held)] = then
        self._held.append((statement, values, None))

    def run(self) -> None:
        """Tells the database. Raises what it says, and what stands for a row that was not there."""
        held, asked = self._held, self._asked
        self._held, self._asked = [], {}
        answers = self._tell(held, asked.keys())
        for number, then in asked.items():
            then(answers[number])

    def commit(self) -> None:
        """Tells the database and ends the transaction in the same breath, where `ends_at_once`.

        Raises `Unsettled`, with nothing changed, where a row was not there, or what is asked has an answer.
        """
        database = _database()
        told = [
            _settled(statement, must_change=otherwise is not None, must_be_none=number in self._asked)
            for number, (statement, _, otherwise) in enumerate(self._held)
        ]
        values = [value for _, of_one, _ in self._held for value in of_one]
        try:
            with database.cursor() as cursor:
                cursor.execute("; ".join([*told, "COMMIT"]), values)
        except DataError as error:
            if getattr(error.__cause__, "sqlstate", "") == DIVISION_BY_ZERO:
                raise Unsettled from error
            raise

    def _tell(
        self, held: list[tuple[str, list[Any], Otherwise | None]], asked: Collection[int]
    ) -> dict[int, list[Any]]:
        """Returns the rows of those that ask, by their numbers."""
        answers: dict[int, list[Any]] = {}
        database = _database()
        together = database.vendor == "postgresql" and bool(held)
        with database.cursor() as cursor:
            if together:
                values = [value for _, of_one, _ in held for value in of_one]
                cursor.execute("; ".join(statement for statement, _, _ in held), values)
            for number, (statement, of_one, otherwise) in enumerate(held):
                if not together:
                    cursor.execute(statement, of_one)
                elif number:
                    cursor.nextset()
                if otherwise is not None and not cursor.rowcount:
                    raise otherwise()
                if number in asked:
                    answers[number] = cursor.fetchall()
        return answers


class Unsettled(Exception):
    """A transaction was told to the database to its end, and something was otherwise than it mostly is: all is undone,
    and must be done again step by step."""


def ends_at_once() -> bool:
    """Returns whether the database can be told of the rest of a transaction together with its end."""
    database = _database()
    return (
        database.vendor == "postgresql"
        and len(database.atomic_blocks) == 1
        and not database.needs_rollback
        and not database.run_commit_hooks_on_set_autocommit_on
        and database.connection.pgconn.transaction_status == IN_TRANSACTION
    )


def _begins_now(database: BaseDatabaseWrapper) -> bool:
    """Whether the next statement is the first one of its transaction, and may bring the BEGIN along."""
    if database.vendor != "postgresql" or not database.in_atomic_block or database.connection is None:
        return False
    raw = database.connection
    is_plain = raw.isolation_level is None and raw.read_only is None and raw.deferrable is None
    return is_plain and not raw.autocommit and raw.pgconn.transaction_status == NO_TRANSACTION


def _settled(statement: str, *, must_change: bool, must_be_none: bool) -> str:
    """Returns a statement that fails where it changes nothing, or finds something."""
    if must_change:
        return f"WITH changed AS ({statement} RETURNING 1) SELECT 1 / count(*) FROM changed"  # noqa: S608 (see below)
    if must_be_none:
        return f"SELECT 1 / (1 - count(*)) FROM ({statement}) AS found"  # noqa: S608 (statements of our own)
    return statement


def _database() -> BaseDatabaseWrapper:
    """This thread's connection. `django.db.connection` would look for it at each of its attributes."""
    return connections[DEFAULT_DB_ALIAS]


def _column_of(
    model: type[models.Model], name: str, rows: Sequence[Mapping[str, Any]], database: BaseDatabaseWrapper
) -> list[Any]:
    """The values of a column for the database."""
    default = cast(models.Field, model._meta.get_field(name)).get_default
    values = [row[name] if name in row else default() for row in rows]
    field = _to_adapt(model, name)
    if field is None:
        return values
    if isinstance(field, models.DateTimeField):  # moments, of which Django would ask again what they are
        adapt = database.ops.adapt_datetimefield_value
        return [adapt(value) for value in values]
    return [value if value is None else field.get_db_prep_save(value, database) for value in values]


def _adding(
    model: type[models.Model],
    where: Mapping[str, Any],
    by: Mapping[str, int],
    set_to: Mapping[str, Any],
    database: BaseDatabaseWrapper,
) -> tuple[str, list[Any]]:
    statement = _update(model, database.vendor, tuple(where), tuple(by), tuple(set_to))
    named = (*set_to.items(), *where.items())
    return statement, [*by.values(), *_values(model, named, database)]


def _deleting(
    model: type[models.Model], where: Mapping[str, Any], database: BaseDatabaseWrapper
) -> tuple[str, list[Any]]:
    return _delete(model, database.vendor, tuple(where)), list(_values(model, where.items(), database))


def _row_values(row: models.Model, database: BaseDatabaseWrapper) -> list[Any]:
    model = type(row)
    return list(_values(model, [(name, getattr(row, name)) for name in _inserted(model)], database))


def _values(
    model: type[models.Model], named: Iterable[tuple[str, Any]], database: BaseDatabaseWrapper
) -> Iterator[Any]:
    """Yields values of columns as the database takes them."""
    for name, value in named:
        field = _to_adapt(model, name)
        yield value if field is None or value is None else field.get_db_prep_save(value, database)


@lru_cache(WRITTEN)
def _to_adapt(model: type[models.Model], name: str) -> models.Field | None:
    """The field of a column whose values a database takes in a form of its own; None for the others."""
    field = cast(models.Field, model._meta.get_field(name.removesuffix("__gt")))
    return None if isinstance(field, AS_THEY_ARE) else field


@lru_cache(WRITTEN)
def _inserted(model: type[models.Model]) -> Names:
    """The columns of a new row, but its key."""
    return tuple(field.attname for field in model._meta.concrete_fields if not field.primary_key)


@lru_cache(WRITTEN)
def _insert(model: type[models.Model], vendor: str, *, unless_there: bool = False, returning: bool = False) -> str:
    table, column = _names(model)
    names = [column[name] for name in _inserted(model)]
    places = ", ".join(["%s"] * len(names))
    conflict = " ON CONFLICT DO NOTHING" if unless_there else ""
    key = f" RETURNING {column[model._meta.pk.attname]}" if returning else ""
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}){conflict}{key}"  # noqa: S608 (columns' names)


@lru_cache(WRITTEN)
def _or_add(model: type[models.Model], vendor: str, unique: Names, by: Names) -> str:
    table, column = _names(model)
    changes = ", ".join(f"{column[name]} = {table}.{column[name]} + excluded.{column[name]}" for name in by)
    return f" ON CONFLICT ({', '.join(column[name] for name in unique)}) DO UPDATE SET {changes}"


@lru_cache(WRITTEN)
def _delete(model: type[models.Model], vendor: str, where: Names) -> str:
    table, column = _names(model)
    return f"DELETE FROM {table}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache(WRITTEN)
def _update(model: type[models.Model], vendor: str, where: Names, by: Names, set_to: Names) -> str:
    table, column = _names(model)
    changes = [f"{column[name]} = {column[name]} + %s" for name in by] + [f"{column[name]} = %s" for name in set_to]
    return f"UPDATE {table} SET {', '.join(changes)}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache(WRITTEN)
def _select(
    model: type[models.Model],
    vendor: str,
    columns: Names,
    wheres: tuple[Names, ...],
    lock: bool,
    beside: tuple[type[models.Model], Names] | None = None,
) -> str:
    table, column = _names(model)
    for_update = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    selected = ", ".join(column[name] for name in columns)
    where = _where(column, *wheres)
    if beside is not None:
        other, other_column = _names(beside[0])
        where += f" AND EXISTS (SELECT 1 FROM {other}{_where(other_column, beside[1])})"  # noqa: S608
    return f"SELECT {selected} FROM {table}{where} LIMIT 1{for_update}"  # noqa: S608 (names of columns only)


def _names(model: type[models.Model]) -> tuple[str, dict[str, str]]:
    quote = connection.ops.quote_name
    columns = {field.attname: quote(str(field.column)) for field in model._meta.concrete_fields}
    return quote(model._meta.db_table), columns


def _where(column: Mapping[str, str], *wheres: Names) -> str:
    return f" WHERE {' OR '.join(' AND '.join(_condition(column, name) for name in names) for names in wheres)}"


def _condition(column: Mapping[str, str], name: str) -> str:
    return f"{column[name.removesuffix('__gt')]} {'>' if name.endswith('__gt') else '='} %s"
