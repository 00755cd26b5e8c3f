"""Lists of the admin, narrowed to a time: the last hour, a day, or from a day to another."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.texts import Text

SPAN = ".."
EARLIEST, LATEST = date(1900, 1, 1), date(9998, 12, 31)  # of which every zone can say the midnight


class Period(NamedTuple):
    """A time up to now."""

    length: timedelta
    words: Text


PERIODS = {
    "hour": Period(timedelta(hours=1), _("The last hour")),
    "day": Period(timedelta(days=1), _("The last day")),
    "week": Period(timedelta(days=7), _("The last week")),
    "month": Period(timedelta(days=30), _("The last month")),
}


class PeriodFilter(SimpleListFilter):
    """By when it was: not longer ago than a `PERIODS`, on a day (`2026-08-01`), or from a day to another
    (`2026-08-01..2026-08-07`, of which either may be left out), in the zone of the page. The latest first, in the order
    of the index that finds them."""

    title = pgettext_lazy("filter", "time")
    parameter_name = "within"
    names = (parameter_name, "first", "last")  # what an address may say
    template = "admin/period_filter.html"
    column: ClassVar[str]

    def __init__(self, request: HttpRequest, params: dict[str, Any], *others: Any) -> None:
        first, last = params.pop("first", [""])[-1], params.pop("last", [""])[-1]  # of the form of two days
        if first or last:
            params[self.parameter_name] = [f"{first}{SPAN}{last}"]
        super().__init__(request, params, *others)
        self.first, self.last = _first_and_last(self.value() or "")
        self.kept = [(name, value) for name, value in request.GET.items() if name not in (*self.names, "p")]

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [(name, str(one.words)) for name, one in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if named := PERIODS.get(self.value() or ""):
            return queryset.filter(**{f"{self.column}__gte": timezone.now() - named.length})
        if self.first is not None:
            queryset = queryset.filter(**{f"{self.column}__gte": _midnight(self.first)})
        if self.last is not None:
            queryset = queryset.filter(**{f"{self.column}__lt": _midnight(self.last + timedelta(days=1))})
        return queryset


def _first_and_last(text: str) -> tuple[date | None, date | None]:
    """Returns the days that a filter names; None for one that is left out, or is none."""
    first, between, last = text.partition(SPAN)
    return _day(first), _day(last if between else first)


def _day(text: str) -> date | None:
    try:
        return min(max(date.fromisoformat(text), EARLIEST), LATEST)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


def asks_for_period(request: HttpRequest) -> bool:
    """Whether a list is narrowed to a period."""
    return any(name in request.GET for name in PeriodFilter.names)


def period(column: str) -> type[PeriodFilter]:
    """The period filter of a column."""
    return type("Period", (PeriodFilter,), {"column": column})
