"""What transfers do, in words that a filter and an overview share."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.models import Transfer

PAUSE = timedelta(minutes=5)  # within which a transfer that runs brings something
SILENCE = timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


class TransferState(TextChoices):
    """Nothing says of a transfer that it has ended: what can be known is when something last came."""

    RUNNING = "running", _("Running: something came in the last 5 minutes")
    SILENT = "silent", _("Silent for an hour, of the last day")
    MISSING = "missing", _("With refused items still missing, of the last week")
    FULL = "full", _("Stopped for want of room, of the last week")


def transfers_in(rows: QuerySet[Any], state: TransferState) -> QuerySet[Any]:
    """Returns those of the rows that are in it, found by the index on when something last came."""
    now = timezone.now()
    if state is TransferState.RUNNING:
        return rows.filter(last_item_at__gte=now - PAUSE, last_item_at__lte=now + PAUSE)  # an archive may say any time
    if state is TransferState.SILENT:
        return rows.filter(last_item_at__gte=now - DAY, last_item_at__lt=now - SILENCE)
    recent = rows.filter(last_item_at__gte=now - WEEK, last_item_at__lte=now + PAUSE)
    return (
        recent.filter(outcome=Transfer.Outcome.FULL) if state is TransferState.FULL else recent.filter(rejected__gt=0)
    )


class TransferStateFilter(SimpleListFilter):
    """By what a transfer does."""

    title = _("what it does")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return TransferState.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        return transfers_in(queryset, TransferState(chosen)) if chosen in TransferState.values else queryset
