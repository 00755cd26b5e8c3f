"""Columns of records to JSON and back."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.db.models import Field, Model
from django.db.models.fields import NOT_PROVIDED, BigIntegerField, BooleanField, DateTimeField

from accounts.texts import kept_text
from importers.documents.values import Unreadable, moment, text

MISSING = kept_text("%(name)s is missing.", sentences=("name",))
NO_TRUTH = kept_text("%(name)s is neither true nor false.", sentences=("name",))
NO_NUMBER = kept_text("%(name)s is no whole number, or too large.", sentences=("name",))

# What every record has, besides who it belongs to and where it came from.
FACTS = ("identity", "payload", "received_at", "changed_at", "trashed_at")


def as_json(value: Any) -> Any:
    """A column's value in JSON; times in RFC 3339, which they may be already (see `Snapshot.for_json`)."""
    return value.isoformat() if isinstance(value, datetime) else value


def zip_json(names: tuple[str, ...], values: Iterable[Any]) -> dict[str, Any]:
    """Columns by their names, in JSON."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in zip(names, values, strict=True)
    }


def column(model: type[Model], name: str) -> Callable[[dict[str, Any]], Any]:
    """Returns what reads a column of this name from what a document says."""
    field: Field = model._meta.get_field(name)  # type: ignore[assignment]
    nullable, value_of = field.null, _reader(field)

    def read(facts: dict[str, Any]) -> Any:
        value = facts.get(name, NOT_PROVIDED)
        if value is None and nullable:
            return None
        if value is NOT_PROVIDED:
            if field.default is NOT_PROVIDED and not field.null and not field.blank:
                raise Unreadable(MISSING % {"name": name})
            return field.get_default()
        return value_of(value, name)

    return read


def _reader(field: Field) -> Callable[[Any, str], Any]:
    """Returns what reads a value of such a column, and is told the column's name."""
    if isinstance(field, DateTimeField):
        return moment
    if isinstance(field, BooleanField):
        return _truth
    if isinstance(field, BigIntegerField):
        return _whole_number
    return text if field.max_length is None else partial(text, most=field.max_length)


def _truth(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise Unreadable(NO_TRUTH % {"name": name})
    return value


def _whole_number(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > BigIntegerField.MAX_BIGINT:
        raise Unreadable(NO_NUMBER % {"name": name})
    return value


@cache
def columns(model: type[Model], names: tuple[str, ...]) -> tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...]:
    """Returns names of columns, each with what reads it."""
    return tuple((name, column(model, name)) for name in names)


def columns_of(model: type[Model], names: tuple[str, ...], facts: dict[str, Any]) -> dict[str, Any]:
    """The values of columns, from what a document says; the other direction of `zip_json`. Raises `Unreadable`."""
    return {name: read(facts) for name, read in columns(model, names)}
