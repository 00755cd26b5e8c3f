"""The statements that every item runs, written once per process.

Building each of them anew through the ORM took longer than all the rest of a small item. Numbers are added by the
database, so that they are exact whoever adds at the same time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
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
WRITTEN = 512  # statements that are remembered


def add(model: type[models.Model], where: Mapping[str, Any], by: Mapping[str, int], **set_to: Any) -> bool:
    """Adds to columns of the row that `where` names (`__gt` compares), and sets others. False where there is none."""
    database = _database()
    statement = _update(model, database.vendor, tuple(where), tuple(by), tuple(set_to))
    values = [*by.values(), *_values(model, set_to.items(), database), *_values(model, where.items(), database)]
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount > 0


def first(
    model: type[models.Model], columns: Sequence[str], *wheres: Mapping[str, Any], lock: bool = False
) -> tuple[Any, ...] | None:
    """The columns of a row that any of `wheres` names, or None. `lock`: to the end of the transaction."""
    database = _database()
    statement = _select(model, database.vendor, tuple(columns), tuple(map(tuple, wheres)), lock)
    values = [value for where in wheres for value in _values(model, where.items(), database)]
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        return cast(tuple[Any, ...] | None, cursor.fetchone())


def insert(row: models.Model, *, unless_there: bool = False) -> bool:
    """Inserts a row as it stands, and gives it its key. Returns whether it did.

    `unless_there`: a row whose unique columns another one has is no error. Where a transaction that has not ended yet
    inserts that one, its end is waited for.
    """
    database, model = _database(), type(row)
    returning = database.vendor == "postgresql"
    values = _values(model, [(name, getattr(row, name)) for name in _inserted(model)], database)
    with database.cursor() as cursor:
        cursor.execute(_insert(model, database.vendor, unless_there=unless_there, returning=returning), list(values))
        if not cursor.rowcount:
            return False
        row.pk = cursor.fetchone()[0] if returning else cursor.lastrowid
    row._state.adding, row._state.db = False, database.alias
    return True


def delete(model: type[models.Model], where: Mapping[str, Any]) -> bool:
    """Deletes the row that `where` names, to which no other one refers. False where there is none."""
    database = _database()
    with database.cursor() as cursor:
        cursor.execute(_delete(model, database.vendor, tuple(where)), list(_values(model, where.items(), database)))
        return cursor.rowcount > 0


def insert_all(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """New rows, each given by its columns; what one doesn't name has the model's default. Their keys are not given."""
    if not rows:
        return
    database = _database()
    columns = [_column_of(model, name, rows, database) for name in _inserted(model)]
    with database.cursor() as cursor:
        cursor.executemany(_insert(model, database.vendor), list(zip(*columns, strict=True)))


def _database() -> BaseDatabaseWrapper:
    """This thread's connection. `django.db.connection` would look for it at each of its attributes."""
    return connections[DEFAULT_DB_ALIAS]


def _column_of(
    model: type[models.Model], name: str, rows: Sequence[Mapping[str, Any]], database: BaseDatabaseWrapper
) -> list[Any]:
    """The values of a column for the database."""
    default = cast(models.Field, model._meta.get_field(name)).get_default
    return list(_values(model, [(name, row[name] if name in row else default()) for row in rows], database))


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
def _delete(model: type[models.Model], vendor: str, where: Names) -> str:
    table, column = _names(model)
    return f"DELETE FROM {table}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache(WRITTEN)
def _update(model: type[models.Model], vendor: str, where: Names, by: Names, set_to: Names) -> str:
    table, column = _names(model)
    changes = [f"{column[name]} = {column[name]} + %s" for name in by] + [f"{column[name]} = %s" for name in set_to]
    return f"UPDATE {table} SET {', '.join(changes)}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache(WRITTEN)
def _select(model: type[models.Model], vendor: str, columns: Names, wheres: tuple[Names, ...], lock: bool) -> str:
    table, column = _names(model)
    for_update = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    selected = ", ".join(column[name] for name in columns)
    return f"SELECT {selected} FROM {table}{_where(column, *wheres)} LIMIT 1{for_update}"  # noqa: S608


def _names(model: type[models.Model]) -> tuple[str, dict[str, str]]:
    quote = connection.ops.quote_name
    columns = {field.attname: quote(str(field.column)) for field in model._meta.concrete_fields}
    return quote(model._meta.db_table), columns


def _where(column: Mapping[str, str], *wheres: Names) -> str:
    return f" WHERE {' OR '.join(' AND '.join(_condition(column, name) for name in names) for names in wheres)}"


def _condition(column: Mapping[str, str], name: str) -> str:
    return f"{column[name.removesuffix('__gt')]} {'>' if name.endswith('__gt') else '='} %s"
