"""What is read again beside records, by marks of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from importers.models import Rejection
from importers.rereading import missing


@dataclass(frozen=True)
class Step:
    """Rows of one model. `rows`: all of them, with what reading them needs; `read` takes some of them and returns how
    many say something else now."""

    model: type[Model]
    rows: Callable[[], QuerySet[Any]]
    read: Callable[[list[Any]], int]


def steps() -> tuple[Step, ...]:
    """Returns all of them, in the order in which they are taken: all records have been read before."""
    return (Step(Rejection, lambda: Rejection.objects.select_related("transfer"), missing.close),)
