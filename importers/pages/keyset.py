"""Pages of lists of any length: each begins behind a row, and an index leads there."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.sizes import LARGEST_COLUMN
from accounts.texts import Text
from importers.documents.kind import RecordKind
from importers.models.record import SortName, sort_date

PAGE_SIZE = 50  # rows
LAST = "last"
NUMBERS = ("pk", "size")  # columns to sort by that are numbers


@dataclass(frozen=True)
class ListOrder:
    """An order that a list is offered in. `key`: what rows are sorted by, for which there is an index (see `by_date`
    and `by_name`); those that are alike come in the order in which they were made."""

    name: str
    words: Text
    key: Combinable
    descending: bool = False

    def parts(self, *, reverse: bool) -> list["OrderPart"]:
        """Returns the parts that come one after the other, each sorted by the key: of what goes by name from the
        beginning, what has none comes last."""
        if not isinstance(self.key, SortName) or self.descending:
            return [ALL]
        return [NAMELESS, NAMED] if reverse else [NAMED, NAMELESS]


@dataclass(frozen=True)
class OrderPart:
    """Some rows of an order. `holds`: whether a row that is sorted by this is one of them."""

    rows: Q
    holds: Callable[[Any], bool]


ALL = OrderPart(Q(), lambda key: True)
NAMED, NAMELESS = OrderPart(Q(sort_key__gt=""), bool), OrderPart(Q(sort_key=""), lambda key: not key)

AS_IT_CAME = ListOrder("came", _("As it came"), F("pk"))


def orders_of(kind: RecordKind) -> tuple[ListOrder, ...]:
    """Returns the orders of lists of a kind; the first is what nobody has to ask for."""
    date = sort_date(kind.at, kind.at_else)
    orders = [
        ListOrder("newest", _("Newest first"), date, descending=True),
        ListOrder("oldest", _("Oldest first"), date),
    ]
    if kind.by_name:
        name = SortName(kind.heading)
        orders += [
            ListOrder("name", _("By name"), name),
            ListOrder("name-down", _("By name, from the end"), name, True),
        ]
    if kind.by_size:
        orders.append(ListOrder("largest", _("Largest first"), F("size"), descending=True))
    return tuple(orders)


@dataclass(frozen=True)
class RowPlace:
    """Where a row stands in an order: what it is sorted by, and its key. `token` says it in an address."""

    value: Any
    pk: int

    @property
    def token(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return base64.urlsafe_b64encode(json.dumps([value, self.pk]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, token: str, order: ListOrder) -> "RowPlace | None":
        """Returns what a token says; None where it says nothing in this order."""
        try:
            value, pk = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            if isinstance(order.key, SortName):
                fits = isinstance(value, str) and "\0" not in value
            elif getattr(order.key, "name", "").endswith(NUMBERS):
                fits = type(value) is int and 0 <= value <= LARGEST_COLUMN
            else:
                value, fits = datetime.fromisoformat(value), True
                fits = value.tzinfo is not None
        except (ValueError, TypeError, RecursionError):
            return None
        return cls(value, pk) if fits and type(pk) is int and 0 <= pk <= LARGEST_COLUMN else None


@dataclass(frozen=True)
class KeysetPage:
    """Some rows, and the addresses' ends that lead to the others; empty where there are none."""

    rows: list[Any]
    first: str = ""
    previous: str = ""
    next: str = ""
    last: str = ""


def keyset_page(
    rows: QuerySet[Any],
    order: ListOrder,
    asked: Mapping[str, str],
    beside: Mapping[str, str] | None = None,
    size: int = PAGE_SIZE,
) -> KeysetPage:
    """Returns the page that `asked` names: `after` or `before` a row, or `page=last`; otherwise the first one.
    `beside`: what the addresses of the others say besides."""
    base = {"order": order.name} | dict(beside or {})
    after, before = (RowPlace.read(asked.get(side, ""), order) for side in ("after", "before"))
    if after is None and (before is not None or asked.get("page") == LAST):
        found = _rows(rows, order, before, size + 1, reverse=True)
        if before is not None and len(found) <= size:
            return _first(rows, order, base, size)  # a whole page, rather than what is left before
        there_are_more, shown = len(found) > size, found[:size][::-1]
        return _page(shown, base, is_first=not there_are_more, is_last=before is None)
    if after is None:
        return _first(rows, order, base, size)
    found = _rows(rows, order, after, size + 1, reverse=False)
    if not found:
        return keyset_page(rows, order, {"page": LAST}, beside, size)
    return _page(found[:size], base, is_first=False, is_last=len(found) <= size)


def _first(rows: QuerySet[Any], order: ListOrder, base: dict[str, str], size: int) -> KeysetPage:
    found = _rows(rows, order, None, size + 1, reverse=False)
    return _page(found[:size], base, is_first=True, is_last=len(found) <= size)


def _page(shown: list[Any], base: dict[str, str], *, is_first: bool, is_last: bool) -> KeysetPage:
    ends = [RowPlace(row.sort_key, row.pk).token for row in (shown[0], shown[-1])] if shown else ["", ""]
    links: dict[str, str] = {}
    if not is_first:
        links |= {"first": _query(base), "previous": _query(base | {"before": ends[0]})}
    if not is_last:
        links |= {"next": _query(base | {"after": ends[1]}), "last": _query(base | {"page": LAST})}
    return KeysetPage(shown, **links)


def _query(parameters: Mapping[str, str]) -> str:
    return urlencode(parameters)


def _rows(rows: QuerySet[Any], order: ListOrder, place: RowPlace | None, size: int, *, reverse: bool) -> list[Any]:
    """The rows behind a place. Those that are sorted by the same are asked for first, so that an index leads to the row
    itself, however many there are."""
    down = order.descending != reverse
    mark = "-" if down else ""
    by_key, by_pk = (f"{mark}sort_key", f"{mark}pk"), (f"{mark}pk",)  # where all have one key, an index need not say it
    keyed = rows.annotate(sort_key=order.key)
    parts = order.parts(reverse=reverse)
    wanted = [(part.rows, by_pk if part is NAMELESS else by_key) for part in parts]
    if place is not None:
        beyond = "lt" if down else "gt"
        at = next(number for number, part in enumerate(parts) if part.holds(place.value))
        alike = Q(**{"sort_key": place.value, f"pk__{beyond}": place.pk})
        behind = parts[at].rows & Q(**{f"sort_key__{beyond}": place.value})
        wanted = [(alike, by_pk), (behind, by_key), *wanted[at + 1 :]]
    found: list[Any] = []
    for some, sorted_by in wanted:
        if len(found) < size:
            found += keyed.filter(some).order_by(*sorted_by)[: size - len(found)]
    return found


def place_of(rows: QuerySet[Any], order: ListOrder, row: Any) -> RowPlace | None:
    """Returns where a row stands among others in an order; None where it is not among them."""
    found = rows.filter(pk=row.pk).annotate(sort_key=order.key).values_list("sort_key", flat=True).first()
    return None if found is None else RowPlace(found, row.pk)


def neighbours(rows: QuerySet[Any], order: ListOrder, place: RowPlace) -> tuple[Any, Any]:
    """Returns the rows before and after a place; None where there is none."""
    before, after = (_rows(rows, order, place, 1, reverse=reverse) for reverse in (True, False))
    return next(iter(before), None), next(iter(after), None)
