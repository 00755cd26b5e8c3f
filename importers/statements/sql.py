"""What the statements of `importers.statements` say: SQL of names of columns alone, written once per process."""

from collections.abc import Mapping
from functools import lru_cache

from django.db import connection, models

Names = tuple[str, ...]
WRITTEN = 512  # statements that are remembered


@lru_cache(WRITTEN)
def inserted_columns(model: type[models.Model]) -> Names:
    """The columns of a new row, but its key."""
    return tuple(field.attname for field in model._meta.concrete_fields if not field.primary_key)


@lru_cache(WRITTEN)
def insert_sql(
    model: type[models.Model], vendor: str, *, rows: int = 1, unless_there: bool = False, returning: bool = False
) -> str:
    """New rows. `unless_there`: none where unique columns are taken; `returning`: their keys."""
    table, column = _names(model)
    names = [column[name] for name in inserted_columns(model)]
    places = "), (".join([", ".join(["%s"] * len(names))] * rows)
    conflict = " ON CONFLICT DO NOTHING" if unless_there else ""
    key = f" RETURNING {column[model._meta.pk.attname]}" if returning else ""
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}){conflict}{key}"  # noqa: S608 (columns' names)


@lru_cache(WRITTEN)
def or_add_sql(model: type[models.Model], vendor: str, unique: Names, by: Names) -> str:
    """How an insertion goes on where a row has these unique columns already: it adds to that one."""
    table, column = _names(model)
    changes = ", ".join(f"{column[name]} = {table}.{column[name]} + excluded.{column[name]}" for name in by)
    return f" ON CONFLICT ({', '.join(column[name] for name in unique)}) DO UPDATE SET {changes}"


@lru_cache(WRITTEN)
def delete_sql(model: type[models.Model], vendor: str, where: Names) -> str:
    """Deletes what has these columns."""
    table, column = _names(model)
    return f"DELETE FROM {table}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache(WRITTEN)
def update_sql(model: type[models.Model], vendor: str, where: Names, by: Names, set_to: Names) -> str:
    """Adds to columns of what has those of `where`, and sets others."""
    table, column = _names(model)
    changes = [f"{column[name]} = {column[name]} + %s" for name in by] + [f"{column[name]} = %s" for name in set_to]
    return f"UPDATE {table} SET {', '.join(changes)}{_where(column, where)}"  # noqa: S608 (names of columns only)


@lru_cache(WRITTEN)
def select_sql(
    model: type[models.Model],
    vendor: str,
    columns: Names,
    wheres: tuple[Names, ...],
    lock: bool,
    beside: tuple[type[models.Model], Names] | None = None,
) -> str:
    """The first row that has the columns of any of `wheres`; `beside`: where that model has one with these columns."""
    table, column = _names(model)
    for_update = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    selected = ", ".join(column[name] for name in columns)
    where = _where(column, *wheres)
    if beside is not None:
        other, other_column = _names(beside[0])
        where += f" AND EXISTS (SELECT 1 FROM {other}{_where(other_column, beside[1])})"  # noqa: S608
    return f"SELECT {selected} FROM {table}{where} LIMIT 1{for_update}"  # noqa: S608 (names of columns only)


def settled_sql(statement: str, *, must_change: bool, must_be_none: bool) -> str:
    """Returns a statement that fails where it changes nothing, or finds something."""
    if must_change:
        return f"WITH changed AS ({statement} RETURNING 1) SELECT 1 / count(*) FROM changed"  # noqa: S608 (see below)
    if must_be_none:
        return f"SELECT 1 / (1 - count(*)) FROM ({statement}) AS found"  # noqa: S608 (statements of our own)
    return statement


def _names(model: type[models.Model]) -> tuple[str, dict[str, str]]:
    quote = connection.ops.quote_name
    columns = {field.attname: quote(str(field.column)) for field in model._meta.concrete_fields}
    return quote(model._meta.db_table), columns


def _where(column: Mapping[str, str], *wheres: Names) -> str:
    return f" WHERE {' OR '.join(' AND '.join(_condition(column, name) for name in names) for names in wheres)}"


def _condition(column: Mapping[str, str], name: str) -> str:
    return f"{column[name.removesuffix('__gt')]} {'>' if name.endswith('__gt') else '='} %s"
