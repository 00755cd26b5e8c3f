"""On which days of an archive's calendar series stand: on those that a worker has found out for the server's own pages,
of each day as many as a table shows, however many there are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date
from itertools import groupby
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext

from importers.site.site import Site
from importers.site.texts import called
from importers.verticals.calendar.day_lists import DAY, LONGEST_EVENT, DayLists, Taking, midnight, without_replaced
from importers.verticals.calendar.models import CalendarEvent, CalendarYear, CutSeries, Occurrence, first_moment
from importers.verticals.calendar.month_table import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_TITLE,
    MOST_IN_A_DAY,
    MonthTable,
    days_of_month,
)
from importers.verticals.calendar.rule_words import comes_again

MonthKey = tuple[int, int]


class SeriesDay(NamedTuple):
    """That a series takes place: the key of its event, from which day to which, when on the first, and its name.
    `comes_again`: not where the event only stands for an occurrence of another one."""

    event: int
    first: date
    last: date
    clock: str
    title: str
    comes_again: bool


class SeriesDays:
    """The days of a person's series in the years that the snapshot has all of. What is kept of them is what tables
    show, and where the entries of these series are."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._has_any = site.snapshot.of(CalendarEvent).filter(expanded__isnull=False, trashed_at=None).exists()
        made = site.snapshot.of(CalendarYear).filter(left_at=None, made_at__isnull=False) if self._has_any else None
        made = made.filter(year__range=(FIRST_YEAR, LAST_YEAR)).order_by("year") if made is not None else None
        self.years: list[int] = list(made.values_list("year", flat=True)) if made is not None else []
        self._days: dict[MonthKey, list[SeriesDay]] = {}
        self._crowded: dict[MonthKey, set[date]] = defaultdict(set)
        with timezone.override(site.zone):
            for key in ((year, number) for year in self.years for number in range(1, 13)):
                if found := self._of_month(key):
                    self._days[key] = found
        self._places: dict[int, str] = {day.event: "" for days in self._days.values() for day in days}

    @property
    def words(self) -> str:
        """What is to be said of them; nothing where there are none."""
        if not self._has_any:
            return ""
        if not self.years:
            return gettext("An event that comes again stands on its first day alone, where it says when it does.")
        said = gettext(
            "Events that come again stand on all of their days in these years: %(years)s. In any other one they stand "
            "on their first day alone, where it says when they come again."
        )
        return said % {"years": ", ".join(_spans(self.years))}

    def has(self, event: Any) -> bool:
        """Whether an event stands on the days of its series, and not by its own time."""
        begins = first_moment(event.starts_at, event.ends_at, is_day=event.all_day)
        return bool(event.expanded) and begins is not None and begins.astimezone(UTC).year in self.years

    def among(self, months: Iterable[tuple[MonthKey, Any]]) -> Iterator[tuple[MonthKey, Any]]:
        """Yields these months, and those in which only series take place: nothing begins there."""
        own = iter(self._days)
        waiting = next(own, None)
        for key, rows in months:
            while waiting is not None and waiting <= key:
                if waiting < key:
                    yield waiting, None
                waiting = next(own, None)
            yield key, rows
        while waiting is not None:
            yield waiting, None
            waiting = next(own, None)

    def placed(self, event: Any, href: str) -> None:
        """Is told where the entry of an event stands."""
        if event.pk in self._places:
            self._places[event.pk] = href

    def fill(self, table: MonthTable) -> None:
        """Adds the series to a month whose own events have their places."""
        key = (table.year, table.number)
        for one in self._days.get(key, ()):
            href = self._places[one.event]
            table.add(one.first, one.last, one.clock, one.title, href, comes_again=one.comes_again)
        for day in self._crowded.get(key, ()):
            table.crowd(day)

    def cut(self, events: list[Any]) -> dict[int, list[tuple[int, int]]]:
        """Returns of those of these events that come more often than is shown in which years, and how often they stand
        there."""
        series = [event.pk for event in events if event.expanded]
        if not series:
            return {}
        rows = self._site.snapshot.of(CutSeries, event__in=series).order_by("event", "year")
        listed = rows.values_list("event_id", "year", "made")
        return {key: [(year, made) for _, year, made in own] for key, own in groupby(listed, key=lambda row: row[0])}

    def _of_month(self, key: MonthKey) -> list[SeriesDay]:
        days = days_of_month(*key)
        occurrences = self._site.snapshot.of(Occurrence)
        found = DayLists(None, occurrences, days, MOST_IN_A_DAY + 1).takings()
        found = without_replaced(occurrences, found, midnight(days[0]) - LONGEST_EVENT, midnight(days[-1]) + 2 * DAY)
        begun: dict[date, list[Taking]] = defaultdict(list)
        for taking in found:
            begun[taking.days[0]].append(taking)
        shown: list[SeriesDay] = []
        for day in days:
            if len(begun[day]) > MOST_IN_A_DAY:
                self._crowded[key].add(day)
            shown += map(_series_day, begun[day][:MOST_IN_A_DAY])
        return shown


def _series_day(taking: Taking) -> SeriesDay:
    event = taking.event
    title, again = called(event.title)[:LONGEST_TITLE], comes_again(event.recurrence)
    return SeriesDay(event.pk, *taking.days, taking.clock, title, again)


def _spans(years: list[int]) -> list[str]:
    """Years in their order, those that follow each other together."""
    found = []
    for _, own in groupby(enumerate(years), key=lambda one: one[1] - one[0]):
        span = [year for _, year in own]
        found.append(f"{span[0]}–{span[-1]}" if len(span) > 1 else str(span[0]))
    return found
