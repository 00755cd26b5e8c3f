"""Which events are on which days, in the zone of whoever looks.

An event is on every day from its first to its last. A series is on the days of its occurrences, which a worker makes;
until it has, on that of its first.
"""

from calendar import Calendar as Weeks
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from importers.verticals.calendar import years
from importers.verticals.calendar.day_lists import DAY, LONGEST_EVENT, DayLists, midnight, without_replaced
from importers.verticals.calendar.day_names import day_and_month, weekday_and_day
from importers.verticals.calendar.models import CalendarEvent, CutSeries, Occurrence
from importers.verticals.calendar.rule_words import comes_again

MOST_OF_DAY_IN_MONTH, MOST_OF_DAY_IN_WEEK = 4, 40  # events that are shown of one day
MOST_CUT = 5  # series of which a page says that they come more often
FIRST_YEAR, LAST_YEAR = 1900, 2200  # that a calendar shows


@dataclass(frozen=True)
class DayEntry:
    """An event on a day. `clock`: when it begins there; empty where it has begun before, or lasts all day."""

    event: CalendarEvent
    clock: str

    @property
    def comes_again(self) -> bool:
        return comes_again(self.event.recurrence)


@dataclass
class AgendaDay:
    """A day and what is on it. `is_other`: of the month before or after; `has_more`: than its entries."""

    day: date
    is_today: bool
    is_other: bool = False
    has_more: bool = False
    entries: list[DayEntry] = field(default_factory=list)

    @property
    def words(self) -> str:
        """As people say it: "26 November"."""
        return day_and_month(self.day)

    @property
    def behind_number(self) -> str:
        """What that says behind the number: " November", in French "er novembre" of a month's first day."""
        return self.words.removeprefix(str(self.day.day))

    @property
    def heading(self) -> str:
        """The same with its weekday."""
        return weekday_and_day(self.day)


@dataclass(frozen=True)
class Agenda:
    """Some weeks. `waits`: a worker has still to find out when series take place on these days, `waits_for_year`: since
    nobody has looked at them lately; `cut`: series that come more often than is shown."""

    weeks: list[list[AgendaDay]]
    waits: bool
    waits_for_year: bool
    cut: list[CutSeries]

    @property
    def days(self) -> list[AgendaDay]:
        return [day for week in self.weeks for day in week]


def month_of(events: QuerySet[Any], person: User, year: int, month: int) -> Agenda:
    """Returns the weeks of a month, from Monday to Sunday. `events`: those that the person has."""
    weeks = Weeks().monthdatescalendar(year, month)
    return _agenda(events, person, weeks, lambda day: day.month != month, MOST_OF_DAY_IN_MONTH)


def week_of(events: QuerySet[Any], person: User, monday: date) -> Agenda:
    """Returns the week that begins on this day."""
    week = [monday + number * DAY for number in range(7)]
    return _agenda(events, person, [week], lambda day: False, MOST_OF_DAY_IN_WEEK)


def _agenda(
    events: QuerySet[Any], person: User, weeks: list[list[date]], is_other: Callable[[date], bool], most: int
) -> Agenda:
    today = timezone.localdate()
    by_day = {day: AgendaDay(day, day == today, is_other(day)) for week in weeks for day in week}
    first, last = weeks[0][0], weeks[-1][-1]
    touched = sorted({(first - DAY).year, (last + DAY).year})
    standing = years.standing(person.pk, touched)
    occurrences = Occurrence.objects.filter(owner=person) if standing.has_occurrences else None
    found = DayLists(events, occurrences, [first - DAY, *by_day], most + 1).takings()
    if occurrences is not None:
        found = without_replaced(occurrences, found, midnight(first) - LONGEST_EVENT, midnight(last) + 2 * DAY)
    for taking in found:
        begins, ends = taking.days
        day = max(begins, first)
        while day <= min(ends, last):
            by_day[day].entries.append(DayEntry(taking.event, taking.clock if day == begins else ""))
            day += DAY
    for shown in by_day.values():
        shown.has_more = len(shown.entries) > most
        del shown.entries[most:]
    cut = _cut(person, touched) if standing.is_cut else []
    shown_weeks = [[by_day[day] for day in week] for week in weeks]
    return Agenda(shown_weeks, standing.waits, standing.waits_for_year, cut)


def _cut(person: User, touched: list[int]) -> list[CutSeries]:
    """Series that come more often in these years than rows are made of, some of them, each once."""
    mine = CutSeries.objects.filter(owner=person, year__in=touched, event__trashed_at=None, event__expanded=True)
    rows = mine.select_related("event").only("year", "made", "event__doc_id", "event__title").order_by("event", "year")
    return list({row.event_id: row for row in rows[: 2 * MOST_CUT]}.values())[:MOST_CUT]
