"""Calendars and events that exporters send."""

from typing import Any

import pytest

from importers.verticals.calendar.models import Calendar, CalendarEvent
from tests.support.exporter import Exporter, envelope, status

pytestmark = pytest.mark.services


def event(title: str, calendar: str = "c1") -> dict[str, Any]:
    return {
        "@type": "CalendarEvent",
        "calendarId": calendar,
        "title": title,
        "attendees": [
            {"@type": "CalendarAttendeeModel", "displayName": "Bo", "email": "bo@example.org", "optional": False}
        ],
        "startTime": {
            "@type": "CalendarEventModel$CalendarEventTime",
            "dateTime": "2024-11-27T13:16:32+01:00",
            "dateOnly": False,
        },
        "endTime": {"dateTime": 1732713392.5, "dateOnly": False},
        "recurrenceRule": {"stringList": ["RRULE:FREQ=WEEKLY;COUNT=4"]},
    }


def test_an_event_before_its_calendar_is_joined_when_the_calendar_comes(exporter: Exporter) -> None:
    assert status(exporter.send("calendar", event("Tea"))) == "created"
    assert status(exporter.send("calendar", envelope({"@type": "Calendar", "id": "c1", "name": "Home"}))) == "created"
    record = CalendarEvent.objects.select_related("calendar").get()
    assert record.calendar is not None
    assert (record.calendar.name, record.recurrence) == ("Home", "RRULE:FREQ=WEEKLY;COUNT=4")
    assert record.starts_at is not None and record.ends_at is not None
    assert (record.starts_at.isoformat(), record.ends_at.isoformat()) == (
        "2024-11-27T12:16:32+00:00",
        "2024-11-27T13:16:32.500000+00:00",
    )


def test_equal_events_are_one_and_others_are_others(exporter: Exporter) -> None:
    assert status(exporter.send("calendar", event("Tea"))) == "created"
    assert status(exporter.send("calendar", envelope(event("Tea")))) == "unchanged"
    assert status(exporter.send("calendar", event("Coffee"))) == "created"
    assert (CalendarEvent.objects.count(), Calendar.objects.count()) == (2, 1)


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (None, ""),
        ("RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY"),
        (
            {"stringList": ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20250101"]},
            "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20250101",
        ),
        ({"rrule": "FREQ=DAILY", "rdate": None, "exDate": "EXDATE:20250101"}, "RRULE:FREQ=DAILY\nEXDATE:20250101"),
        (
            {"rrule": {"freq": "DAILY", "count": 4}, "exDate": ["20250101", "20250102"]},
            "RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20250101,20250102",
        ),
        ({"rrule": 7, "stringList": [7]}, ""),
    ],
)
def test_a_recurrence_rule_comes_in_several_spellings(exporter: Exporter, rule: Any, lines: str) -> None:
    assert exporter.send("calendar", event("Tea") | {"recurrenceRule": rule}).status_code == 201
    assert CalendarEvent.objects.get().recurrence == lines
