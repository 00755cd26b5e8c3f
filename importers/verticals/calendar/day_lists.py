"""What begins on each of some days, and what lasts until then: the first of each day, however many there are."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from importers.models.record import sort_date
from importers.pages.together import BEGIN, END, for_each, rows_of
from importers.verticals.calendar.models import CalendarEvent, Occurrence

LONGEST_EVENT = timedelta(days=62)  # of an event, of which all days are found
MOST_LASTING = 50  # events of one day that last until another one
MOST_LONG = 500  # that have begun before the first day, or are occurrences of more than a day
MOST_REPLACED = 500
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Taking:
    """That an event takes place from `starts` to `ends`, as its own columns have them. `key`: of its occurrence; None
    for an event that is shown by its own time."""

    event: CalendarEvent
    starts: datetime
    ends: datetime | None
    key: int | None = None

    @classmethod
    def of(cls, row: Any) -> "Taking":
        """Returns that of an event, or of an occurrence."""
        if isinstance(row, Occurrence):
            return cls(row.event, row.starts_at, row.ends_at, row.pk)
        return cls(row, row.starts_at, row.ends_at)

    @property
    def days(self) -> tuple[date, date]:
        """Its first and its last day. An end is not in it (RFC 5545, section 3.6.1)."""
        first = self._day(self.starts)
        if self.ends is None or self.ends <= self.starts:
            return first, first
        return first, max(first, self._day(self.ends - (DAY if self.event.all_day else MOMENT)))

    @property
    def clock(self) -> str:
        """When it begins on its first day; empty where it lasts all day."""
        return "" if self.event.all_day else f"{timezone.localtime(self.starts):%H:%M}"

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(UTC).date() if self.event.all_day else timezone.localtime(moment).date()


@dataclass(frozen=True)
class DayLists:
    """`events`: those of a person; `occurrences`: the person's, None for whoever has none. Of each of the `days`, the
    first `most` are found that begin on it, of events and of occurrences, and with them those that last for longer.
    Without `events`, what is found is occurrences alone."""

    events: QuerySet[Any] | None
    occurrences: QuerySet[Occurrence] | None
    days: list[date]
    most: int

    def takings(self) -> list[Taking]:
        """Returns all that was found, each once, in its order."""
        found: list[Taking] = []
        for rows, begun in self._begun():
            shown = Q(pk__in=begun) | Q(pk__in=self._long(rows))
            found += [Taking.of(row) for row in rows.filter(shown)]
        return sorted(found, key=lambda one: (one.starts, one.event.pk))

    def _shown(self, events: QuerySet[Any]) -> QuerySet[Any]:
        """The events that are shown by their own time: they come once, or their occurrences are still to be made."""
        by_themselves = events.filter(Q(expanded=None) | Q(expanded=False), starts_at__isnull=False)
        return by_themselves.annotate(sort_key=sort_date("starts_at"))

    def _taking_place(self, occurrences: QuerySet[Occurrence]) -> QuerySet[Any]:
        # Not by joining them: a database might look for the occurrences of each event then, to have them in order.
        shown = Exists(CalendarEvent.objects.filter(pk=OuterRef("event"), trashed_at=None, expanded=True))
        columns = (f"event__{name}" for name in ("doc_id", "title", "location", "all_day", "recurrence", "calendar_id"))
        named = occurrences.filter(shown).select_related("event").only("starts_at", "ends_at", *columns)
        return named.annotate(sort_key=F("starts_at"))

    def _begun(self) -> list[tuple[QuerySet[Any], set[int]]]:
        """The events and the occurrences, with the keys of those that begin on one of the days. Those of whole days
        stand at midnight UTC of their dates, all others between the midnights of whoever looks. Of events those that
        last are found, too; an occurrence that lasts until the next day is, if it is among the first of its own."""
        clock = timezone.get_current_timezone()
        starts = [datetime.combine(day, time(), clock).astimezone(UTC) for day in (*self.days, self.days[-1] + DAY)]
        between = list(pairwise(starts))
        midnights = [(at, at) for at in (datetime.combine(day, time(), UTC) for day in self.days)]
        found: list[tuple[QuerySet[Any], set[int]]] = []
        statements: list[tuple[str, Any]] = []
        whose: list[set[int]] = []  # for each statement
        if self.events is not None:
            found.append((self._shown(self.events), set()))
        if self.occurrences is not None:
            found.append((self._taking_place(self.occurrences), set()))
        for rows, keys in found:
            first = rows.order_by("sort_key", "pk").values_list("pk")
            timed = first.filter(sort_key__gte=BEGIN, sort_key__lt=END, all_day=False)
            statements += for_each(timed[: self.most], between)
            statements += for_each(first.filter(sort_key=BEGIN, all_day=True)[: self.most], midnights)
            if rows.model is CalendarEvent:
                lasting = first.filter(sort_key__gte=BEGIN, sort_key__lt=END, ends_at__gt=END)
                statements += for_each(lasting[:MOST_LASTING], between)
            whose += [keys] * (len(statements) - len(whose))
        for number, (key,) in rows_of(statements, found[0][0].db) if found else ():
            whose[number].add(key)
        return found

    def _long(self, rows: QuerySet[Any]) -> list[int]:
        """The keys of those that have begun not long before the first day and last until then; of occurrences that are
        long, also of those that begin later."""
        begin = datetime.combine(self.days[0], time(), UTC) - DAY
        until = begin
        if rows.model is Occurrence:
            rows, until = rows.filter(is_long=True), datetime.combine(self.days[-1], time(), UTC) + 2 * DAY
        long = rows.filter(sort_key__gte=begin - LONGEST_EVENT, sort_key__lt=until, ends_at__gte=begin)
        return list(long.order_by("sort_key", "pk").values_list("pk", flat=True)[:MOST_LONG])


def midnight(day: date) -> datetime:
    """Returns the beginning of a day in UTC, in which whole days are kept."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def without_replaced(
    occurrences: QuerySet[Occurrence], found: list[Taking], begin: datetime, end: datetime
) -> list[Taking]:
    """Leaves out the occurrences that an event of its own stands for: of the series of its calendar that is called like
    it, or else of the only one that was to take place then."""
    standing = occurrences.filter(replaces__gte=begin, replaces__lt=end, event__trashed_at=None, event__expanded=True)
    instead = standing.values_list("event_id", "event__calendar_id", "replaces", "event__title")[:MOST_REPLACED]
    by_place: dict[tuple[int | None, datetime], list[Taking]] = defaultdict(list)
    for one in found:
        if one.key is not None:
            by_place[one.event.calendar_id, one.starts].append(one)
    gone: set[int | None] = set()
    for event, calendar, moment, title in instead:
        at = by_place[calendar, moment] if moment is not None else []
        there = [one for one in at if one.event.pk != event and one.key not in gone]
        alike = [one for one in there if one.event.title == title]
        if len(there) == 1 or alike:
            gone.add((alike or there)[0].key)
    return [one for one in found if one.key is None or one.key not in gone]
