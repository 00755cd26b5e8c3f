"""The list of transfers, narrowed to those that brought something on the days that the overview counts."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.days import DaysFilter
from importers import above
from importers.admin.filters import VerticalFilter, having
from operations.models import TransferDay


class BroughtFilter(DaysFilter):
    """By when a transfer brought something, of one kind of data where that is chosen as well."""

    title = _("days on which something came")

    def of_days(self, request: HttpRequest, rows: QuerySet[Any], first: date, last: date) -> QuerySet[Any]:
        found = TransferDay.objects.filter(TransferDay.SOMETHING, day__gte=first, day__lte=last)
        if vertical := request.GET.get(VerticalFilter.parameter_name):
            found = found.filter(vertical=vertical)
        return having(rows, found, "transfer_id", "pk")


above.transfer_filters.append(BroughtFilter)
