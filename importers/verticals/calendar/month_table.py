"""A month as a table of its days."""

from bisect import insort
from calendar import Calendar as Weeks
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext, pgettext

from accounts.numbers import thousands
from importers.site.texts import day, escape, given, month

MOST_IN_A_DAY = 4  # events that a table shows of one day
LONGEST_TITLE = 80  # characters
FIRST_YEAR, LAST_YEAR = 1900, 2200  # that have tables
DAY = timedelta(days=1)


class Lasting(NamedTuple):
    """An event that goes on in the next month: its last day, what it is called, and where it stands."""

    last: date
    title: str
    href: str
    comes_again: bool


class TableEntry(NamedTuple):
    """What a table shows on a day. Those without a `clock` come first; `number`: no two are alike."""

    clock: str
    number: int
    html: str


class MonthTable:
    """The days of a month and the first events of each. `lasting`: those that go on in the next one."""

    def __init__(self, year: int, number: int) -> None:
        self.year, self.number = year, number
        self.lasting: list[Lasting] = []
        self._shown: dict[date, list[TableEntry]] = {}
        self._counts: dict[date, int] = {}
        self._crowded: set[date] = set()

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    def add(self, first: date, last: date, clock: str, title: str, href: str, *, comes_again: bool = False) -> None:
        """An event from its first to its last day; `clock`: when it begins on the first; `href`: where it stands, if it
        does. One that `comes_again` says so."""
        title = title[:LONGEST_TITLE]
        for number in range((min(last, self.last) - first).days + 1):
            self._count(first + number * DAY, "" if number else clock, title, href, comes_again=comes_again)
        if last > self.last and len(self.lasting) < MOST_IN_A_DAY:
            self.lasting.append(Lasting(last, title, href, comes_again))

    def crowd(self, day: date) -> None:
        """There is more on this day than was added."""
        self._crowded.add(day)

    def carry(self, before: "MonthTable") -> None:
        """Has what goes on from the month before, if that is the one before."""
        if before.lasting and before.lasting[0].last >= self.first and (self.first - DAY).month == before.number:
            for one in before.lasting:
                self.add(self.first, one.last, "", one.title, one.href, comes_again=one.comes_again)

    def _count(self, at: date, clock: str, title: str, href: str, *, comes_again: bool) -> None:
        shown = self._shown.setdefault(at, [])
        self._counts[at] = number = self._counts.get(at, 0) + 1
        if len(shown) == MOST_IN_A_DAY and shown[-1].clock <= clock:
            return
        begins = f'<span class="quiet">{clock}</span> ' if clock else ""
        words = f"{begins}{given(title)}{_again() if comes_again else ''}"
        html = (
            f'<a class="entry name" href="{href}">{words}</a>' if href else f'<span class="entry name">{words}</span>'
        )
        insort(shown, TableEntry(clock, number, f"<li>{html}</li>"))
        del shown[MOST_IN_A_DAY:]

    @property
    def html(self) -> str:
        """The table; nothing for a month that no calendar shows."""
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            return ""
        heads = "".join(
            f'<th scope="col"><abbr title="{escape(str(WEEKDAYS[one]))}">{escape(str(WEEKDAYS_ABBR[one]))}</abbr></th>'
            for one in range(7)
        )
        weeks = Weeks().monthdatescalendar(self.year, self.number)
        rows = "".join(f"<tr>{''.join(map(self._cell, week))}</tr>" for week in weeks)
        caption = f'<caption class="unseen">{escape(month(self.year, self.number))}</caption>'
        return f'<table class="calendar">{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'

    def _cell(self, at: date) -> str:
        if at.month != self.number:
            return f'<td class="other" data-free><span class="date quiet" aria-hidden="true">{at.day}</span></td>'
        shown = self._shown.get(at, [])
        more = self._counts.get(at, 0) - len(shown)
        words = escape(gettext("and %(count)s more") % {"count": thousands(more)})
        if at in self._crowded:
            words = escape(pgettext("events of a day", "and more"))
        beyond = f'<p class="small quiet">{words}</p>' if more or at in self._crowded else ""
        entries = f"<ul>{''.join(one.html for one in shown)}</ul>{beyond}" if shown else ""
        free = "" if shown else " data-free"
        number = f'<span aria-hidden="true">{at.day}</span><span class="unseen">{escape(day(at))}</span>'
        return f'<td{free}><span class="date">{number}</span>{entries}</td>'


def days_of_month(year: int, number: int) -> list[date]:
    """Returns the days of a month."""
    return [date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1)]


def _again() -> str:
    shown, read = escape(gettext("It comes again")), escape(gettext("comes again"))
    return f' <span class="quiet" title="{shown}">↻<span class="unseen"> {read}</span></span>'
