"""The statements that every item runs, written once per process.

Building each of them anew through the ORM took longer than all the rest of a small item. Numbers are added by the
database, so that they are exact whoever adds at the same time.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from django.db import connection, models

Names = tuple[str, ...]
AS_THEY_ARE = (models.CharField, models.TextField, models.BooleanField, models.IntegerField, models.ForeignKey)


def add(model: type[models.Model], where: Mapping[str, Any], by: Mapping[str, int], **set_to: Any) -> bool:
    """Adds to columns of the row that `where` names (`__gt` compares), and sets others. False where there is none."""
    statement = _update(model, connection.vendor, tuple(where), tuple(by), tuple(set_to))
    values = [*by.values(), *(_for_database(model, name, set_to[name]) for name in set_to)]
    with connection.cursor() as cursor:
        cursor.execute(statement, values + _conditions(model, where))
        return cursor.rowcount > 0


def first(
    model: type[models.Model], columns: Sequence[str], where: Mapping[str, Any], *, lock: bool = False
) -> tuple[Any, ...] | None:
    """The columns of the row that `where` names, or None. `lock`: to the end of the transaction."""
    statement = _select(model, connection.vendor, tuple(columns), tuple(where), lock)
    with connection.cursor() as cursor:
        cursor.execute(statement, _conditions(model, where))
        return cast(tuple[Any, ...] | None, cursor.fetchone())


def insert(row: models.Model, *, unless_there: bool = False) -> bool:
    """Inserts a row as it stands, and gives it its key. Returns whether it did.

    `unless_there`: a row whose unique columns another one has is no error. Where a transaction that has not ended yet
    inserts that one, its end is waited for.
    """
    model, returning = type(row), connection.vendor == "postgresql"
    values = [
        value if as_it_is or value is None else field.get_db_prep_save(value, connection)
        for field, as_it_is in _inserted(model)
        for value in (getattr(row, field.attname),)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_insert(model, connection.vendor, unless_there=unless_there, returning=returning), values)
        if not cursor.rowcount:
            return False
        row.pk = cursor.fetchone()[0] if returning else cursor.lastrowid
    row._state.adding, row._state.db = False, connection.alias
    return True


def delete(model: type[models.Model], where: Mapping[str, Any]) -> bool:
    """Deletes the row that `where` names, to which no other one refers. False where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_delete(model, connection.vendor, tuple(where)), _conditions(model, where))
        return cursor.rowcount > 0


def insert_all(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """New rows, each given by its columns; what one doesn't name has the model's default. Their keys are not given."""
    if not rows:
        return
    columns = [_column_of(field, rows) for field, _ in _inserted(model)]
    with connection.cursor() as cursor:
        cursor.executemany(_insert(model, connection.vendor), list(zip(*columns, strict=True)))


def _column_of(field: models.Field, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The values of a column for the database. Texts, numbers and truths are what they are for every one."""
    name = field.attname
    values = [row[name] if name in row else field.get_default() for row in rows]
    if isinstance(field, AS_THEY_ARE):
        return values
    return [None if value is None else field.get_db_prep_save(value, connection) for value in values]


@lru_cache
def _inserted(model: type[models.Model]) -> list[tuple[models.Field, bool]]:
    """The fields of a new row but its key, and whether their values are for every database what they are."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    return [(field, isinstance(field, AS_THEY_ARE)) for field in fields]


@lru_cache
def _insert(model: type[models.Model], vendor: str, *, unless_there: bool = False, returning: bool = False) -> str:
    table, column = _names(model)
    names = [column[field.attname] for field, _ in _inserted(model)]
    places = ", ".join(["%s"] * len(names))
    conflict = " ON CONFLICT DO NOTHING" if unless_there else ""
    key = f" RETURNING {column[model._meta.pk.attname]}" if returning else ""
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}){conflict}{key}"  # noqa: S608 (columns' names)


@lru_cache
def _delete(model: type[models.Model], vendor: str, where: Names) -> str:
    table, column = _names(model)
    return f"DELETE FROM {table}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache
def _update(model: type[models.Model], vendor: str, where: Names, by: Names, set_to: Names) -> str:
    table, column = _names(model)
    changes = [f"{column[name]} = {column[name]} + %s" for name in by] + [f"{column[name]} = %s" for name in set_to]
    return f"UPDATE {table} SET {', '.join(changes)}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache
def _select(model: type[models.Model], vendor: str, columns: Names, where: Names, lock: bool) -> str:
    table, column = _names(model)
    for_update = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    selected = ", ".join(column[name] for name in columns)
    return f"SELECT {selected} FROM {table}{_where(column, where)} LIMIT 1{for_update}"  # noqa: S608


def _names(model: type[models.Model]) -> tuple[str, dict[str, str]]:
    quote = connection.ops.quote_name
    columns = {field.attname: quote(str(field.column)) for field in model._meta.concrete_fields}
    return quote(model._meta.db_table), columns


def _where(column: Mapping[str, str], names: Names) -> str:
    conditions = [f"{column[name.removesuffix('__gt')]} {'>' if name.endswith('__gt') else '='} %s" for name in names]
    return f" WHERE {' AND '.join(conditions)}"


def _conditions(model: type[models.Model], where: Mapping[str, Any]) -> list[Any]:
    return [_for_database(model, name.removesuffix("__gt"), value) for name, value in where.items()]


def _for_database(model: type[models.Model], name: str, value: Any) -> Any:
    field = cast(models.Field, model._meta.get_field(name))
    return field.get_db_prep_save(value, connection)
