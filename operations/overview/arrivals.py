"""What came in and what was refused: today, and in the last thirty days."""

from collections import defaultdict
from datetime import UTC, date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.admin.days import days, latest
from accounts.admin.words import worded
from accounts.numbers import thousands
from accounts.sizes import human_size
from importers.models import Rejection, Transfer
from operations.counting import SHOWN
from operations.models import DayCount, DayRefusals
from operations.overview.chart import day_chart
from operations.overview.panel import Cell, Panel, Table, list_of

ALL = ""  # the row of a day that counts everything


def panel() -> Panel:
    """Returns the charts of items and bytes, and a table by vertical."""
    today, number = _days()
    rows = list(DayCount.objects.filter(day__gt=today - SHOWN, day__lte=today))
    of_day = {row.day: row for row in rows if row.vertical == ALL}
    verticals = sorted({row.vertical for row in rows} - {ALL})
    charts = (
        day_chart(_("Items"), {day: row.items for day, row in of_day.items()}, today, number, thousands, _transfers),
        day_chart(
            _("Bytes"), {day: row.received_bytes for day, row in of_day.items()}, today, number, human_size, _transfers
        ),
        day_chart(_("People"), {day: row.people for day, row in of_day.items()}, today, number, thousands, _transfers),
    )
    table = [_vertical_row(name, [row for row in rows if row.vertical == name], today) for name in verticals]
    month = _("30 days")
    heads = ("", _("items today"), month, _("bytes today"), month, _("people today"), _("most in a day"))
    return Panel(_("What came in"), charts=charts, table=Table(heads, table, _("Nothing has come in yet.")), wide=True)


def refusals() -> Panel:
    """Returns the chart of refused items, and a table by cause, with how the last week compares to the one before."""
    today, number = _days()
    rows = list(DayRefusals.objects.filter(day__gt=today - SHOWN, day__lte=today))
    of_day: dict[date, int] = defaultdict(int)
    for row in rows:
        of_day[row.day] += row.items
    chart = day_chart(_("Refused items"), of_day, today, number, thousands, _rejections)
    causes = sorted({row.code for row in rows}, key=lambda code: -sum(row.items for row in rows if row.code == code))
    table = [_cause_row(code, {row.day: row.items for row in rows if row.code == code}, today) for code in causes]
    heads = ("", _("today"), _("30 days"), _("last 7 days"), _("the 7 before"), _("trend"))
    return Panel(
        _("What was refused"), charts=(chart,), table=Table(heads, table, _("Nothing was refused.")), wide=True
    )


def _vertical_row(name: str, rows: list[DayCount], today: date) -> list[Cell]:
    of_today = next((row for row in rows if row.day == today), DayCount())
    here = list_of(Transfer, vertical=name, days=days(today, today))
    month = list_of(Transfer, vertical=name, days=latest(SHOWN.days))
    return [
        Cell(name, list_of(Transfer, vertical=name)),
        Cell(thousands(of_today.items), here),
        Cell(thousands(sum(row.items for row in rows)), month),
        Cell(human_size(of_today.received_bytes), here),
        Cell(human_size(sum(row.received_bytes for row in rows)), month),
        Cell(thousands(of_today.people), here),
        Cell(thousands(max(row.people for row in rows)), month),
    ]


def _cause_row(code: str, of_day: dict[date, int], today: date) -> list[Cell]:
    week = timedelta(days=7)
    last = sum(number for day, number in of_day.items() if day > today - week)
    before = sum(number for day, number in of_day.items() if today - 2 * week < day <= today - week)
    trend = _("as before") if last == before else pgettext("trend", "more") if last > before else _("less")
    week_before = days(today - 2 * week + timedelta(1), today - week)
    return [
        Cell(worded(code), list_of(Rejection, code=code)),
        Cell(thousands(of_day.get(today, 0)), list_of(Rejection, code=code, days=days(today, today))),
        Cell(thousands(sum(of_day.values())), list_of(Rejection, code=code, days=latest(SHOWN.days))),
        Cell(thousands(last), list_of(Rejection, code=code, days=latest(7))),
        Cell(
            thousands(before),
            list_of(Rejection, code=code, days=week_before),
        ),
        Cell(trend),
    ]


def _transfers(day: date) -> str:
    return list_of(Transfer, days=days(day, day))


def _rejections(day: date) -> str:
    return list_of(Rejection, days=days(day, day))


def _days() -> tuple[date, int]:
    return timezone.now().astimezone(UTC).date(), SHOWN.days
