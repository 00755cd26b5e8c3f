"""What pages say of a series besides its columns: when it comes next, and what of it is not shown."""

from collections import defaultdict
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext, pgettext

from accounts.numbers import thousands
from importers.formats.local_time import LocalTime
from importers.formats.recurrence_set import LONGEST_LINES, RecurrenceSet
from importers.pages.shown import Shown
from importers.verticals.calendar.expander import MOST_IN_A_YEAR
from importers.verticals.calendar.models import CalendarEvent, CutSeries, Occurrence, first_moment
from importers.verticals.calendar.rule_words import comes_again


def following(events: list[CalendarEvent], most: int) -> dict[int, list[str]]:
    """Returns when each of these series takes place next, by its key, up to `most` times, as people read it in its
    zone. One that takes place no more, as far as rows were made, has none; nor has one that is cut, of which there may
    be others before."""
    if not events:
        return {}
    by_key = {event.pk: event for event in events}
    whole = ~Exists(CutSeries.objects.filter(event=OuterRef("event")))
    coming = Occurrence.objects.filter(whole, starts_at__gte=timezone.now(), replaces=None).order_by("starts_at")
    found: dict[int, list[str]] = defaultdict(list)
    for key, starts in _first(coming, list(by_key), most):
        event = by_key[key]
        found[key].append(LocalTime.of(starts, event.zone if event.starts_at else "", is_day=event.all_day).shown)
    return found


def _first(coming: QuerySet[Any], keys: list[int], most: int) -> list[tuple[int, Any]]:
    """The first ones of each series: where one is wanted of many, an index leads to each."""
    if most > 1:
        return list(coming.filter(event__in=keys).values_list("event_id", "starts_at")[: most * len(keys)])
    one = coming.filter(event=OuterRef("pk")).values("starts_at")[:1]
    rows = CalendarEvent.objects.filter(pk__in=keys).annotate(first=Subquery(one))
    return list(rows.exclude(first=None).values_list("pk", "first"))


def replaced_facts(event: CalendarEvent) -> list[Shown]:
    """Returns what a page says of an event that stands for an occurrence of a series: when that was to be."""
    begins = first_moment(event.starts_at, event.ends_at, is_day=event.all_day)
    if begins is None or not 0 < len(event.recurrence) <= LONGEST_LINES:
        return []
    start = LocalTime.of(begins, event.zone if event.starts_at else "", is_day=event.all_day)
    moment = RecurrenceSet.read(event.recurrence, start).replaces
    if moment is None:
        return []
    words = gettext("that of a series, on %(when)s")
    when = LocalTime.of(moment, start.zone, is_day=event.all_day).shown
    return [Shown(pgettext("of an event", "Instead of"), words % {"when": when})]


def cut_facts(event: CalendarEvent) -> list[Shown]:
    """Returns what a page says of a series that comes more often than is shown, or that is still to be expanded."""
    if not comes_again(event.recurrence):
        return []
    if event.expanded is False:
        words = gettext("Only its first day so far: the others are being worked out.")
    else:
        words = cut_words(list(CutSeries.objects.filter(event=event).values_list("year", "made").order_by("year")))
    return [Shown(gettext("In the calendar"), words)] if words else []


def cut_words(cut: list[tuple[int, int]]) -> str:
    """Returns what is to be said of a series of which not all is shown; nothing where that is all of it. `cut`: the
    years in which it does not stand on all of its days, and how often it does."""
    if not cut:
        return ""
    if any(made for _, made in cut):
        said = gettext("Only the first %(number)s times of each year: it comes too often.")
        return said % {"number": thousands(MOST_IN_A_YEAR)}
    return gettext("Not on all of its days: when it comes again takes too long to work out.")
