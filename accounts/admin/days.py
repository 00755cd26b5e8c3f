"""Lists of the admin, narrowed to days as the overview counts them: those of UTC, whatever zone the page is in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.period import SPAN

LENGTHS = ((1, _("Today")), (7, _("The last 7 days")), (30, _("The last 30 days")))


def days(first: date, last: date) -> str:
    """Returns how an address says them."""
    return f"{first}{SPAN}{last}"


def latest(number: int) -> str:
    """The same of so many days, the last of which is today."""
    today = timezone.now().astimezone(UTC).date()
    return days(today - timedelta(days=number - 1), today)


class DaysFilter(SimpleListFilter):
    """By days: `2026-08-01..2026-08-07`. What is not two days narrows nothing."""

    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        known = [(latest(number), words) for number, words in LENGTHS]
        chosen = self.value()
        return known if chosen in (None, *(value for value, _ in known)) else [*known, (str(chosen), str(chosen))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, _, last = (self.value() or "").partition(SPAN)
        try:
            return self.of_days(request, queryset, date.fromisoformat(first), date.fromisoformat(last))
        except ValueError:
            return queryset

    def of_days(self, request: HttpRequest, rows: QuerySet[Any], first: date, last: date) -> QuerySet[Any]:
        """Returns the rows of these days, the last one included."""
        raise NotImplementedError


def begin_of(day: date) -> datetime:
    """Returns its midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
