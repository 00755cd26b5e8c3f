"""Values of columns as a database takes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from importers.statements.sql import WRITTEN, inserted_columns

# Texts, numbers and truths are for every database what they are for Python.
AS_THEY_ARE = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.ForeignKey,
)


def adapted(
    model: type[models.Model], named: Iterable[tuple[str, Any]], database: BaseDatabaseWrapper
) -> Iterator[Any]:
    """Yields values of columns as the database takes them."""
    for name, value in named:
        field = _to_adapt(model, name)
        yield value if field is None or value is None else field.get_db_prep_save(value, database)


def row_values(row: models.Model, database: BaseDatabaseWrapper) -> list[Any]:
    """The values of `inserted_columns`, as a row has them."""
    model = type(row)
    return list(adapted(model, [(name, getattr(row, name)) for name in inserted_columns(model)], database))


def column_of(
    model: type[models.Model], name: str, rows: Sequence[Mapping[str, Any]], database: BaseDatabaseWrapper
) -> list[Any]:
    """The values of a column for the database."""
    default = cast(models.Field, model._meta.get_field(name)).get_default
    values = [row[name] if name in row else default() for row in rows]
    field = _to_adapt(model, name)
    if field is None:
        return values
    if isinstance(field, models.DateTimeField):  # moments, of which Django would ask again what they are
        adapt = lru_cache(1)(database.ops.adapt_datetimefield_value)  # mostly all rows have the same
        return [adapt(value) for value in values]
    return [value if value is None else field.get_db_prep_save(value, database) for value in values]


@lru_cache(WRITTEN)
def _to_adapt(model: type[models.Model], name: str) -> models.Field | None:
    """The field of a column whose values a database takes in a form of its own; None for the others."""
    field = cast(models.Field, model._meta.get_field(name.removesuffix("__gt")))
    return None if isinstance(field, AS_THEY_ARE) else field
