"""The calendar as people see it: events on the right days in their zone, and rules in words."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.calendar.rule_words import recurrence_words
from tests.support import rows
from tests.support.calendar_pages import Add, adding_events, days, unsaved

pytestmark = pytest.mark.services


@pytest.fixture
def ada(client: Client, db: None) -> User:
    person = rows.everything("one")
    client.force_login(person)
    return person


@pytest.fixture
def add(ada: User) -> Add:
    """Makes an event."""
    return adding_events(ada)


def test_events_are_on_their_days(client: Client, add: Add) -> None:
    add("Lunch", "2026-11-26T12:00+00:00", "2026-11-26T13:00+00:00")
    add("Fair", "2026-11-10T00:00+00:00", "2026-11-13T00:00+00:00", all_day=True)  # the 13th is not in it
    add("From before", "2026-10-20T00:00+00:00", "2026-11-03T00:00+00:00", all_day=True)
    add("Till midnight", "2026-11-20T22:00+00:00", "2026-11-21T00:00+00:00")
    add("Other month", "2027-01-10T12:00+00:00")
    seen = days(client, "/things/calendar/month/?month=2026-11")
    assert seen == {
        **{f"{number} October": ["From before"] for number in range(26, 32)},
        "1 November": ["From before"],
        "2 November": ["From before"],
        "10 November": ["Fair"],
        "11 November": ["Fair"],
        "12 November": ["Fair"],
        "20 November": ["22:00 Till midnight"],
        "26 November": ["12:00 Lunch"],
    }


def test_days_are_those_of_the_persons_zone(client: Client, add: Add) -> None:
    add("Call", "2026-11-26T12:00+00:00", "2026-11-26T13:00+00:00")
    add("Birthday", "2026-11-26T00:00+00:00", "2026-11-27T00:00+00:00", all_day=True)  # a day, wherever one is
    User.objects.update(time_zone="Pacific/Auckland")
    seen = days(client, "/things/calendar/month/?month=2026-11")
    assert seen == {"26 November": ["Birthday"], "27 November": ["01:00 Call"]}
    User.objects.update(time_zone="America/Los_Angeles")
    seen = days(client, "/things/calendar/month/?month=2026-11")
    assert seen == {"26 November": ["Birthday", "04:00 Call"]}


def test_a_week_shows_all_of_each_day(client: Client, add: Add) -> None:
    for hour in range(8, 16):
        add(f"Call {hour}", f"2026-11-26T{hour:02}:00+00:00")
    assert len(days(client, "/things/calendar/month/?month=2026-11")["26 November"]) == 4
    page = client.get("/things/calendar/week/?day=2026-11-24").content.decode()
    assert [f"Call {hour}" in page for hour in range(8, 16)] == [True] * 8
    assert "Thursday, 26 November" in page
    assert "?day=2026-11-30" in page and "?day=2026-11-16" in page


@pytest.mark.parametrize("odd", ["month/?month=0000-01", "month/?month=2026-13", "month/?month=9999-12", "week/?day=x"])
def test_what_no_calendar_shows_is_today(client: Client, ada: User, odd: str) -> None:
    assert 'aria-current="date"' in client.get(f"/things/calendar/{odd}").content.decode()
    for edge in ("month/?month=1900-01", "month/?month=2200-12", "week/?day=1900-01-01", "week/?day=2200-12-31"):
        assert client.get(f"/things/calendar/{edge}").status_code == 200


def test_a_crowded_day_hides_no_other_one(client: Client, add: Add) -> None:
    CalendarEvent.objects.bulk_create(
        unsaved(add, f"Call {number}", datetime(2026, 11, 24, tzinfo=UTC) + timedelta(minutes=number))
        for number in range(600)
    )
    add("Fair", "2026-11-24T23:00+00:00", "2026-11-27T01:00+00:00")
    seen = days(client, "/things/calendar/month/?month=2026-11")
    assert seen["24 November"] == [f"00:0{number} Call {number}" for number in range(4)]
    assert all(seen[f"{day} November"] == ["Fair"] for day in (25, 26, 27))
    assert '?day=2026-11-24">More' in client.get("/things/calendar/month/?month=2026-11").content.decode()
    page = client.get("/things/calendar/week/?day=2026-11-24").content.decode()
    assert page.count("Call ") == 40 and page.count("Fair") == 3
    assert "There are more on this day than this page can show" in page


def test_nobody_sees_what_is_somebody_elses(client: Client, add: Add) -> None:
    add("Secret", "2026-11-26T12:00+00:00")
    client.force_login(rows.person("eve"))
    assert days(client, "/things/calendar/month/?month=2026-11") == {}


def test_a_calendar_leads_to_its_events_by_date(client: Client, add: Add) -> None:
    for number in range(60):
        add(f"n{number}", (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)).isoformat())
    calendar = Calendar.objects.get()
    page = client.get(f"/things/calendar/calendars/{calendar.doc_id}/").content.decode()
    assert f'href="/things/calendar/events/?in={calendar.doc_id}"' in page
    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"/things/calendar/events/?in={calendar.doc_id}&order=oldest").content.decode()
    assert re.findall(r"<bdi>(n\d+)</bdi>", page) == [f"n{number}" for number in range(50)]
    if connection.vendor == "sqlite":
        (statement,) = [one["sql"] for one in queries if "sort_key" in one["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + statement.replace("%", "%%"))
            plan = " ".join(step[-1] for step in cursor.fetchall())
        assert "INDEX calendarevent_in_calendar" in plan and "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("RRULE:FREQ=DAILY", "every day"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "every 2 weeks on Monday and Friday"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1SU", "every month on the last Sunday"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on day 1 and 15"),
        ("RRULE:FREQ=YEARLY;COUNT=5", "every year, 5 times"),
        ("RRULE:FREQ=DAILY\nEXDATE:20261201\nEXDATE:20261202", "every day, but not on some days"),
        (
            "RRULE:FREQ=DAILY;UNTIL=20261224T000000Z\nEXDATE:20261201",
            "every day, until 24 December 2026, but not on some days",
        ),
        ("RRULE:FREQ=YEARLY;BYEASTER=1", "again, by a rule of its own"),
        ("RRULE:FREQ=YEARLY;BYWEEKNO=20", "every year, by a rule of its own"),
        ("something", "again"),
        ("RECURRENCE-ID;TZID=Europe/Paris:20261126T100000", ""),
        ("EXDATE:20261201", ""),
        ("", ""),
    ],
)
def test_rules_are_said_in_words(lines: str, words: str) -> None:
    assert recurrence_words(lines) == words
