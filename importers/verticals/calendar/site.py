"""Events in the site of an archive: a page for each month that has some, with its days, and its events below."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models.functions import Coalesce
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.numbers import thousands
from importers.site.listing import (
    PagedList,
    SiteEntry,
    SiteList,
    SitePage,
    as_found,
    cut,
    in_batches,
    standing,
)
from importers.site.site import Site
from importers.site.texts import called, escape, facts, given, month
from importers.verticals.calendar.attendees import said_attendees
from importers.verticals.calendar.documents import EVENTS
from importers.verticals.calendar.models import CalendarEvent, first_moment
from importers.verticals.calendar.month_table import DAY, MonthTable
from importers.verticals.calendar.rule_words import comes_again, recurrence_words
from importers.verticals.calendar.series import cut_words, replaced_facts
from importers.verticals.calendar.site_series import MonthKey, SeriesDays

MOST_DAYS = 62  # days after its first one on which an event stands
SORTED_WITHIN = timedelta(days=2)  # an event's day there may be another one than in UTC
MOST_UNSORTED = 5_000  # events that are held until their day has come
TABLE = "\ue000table\ue000"  # where the first page of a month has its table, until all of it has come
COLUMNS = (
    *("doc_id", "title", "location", "starts_at", "ends_at", "all_day", "zone", "recurrence", "attendees", "expanded"),
)


class SiteEvent(NamedTuple):
    """An event with its first and last day, as its person's calendar has them, and its number among all: no two are
    alike, so that the events themselves are never compared."""

    first: date
    number: int
    last: date
    record: Any


class WrittenMonth(NamedTuple):
    """The first page of a month, which lacks its table and its neighbours."""

    key: MonthKey
    page: bytes
    table: MonthTable
    events: int


class MonthEvents(SiteList):
    """The events of one month."""

    name = "calendar"
    title = _("Calendar")
    kinds = (EVENTS,)
    most = 200
    wants_places = True

    def __init__(self, key: MonthKey, series: SeriesDays) -> None:
        self.table = MonthTable(*key)
        self._series = series

    def head(self, site: Site) -> str:
        return TABLE

    def beside(self, site: Site, rows: list[SiteEvent]) -> Any:
        return self._series.cut([row.record for row in rows])

    def entry(self, site: Site, row: SiteEvent, beside: Any) -> SiteEntry:
        event = row.record
        title = called(event.title)
        calendar = called(event.calendar.name, event.calendar.identifier) if event.calendar else ""
        html = f"<h3>{given(title)}</h3>" + facts(
            (pgettext("of an event", "When"), event.when),
            (pgettext("of an event", "Again"), recurrence_words(event.recurrence)),
            *((str(one.words), one.value) for one in replaced_facts(event)),
            (gettext("In the calendar"), _cut(event, beside.get(event.pk, []))),
            (pgettext("of an event", "Where"), event.location),
            (pgettext("of an event", "With"), said_attendees(event.attendees or "")),
            (gettext("Calendar"), calendar),
        )
        html += site.said(event.says, EVENTS.doctype, event.doc_id)
        found = f"{event.location} {event.says} {event.attendees or ''} {calendar}"
        self._clock = "" if event.all_day or event.starts_at is None else f"{site.clock.local(event.starts_at):%H:%M}"
        return SiteEntry(html, as_found(title, found, event.when))

    def placed(self, row: SiteEvent, href: str) -> None:
        self._series.placed(row.record, href)
        if not self._series.has(row.record):
            again = comes_again(row.record.recurrence)
            self.table.add(row.first, row.last, self._clock, called(row.record.title), href, comes_again=again)


class CalendarMonths(SiteList):
    """Months with their events."""

    name = "calendar"
    title = _("Calendar")
    kinds = (EVENTS,)

    def rows(self, snapshot: Any) -> Any:
        sorted_at = Coalesce("starts_at", "ends_at", "received_at")
        rows = standing(snapshot, CalendarEvent).annotate(sorted_at=sorted_at, says=cut("notes"))
        rows = rows.select_related("calendar").order_by("sorted_at", snapshot.by_code_points("doc_id"))
        return rows.only(*COLUMNS, "received_at", "calendar__name", "calendar__identifier")

    def pages(self, site: Site, count: int) -> Iterator[SitePage]:
        months: list[tuple[MonthKey, int]] = []
        waiting: WrittenMonth | None = None
        series = SeriesDays(site)
        begun = groupby(_by_day(site, in_batches(self.rows(site.snapshot))), key=_month_of)
        for key, rows in series.among(begun):
            shows = MonthEvents(key, series)
            if waiting is not None:
                for lasting in _lasting_before(site, waiting, key):
                    yield _finished(waiting, months, lasting.key)
                    waiting = lasting
                yield _finished(waiting, months, key)
                shows.table.carry(waiting.table)
            first, written = _table_alone(site, key), 0
            if rows is not None:
                listed = PagedList(site, self.name, month(*key), shows, 0, stem=_stem(key))
                pages = listed.pages(rows)
                _path, first = next(pages)
                yield from pages
                written = listed.written
            series.fill(shows.table)
            waiting = WrittenMonth(key, first, shows.table, written)
        if waiting is not None:
            for lasting in _lasting_before(site, waiting, None):
                yield _finished(waiting, months, lasting.key)
                waiting = lasting
            yield _finished(waiting, months, None)
        yield "calendar/index.html", _overview(site, str(self.title), months, count, series.words)


def _by_day(site: Site, batches: Iterable[list[Any]]) -> Iterator[SiteEvent]:
    """Yields events by their first days, as their person's calendar has them; queries sort them by UTC."""
    heap: list[SiteEvent] = []
    at, number = date.min, 0
    for batch in batches:
        for record in batch:
            number += 1
            heappush(heap, _event(site, record, number))
            surely_over = record.sorted_at.date() - SORTED_WITHIN if record.sorted_at.year > 1 else date.min
            while heap[0].first < surely_over or len(heap) > MOST_UNSORTED:
                event = heappop(heap)
                at = max(at, event.first)
                yield event._replace(first=at)
    while heap:
        event = heappop(heap)
        at = max(at, event.first)
        yield event._replace(first=at)


def _event(site: Site, record: Any, number: int) -> SiteEvent:
    begins = first_moment(record.starts_at, record.ends_at, is_day=record.all_day) or record.received_at
    first = last = _day(site, begins, record.all_day)
    if record.ends_at is not None and record.ends_at > begins:  # an end is not in it (RFC 5545, section 3.6.1)
        last = _day(site, record.ends_at - (DAY if record.all_day else timedelta(microseconds=1)), record.all_day)
    return SiteEvent(first, number, first + DAY * max(0, min(MOST_DAYS, (last - first).days)), record)


def _day(site: Site, at: datetime, is_day: bool) -> date:
    return at.astimezone(UTC).date() if is_day else site.clock.local(at).date()


def _month_of(event: SiteEvent) -> MonthKey:
    return event.first.year, event.first.month


def _next(key: MonthKey) -> MonthKey:
    year, number = key
    return (year, number + 1) if number < 12 else (year + 1, 1)


def _stem(key: MonthKey) -> str:
    """What the pages of a month are called."""
    return f"{key[0]:04}-{key[1]:02}"


def _lasting_before(site: Site, waiting: WrittenMonth, key: MonthKey | None) -> Iterator[WrittenMonth]:
    """Yields the months between two in which no event begins, as long as one goes on there."""
    while waiting.table.lasting and (key is None or _next(waiting.key) < key):
        own = _next(waiting.key)
        table = MonthTable(*own)
        table.carry(waiting.table)
        waiting = WrittenMonth(own, _table_alone(site, own), table, 0)
        yield waiting


def _table_alone(site: Site, key: MonthKey) -> bytes:
    """The page of a month in which no event begins for the first time."""
    title = escape(month(*key))
    body = f'<header class="list-head"><h1>{title}</h1></header>{TABLE}'
    return site.frame("calendar/index.html").page(title, body)


def _finished(written: WrittenMonth, months: list[tuple[MonthKey, int]], following: MonthKey | None) -> SitePage:
    """Returns the first page of a month with all that it lacked, and notes the month."""
    links = [f'<a href="index.html">{escape(gettext("All months"))}</a>']
    if months:
        before = months[-1][0]
        links.insert(0, f'<a rel="prev" href="{_stem(before)}.html">{escape(month(*before))}</a>')
    if following is not None:
        links.append(f'<a rel="next" href="{_stem(following)}.html">{escape(month(*following))}</a>')
    around = f'<nav class="pager" aria-label="{escape(gettext("Months"))}">{" ".join(links)}</nav>'
    months.append((written.key, written.events))
    page = written.page.replace(TABLE.encode(), f"{around}{written.table.html}".encode(errors="replace"))
    return f"calendar/{_stem(written.key)}.html", page


def _cut(event: Any, cut: list[tuple[int, int]]) -> str:
    """What is to be said of a series that does not stand on all of its days; nothing of others."""
    if event.expanded is False:
        return gettext("Only its first day: the others had not been worked out when this archive was made.")
    return cut_words(cut)


def _overview(site: Site, title: str, months: list[tuple[MonthKey, int]], count: int, said: str) -> bytes:
    """The years with their months, the last one first. `said`: of series."""
    parts = []
    for year, own in groupby(reversed(months), key=lambda one: one[0][0]):
        lines = "".join(
            f'<li><a href="{_stem(key)}.html">{escape(month(*key))}</a>{number}</li>'
            for key, number in ((key, _number(events)) for key, events in own)
        )
        parts.append(f'<section class="group"><h2>{year}</h2><ul class="months">{lines}</ul></section>')
    heading = f'<h1>{escape(title)} <span class="number quiet">{thousands(count)}</span></h1>'
    lead = f'<p class="lead">{escape(said)}</p>' if said else ""
    body = f'<header class="list-head">{heading}</header>{lead}{"".join(parts)}'
    return site.frame("calendar/index.html").page(escape(title), body)


def _number(events: int) -> str:
    """How many events begin in a month; nothing where others go on, or come again."""
    return f' <span class="quiet">{thousands(events)}</span>' if events else ""


SITE = (CalendarMonths(),)
