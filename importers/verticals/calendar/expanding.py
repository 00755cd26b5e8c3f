"""The job that makes the occurrences of series: it can be killed anywhere, and goes on from there.

The database marks a series whose lines have come or changed (`CalendarEvent.to_do`); so it does those that stood before
there were occurrences. The job expands them for all years that their person has, and for a year that is new, it goes
through all series of the person. A child does what a rule may make long; what comes of it is written in transactions
that have locked the person's row. People take turns, which end with their time and begin with whoever it happens to be,
so that nobody waits for all of another one's, however long each takes.
"""

import logging
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from importers.content import quota
from importers.errors import Refusal
from importers.formats.local_time import LocalTime
from importers.formats.recurrence_set import LONGEST_LINES, RecurrenceSet
from importers.verticals.calendar import years
from importers.verticals.calendar.expander import ExpandedYear, Expander, ExpanderDied
from importers.verticals.calendar.models import CalendarEvent, CalendarYear, CutSeries, Occurrence, first_moment

log = logging.getLogger("wharf.calendar")

SERIES_AT_ONCE = 50  # series of one person, before it is another one's turn
TURNS = 4  # for which a run has time at least: a rule can take seconds, and one person can have any number of them
ROWS_AT_ONCE = 2_000  # occurrences that are written in one transaction, for which the person's items wait
LONG = timedelta(days=1)
READ = ("id", "owner_id", "starts_at", "ends_at", "all_day", "zone", "recurrence", "expanded")


@dataclass
class ExpandedSeries:
    """What is to be written of a series: its occurrences in these years."""

    event: CalendarEvent
    years: list[int]
    occurrences: list[Occurrence] = field(default_factory=list)
    cut: list[CutSeries] = field(default_factory=list)


def work_off(seconds: float) -> int:
    """Expands series for about so long. Returns how many, with years of which some went."""
    until, done = time.monotonic() + seconds, 0
    years.go_on_with_time()
    with Expander() as expander:
        for piece in _pieces(expander, seconds / TURNS):
            done += piece
            if time.monotonic() > until:
                break
    return done


def due() -> QuerySet[CalendarEvent]:
    """Returns the series whose occurrences have still to be made."""
    return CalendarEvent.objects.filter(expanded=False, trashed_at=None)


def _pieces(expander: Expander, turn: float) -> Iterator[int]:
    whose = list(due().values_list("owner_id", flat=True).distinct())
    last = secrets.choice(whose) - 1 if whose else 0  # the key of whose turn it was
    failed: set[int] = set()  # keys of people
    while True:
        cleared = years.clear()
        theirs = due().exclude(owner_id__in=failed).order_by("owner_id", "pk").only(*READ)
        first = theirs.filter(owner_id__gt=last).first() or theirs.first()
        year = CalendarYear.objects.filter(made_at=None, left_at=None).exclude(owner_id__in=failed).first()
        if not cleared and first is None and year is None:
            return
        done = cleared
        try:
            if first is not None:
                last = first.owner_id
                mine = list(theirs.filter(owner_id=last)[:SERIES_AT_ONCE])
                done += _expand(expander, mine, years.wanted(last), turn, whole=True)
            if year is not None:
                last = year.owner_id
                done += _go_on(expander, year, turn)
        except (DatabaseError, Refusal):  # mostly, the account has been deleted meanwhile
            log.exception("the series of a person could not be expanded", extra={"pk": last})
            failed.add(last)
        yield done


def _go_on(expander: Expander, year: CalendarYear, turn: float) -> int:
    """Expands the next series of a person for a year. Those that are still to be expanded are so for this one, too."""
    mine = CalendarEvent.objects.filter(owner_id=year.owner_id, expanded=True, pk__gt=year.position)
    events = list(mine.order_by("pk").only(*READ)[:SERIES_AT_ONCE])
    done = _expand(expander, events, [year.year], turn, whole=False)
    row = CalendarYear.objects.filter(pk=year.pk)
    if events:
        row.update(position=events[done - 1].pk)
    else:
        row.update(made_at=timezone.now())
        years.leave(year.owner_id)
    return done + 1


def _expand(expander: Expander, events: list[CalendarEvent], wanted: list[int], turn: float, *, whole: bool) -> int:
    """Expands series of one person for about `turn` seconds, the first one in any case. `whole`: nothing else of them
    stands. Returns how many."""
    until, done = time.monotonic() + turn, 0
    waiting: list[ExpandedSeries] = []
    for event in events:
        waiting.append(_expanded(expander, event, wanted))
        done += 1
        if sum(len(one.occurrences) for one in waiting) > ROWS_AT_ONCE:
            _write(waiting, whole=whole)
            waiting = []
        if time.monotonic() >= until:
            break
    _write(waiting, whole=whole)
    return done


def _expanded(expander: Expander, event: CalendarEvent, wanted: list[int]) -> ExpandedSeries:
    found = ExpandedSeries(event, wanted)
    begins = first_moment(event.starts_at, event.ends_at, is_day=event.all_day)
    if begins is None or not event.recurrence:
        return found
    start = LocalTime.of(begins, event.zone if event.starts_at else "", is_day=event.all_day)
    lines = RecurrenceSet()
    if len(event.recurrence) <= LONGEST_LINES:
        lines = RecurrenceSet.read(event.recurrence, start)
    length = event.ends_at - begins if event.ends_at is not None and event.ends_at > begins else None
    for year, of_year in _years(expander, event, start, lines, wanted).items():
        if of_year.is_cut:
            found.cut.append(CutSeries(owner_id=event.owner_id, event=event, year=year, made=len(of_year.moments)))
        for moment in of_year.moments:
            own = lines.dates.get(moment) or length
            found.occurrences.append(_occurrence(event, moment, own, lines.replaces if moment == begins else None))
    return found


def _years(
    expander: Expander, event: CalendarEvent, start: LocalTime, lines: RecurrenceSet, wanted: list[int]
) -> dict[int, ExpandedYear]:
    """When a series takes place in these years. One that can't be expanded takes place once, as far as is known."""
    once = start.moment.replace(microsecond=0)
    if not (lines.rules or lines.dates):
        is_cut = len(event.recurrence) > LONGEST_LINES
        return {year: ExpandedYear([once] if once.year == year else [], is_cut) for year in wanted}
    try:
        found = expander.expand(start, lines, wanted)
    except ExpanderDied as died:
        log.warning("event %s has ended what expands it: %s", event.pk, died)
        found = {year: ExpandedYear([], is_cut=True) for year in wanted}
    if (first := found.get(once.year)) is not None and first.is_cut and not first.moments:
        found[once.year] = ExpandedYear([once], is_cut=True)
    return found


def _occurrence(event: CalendarEvent, moment: datetime, length: timedelta | None, replaces: Any) -> Occurrence:
    try:
        ends = moment + length if length is not None else None
    except OverflowError:
        ends = None
    return Occurrence(
        owner_id=event.owner_id,
        event=event,
        starts_at=moment,
        ends_at=ends,
        all_day=event.all_day,
        is_long=length is not None and length > LONG,
        replaces=replaces,
    )


def _write(found: list[ExpandedSeries], *, whole: bool) -> None:
    """Writes what was found of series that still say the same; one that does not is expanded again."""
    if not found:
        return
    with transaction.atomic():
        quota.lock(User(pk=found[0].event.owner_id))
        keys = [one.event.pk for one in found]
        standing = {event.pk: event for event in CalendarEvent.objects.filter(pk__in=keys).only(*READ)}
        same = [one for one in found if _says_the_same(one.event, standing.get(one.event.pk))]
        for wanted, alike in groupby(same, key=lambda one: one.years):
            _clear([one.event.pk for one in alike], [] if whole else wanted)
        CutSeries.objects.bulk_create([row for one in same for row in one.cut], ignore_conflicts=True)
        Occurrence.objects.bulk_create([row for one in same for row in one.occurrences], batch_size=500)
        if whole:
            # Years that were added meanwhile find these like all others.
            done = CalendarEvent.objects.filter(pk__in=[one.event.pk for one in same if one.event.recurrence])
            done.update(expanded=True)
            none_left = CalendarEvent.objects.filter(pk__in=[one.event.pk for one in same if not one.event.recurrence])
            none_left.update(expanded=None)


def _clear(keys: list[int], wanted: list[int]) -> None:
    """Deletes what stands of series: in these years, or all of it."""
    standing, cut = Occurrence.objects.filter(event__in=keys), CutSeries.objects.filter(event__in=keys)
    if not wanted:
        standing.delete()
        cut.delete()
    for year in wanted:
        begins, ends = years.bounds(year)
        standing.filter(starts_at__gte=begins, starts_at__lt=ends).delete()
        cut.filter(year=year).delete()


def _says_the_same(event: CalendarEvent, standing: CalendarEvent | None) -> bool:
    return standing is not None and all(getattr(event, name) == getattr(standing, name) for name in READ)
