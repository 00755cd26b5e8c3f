"""Calendars and events in archives."""

from importers.documents.kind import RecordKind
from importers.verticals.calendar.models import Calendar, CalendarEvent

CALENDARS = RecordKind(
    Calendar,
    "org.wharf.calendars",
    ("identifier", "name", "description", "arrived_at"),
    heading="name",
    missing="The archive has events of this calendar, but not it: it is named {}.",
)
EVENTS = RecordKind(
    CalendarEvent,
    "org.wharf.calendar.events",
    ("title", "notes", "location", "starts_at", "ends_at", "all_day", "zone", "recurrence", "attendees"),
    references=("calendar",),
    heading="title",
    at="starts_at",
)
