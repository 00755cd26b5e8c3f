"""Calendars and events in archives."""

from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from importers.documents.kind import RecordKind
from importers.verticals.calendar.models import Calendar, CalendarEvent

CALENDARS = RecordKind(
    Calendar,
    "org.wharf.calendars",
    ("identifier", "name", "description", "arrived_at"),
    heading="name",
    all_words=_("all calendars"),
    no_words=_("no calendars"),
    missing=kept_text("The archive has events of this calendar, but not it: it is named %(name)s."),
    address="calendars",
    by_name=True,
    searched=("name", "description"),
    search_number=6,
)
EVENTS = RecordKind(
    CalendarEvent,
    "org.wharf.calendar.events",
    ("title", "notes", "location", "starts_at", "ends_at", "all_day", "zone", "recurrence", "attendees"),
    references=("calendar",),
    heading="title",
    at="starts_at",
    all_words=_("all events"),
    no_words=_("no events"),
    address="events",
    searched=("title", "notes", "location", "attendees"),
    search_number=7,
)
