"""A chart of days, as a drawing that needs no script."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

WIDTH, HEIGHT, GAP = 600, 96, 4
SMALLEST = 2  # what is more than nothing is seen


@dataclass(frozen=True)
class Bar:
    """One day. All in the units of the drawing, but `text`: what it says in words."""

    x: float
    y: float
    width: float
    height: float
    text: str
    address: str


@dataclass(frozen=True)
class DayChart:
    """`summary` says in a sentence what is drawn."""

    title: str
    bars: tuple[Bar, ...]
    top: str
    first: date
    last: date
    summary: str
    is_empty: bool
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def begins(self) -> str:
        """Its first day, without the year."""
        return _day(self.first)

    @property
    def ends(self) -> str:
        """The same of its last one."""
        return _day(self.last)


def _day(day: date) -> str:
    if day.day == 1:
        return date_format(day, pgettext("format of a month's first day without its year, see Django's date", "j M"))
    return date_format(day, pgettext("format of a day without its year, see Django's filter date", "j M"))


def day_chart(
    title: str,
    numbers: Mapping[date, int],
    last: date,
    days: int,
    written: Callable[[int], str],
    address: Callable[[date], str],
) -> DayChart:
    """Returns the chart of so many days up to `last`. `written`: a number as people read it; `address`: the list of
    what one day's bar counts."""
    first = last - timedelta(days=days - 1)
    values = [(day, numbers.get(day, 0)) for day in (first + timedelta(days=number) for number in range(days))]
    most = max(number for day, number in values)
    step = WIDTH / days
    bars = []
    for place, (day, value) in enumerate(values):
        height = max(SMALLEST, HEIGHT * value / most) if value else 0
        text = _("%(day)s: %(number)s") % {"day": _day(day), "number": written(value)}
        bars.append(
            Bar(
                round(place * step, 2),
                round(HEIGHT - height, 2),
                round(step - GAP, 2),
                round(height, 2),
                text,
                address(day),
            )
        )
    summary = ngettext(
        "%(title)s, %(days)s day: %(all)s in all, %(today)s today, at most %(most)s a day.",
        "%(title)s, %(days)s days: %(all)s in all, %(today)s today, at most %(most)s a day.",
        days,
    ) % {
        "title": title,
        "days": days,
        "all": written(sum(number for day, number in values)),
        "today": written(values[-1][1]),
        "most": written(most),
    }
    return DayChart(title, tuple(bars), written(most), first, last, summary, not most)
