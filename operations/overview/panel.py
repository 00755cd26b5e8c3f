"""What a panel of the overview is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse

from accounts.numbers import thousands
from importers.admin.tables import UNITS
from operations.overview.chart import DayChart

COUNTED_ONE_BY_ONE = 1_000  # rows that are counted one by one


@dataclass(frozen=True)
class Figure:
    """One number. `words`: what it counts; `address`: the list of that; `needs`: whether somebody should look."""

    value: str
    words: str
    address: str = ""
    needs: bool = False
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """One number of a table."""

    value: str
    address: str = ""


@dataclass(frozen=True)
class Table:
    """Numbers by what they are of; each row begins with what names it."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""

    @property
    def headed_rows(self) -> list[list[tuple[str, Cell]]]:
        """Each row's cells, with what stands above them."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class StoryLine:
    """What happened at a moment, in a sentence; `leads`: the words of a link to more, at `address`."""

    at: datetime | None
    words: str
    address: str = ""
    leads: str = ""
    needs: bool = False


@dataclass(frozen=True)
class Panel:
    """One heading of the overview, and what stands below it."""

    title: str
    figures: Sequence[Figure] = ()
    charts: Sequence[DayChart] = ()
    table: Table | None = None
    wide: bool = False
    story: Sequence[StoryLine] = ()
    lines: Sequence[str] = field(default=())


def list_of(model: type[Model], **narrowed: Any) -> str:
    """Returns the address of a list, narrowed by its filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(narrowed)}" if narrowed else address


def page_of(row: Model) -> str:
    """Returns the address of the page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def counted(rows: QuerySet[Any]) -> tuple[int, str]:
    """Returns how many rows there are, up to a thousand, and that in words."""
    number = rows.order_by()[: COUNTED_ONE_BY_ONE + 1].count()
    return (number, f"{thousands(COUNTED_ONE_BY_ONE)}+") if number > COUNTED_ONE_BY_ONE else (number, thousands(number))


def figure(rows: QuerySet[Any], words: str, address: str, *, needs: bool = False, note: str = "") -> Figure:
    """Returns how many rows there are. `needs`: somebody should look where there are any."""
    number, text = counted(rows)
    return Figure(text, words, address, needs and number > 0, note)


def ago(took: timedelta) -> str:
    """Returns a length of time in its largest unit: `3 min`, `2 h`, `5 d`."""
    seconds = max(0, int(took.total_seconds()))
    words, length = next((unit for unit in UNITS if seconds >= unit[1]), UNITS[-1])
    return str(words % {"number": seconds // length})
