"""What one exporter sends, and for how many people."""

from datetime import UTC, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.admin.days import days
from accounts.exporters import connected_people
from accounts.models import Application
from accounts.numbers import thousands
from audit.models import AuditEvent
from audit.subjects import exporter as subject_of
from importers.models import Transfer
from operations.counting import SHOWN
from operations.models import TransferDay
from operations.overview.chart import day_chart
from operations.overview.panel import Figure, Panel, list_of


def panels(user: Any, client: Application) -> list[Panel]:
    """Returns the people who are connected, and charts of items and refusals by day."""
    if not user.has_perm("importers.view_transfer"):
        return []
    today = timezone.now().astimezone(UTC).date()
    sent = TransferDay.objects.filter(day__gt=today - SHOWN, transfer__source__client_id=client.client_id)
    of_day = {
        day: (items or 0, refused or 0)
        for day, items, refused in sent.order_by("day")
        .values("day")
        .annotate(all_items=Sum("items"), all_refused=Sum("refused"))
        .values_list("day", "all_items", "all_refused")
    }

    def address(day: Any) -> str:
        return list_of(Transfer, source__client_id__exact=client.client_id, days=days(day, day))

    charts = [
        day_chart(
            title, {day: numbers[place] for day, numbers in of_day.items()}, today, SHOWN.days, thousands, address
        )
        for place, title in enumerate((_("Items"), _("Refused items")))
    ]
    week = sum(numbers[0] for day, numbers in of_day.items() if day > today - timedelta(days=7))
    people = connected_people(client)
    sent_by_it = list_of(Transfer, source__client_id__exact=client.client_id)
    figures = [
        Figure(thousands(people), _("people are connected")),
        Figure(thousands(week), _("items in the last 7 days"), sent_by_it),
    ]
    if user.has_perm("audit.view_auditevent"):
        trail = list_of(AuditEvent, chain__subject=subject_of(client.pk))
        figures.append(Figure(_("Trail"), _("what was done with it"), trail))
    suspended = _("Suspended for everybody.")
    lines = [f"{suspended} {client.suspended_note}".strip()] if client.suspended_at else []
    return [Panel(_("What it sends"), figures, charts, wide=True, lines=lines)]
