"""Numbers that the database adds up, so that they are exact whoever adds at the same time.

The statements are written once per process: building each of them anew through the ORM took longer than all the rest
of a small item.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from django.db import connection, models


def add(model: type[models.Model], where: Mapping[str, Any], by: Mapping[str, int], **set_to: Any) -> bool:
    """Adds to columns of the row that `where` names (`__gt` compares), and sets others. False where there is none."""
    statement = _statement(model, connection.vendor, tuple(where), tuple(by), tuple(set_to))
    values = [*by.values(), *(_for_database(model, name, set_to[name]) for name in set_to)]
    values += [_for_database(model, name.removesuffix("__gt"), where[name]) for name in where]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount > 0


@lru_cache
def _statement(
    model: type[models.Model], vendor: str, where: tuple[str, ...], by: tuple[str, ...], set_to: tuple[str, ...]
) -> str:
    quote = connection.ops.quote_name
    column = {field.attname: quote(str(field.column)) for field in model._meta.concrete_fields}
    changes = [f"{column[name]} = {column[name]} + %s" for name in by] + [f"{column[name]} = %s" for name in set_to]
    conditions = [f"{column[name.removesuffix('__gt')]} {'>' if name.endswith('__gt') else '='} %s" for name in where]
    return f"UPDATE {quote(model._meta.db_table)} SET {', '.join(changes)} WHERE {' AND '.join(conditions)}"  # noqa: S608 (names of columns only)


def _for_database(model: type[models.Model], name: str, value: Any) -> Any:
    field = cast(models.Field, model._meta.get_field(name))
    return field.get_db_prep_save(value, connection)
