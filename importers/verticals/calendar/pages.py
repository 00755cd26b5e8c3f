"""How calendars and events are shown: lists, months and weeks."""

import re
from datetime import date, timedelta
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.dates import day_words
from accounts.person import person_of
from importers.pages.kinds import RecordPages, pages_of, register
from importers.pages.lists import listed
from importers.pages.shown import Shown
from importers.verticals.calendar import agenda, series
from importers.verticals.calendar.agenda import Agenda
from importers.verticals.calendar.attendees import said_attendees
from importers.verticals.calendar.models import CalendarEvent
from importers.verticals.calendar.rule_words import recurrence_words

FOLLOWING = 5  # occurrences of a series that its page names
LOOKS_AGAIN = 4  # seconds, when a worker expands series for a year that nobody has looked at before


@register(CalendarEvent)
class EventPages(RecordPages):
    """An event is said to be when it is as its calendar has it; a series, when it comes next, too."""

    words: ClassVar = {
        "starts_at": "",
        "ends_at": "",
        "all_day": "",
        "zone": "",
        "recurrence": "",
        "location": pgettext_lazy("of an event", "Where"),
        "attendees": pgettext_lazy("of an event", "With"),
    }
    row_columns: ClassVar = ("location",)
    loaded: ClassVar = ("starts_at", "ends_at", "all_day", "zone", "recurrence", "expanded")
    list_template: ClassVar = "calendar/events.html"
    shows_date: ClassVar = False  # which "when" does

    @property
    def entry_address(self) -> str:
        return reverse("calendar-month")

    def complete(self, records: list[Any]) -> None:
        following = series.following([record for record in records if record.expanded], 1)
        for record in records:
            record.following = following.get(record.pk, [])

    def row_facts(self, record: Any) -> list[Shown]:
        again, following = gettext("next %(when)s"), getattr(record, "following", [])
        coming = [Shown(gettext("Comes again"), again % {"when": moment}) for moment in following]
        return [*self._when(record), *coming, *super().row_facts(record)]

    def facts(self, record: Any) -> list[Shown]:
        coming = series.following([record], FOLLOWING).get(record.pk, []) if record.expanded else []
        following = [Shown(pgettext("of a series of events", "Next"), gettext("; ").join(coming))] if coming else []
        beside = [*series.replaced_facts(record), *following, *series.cut_facts(record)]
        return [*self._when(record), *beside, *super().facts(record)]

    def said(self, record: Any, name: str) -> Any:
        said = super().said(record, name)
        return said_attendees(said) if name == "attendees" and said else said

    def _when(self, record: Any) -> list[Shown]:
        found = [Shown(pgettext("of an event", "When"), record.when)] if record.when else []
        again = recurrence_words(record.recurrence)
        return [*found, Shown(pgettext("of an event", "Again"), again)] if again else found


@never_cache
@login_required
@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """The events of a month, `?month=2026-11`; without one, or with one that no calendar shows, this month."""
    today = timezone.localdate()
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", request.GET.get("month", ""))
    first = _shown(date(int(found[1]), int(found[2]), 1) if found and found[1] != "0000" else today).replace(day=1)
    events, person = pages_of(CalendarEvent), person_of(request)
    words = {
        "agenda": (shown := agenda.month_of(listed(events, person), person, first.year, first.month)),
        "first": first,
        "previous": f"{first - timedelta(days=1):%Y-%m}",
        "next": f"{first + timedelta(days=32):%Y-%m}",
        "pages": events,
    }
    return _answer(render(request, "calendar/month.html", words), shown)


@never_cache
@login_required
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """The events of the week that has a day, `?day=2026-11-26`; without one this week."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = timezone.localdate()
    day = _shown(day)
    monday = day - timedelta(days=day.weekday())
    events, person = pages_of(CalendarEvent), person_of(request)
    words = {
        "agenda": (shown := agenda.week_of(listed(events, person), person, monday)),
        "first": monday,
        "first_words": day_words(monday),
        "last_words": day_words(monday + timedelta(days=6)),
        "previous": f"{monday - timedelta(days=7):%Y-%m-%d}",
        "next": f"{monday + timedelta(days=7):%Y-%m-%d}",
        "pages": events,
    }
    return _answer(render(request, "calendar/week.html", words), shown)


def _answer(response: HttpResponse, shown: Agenda) -> HttpResponse:
    if shown.waits_for_year:
        response["Refresh"] = str(LOOKS_AGAIN)
    return response


def _shown(day: date) -> date:
    """The day, or today where that is in a year that no calendar shows."""
    return day if agenda.FIRST_YEAR <= day.year <= agenda.LAST_YEAR else timezone.localdate()


urlpatterns = [
    path("month/", month, name="calendar-month"),
    path("week/", week, name="calendar-week"),
]
