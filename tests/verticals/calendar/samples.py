"""A calendar and an event as samples; see tests/support/samples.py."""

from django.utils import timezone

from importers.verticals.calendar.models import Calendar, CalendarEvent
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount


def rows(account: SampleAccount) -> None:
    now = timezone.now()
    columns = account.columns("Calendar", identifier=f"c{account.seed}", name="Home", arrived_at=now)
    calendar = Calendar.objects.create(**columns)
    CalendarEvent.objects.create(**account.columns("CalendarEvent"), calendar=calendar, title="Tea", starts_at=now)


def send(exporter: Exporter) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Home; really"})
    event = {
        "@type": "CalendarEvent",
        "calendarId": "c1",
        "title": "Tea, with Grace",
        "notes": "ü" * 100,
        "startTime": {"dateTime": "2024-06-03T10:00:00Z", "dateOnly": False},
        "endTime": {"dateTime": "2024-06-03T11:00:00Z", "dateOnly": False},
        "recurrenceRule": {"stringList": ["RRULE:FREQ=WEEKLY;COUNT=4"]},
    }
    exporter.send("calendar", event)
