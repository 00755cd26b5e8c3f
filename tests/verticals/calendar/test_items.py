"""Calendars and events that exporters send."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import icalendar
import pytest
from django.test import Client

from importers.verticals.calendar.models import Calendar, CalendarEvent
from tests.support import rows
from tests.support.admin import page_address
from tests.support.archives import WHARF, bring
from tests.support.exporter import Exporter, Person, envelope, status
from tests.support.former_rows import formerly, reread, upgrade
from tests.support.takeout import TakeOut, site_text


@pytest.fixture
def operator(client: Client) -> Client:
    """A browser in which an operator is logged in."""
    client.force_login(rows.person("operator", is_staff=True, is_superuser=True))
    return client


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


def at(written: Any, day: bool | None = None, **more: Any) -> dict[str, Any]:
    return {"dateTime": written, "dateOnly": day} | more


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (at("2024-07-31T00:00:00+09:00", True), at("2024-08-01T00:00:00+09:00", True), "31 July 2024"),
        (at("2024-07-31T00:00:00-10:00", True), at("2024-08-03T00:00:00-10:00", True), "31 July 2024 – 2 August 2024"),
        (at("2024-07-31T23:59:59.999999999+14:00", True), None, "31 July 2024"),
        (at("2024-07-31"), at("2024-08-01"), "31 July 2024"),
        (at(1722351600, True, timeZone="Asia/Tokyo"), None, "31 July 2024"),
        (at("9999-12-31T00:00:00-01:00", True), None, "31 December 9999"),
        (at("2016-12-31T23:59:60Z", True), None, "31 December 2016"),
        (None, at("0001-01-01T00:00:00+01:00", True), "1 January 1"),
        # An end is the day after the last one, also where nothing says when it starts.
        (None, at("2024-08-01T00:00:00+09:00", True), "31 July 2024"),
        (None, at("2024-08-01"), "31 July 2024"),
    ],
)
def test_an_event_of_whole_days_is_the_date_that_stands_in_it_wherever_it_was(
    exporter: Exporter, http: httpx.Client, ada: Person, operator: Client, starts: Any, ends: Any, said: str
) -> None:
    item = event("Feast") | {"startTime": starts, "endTime": ends, "recurrenceRule": None}
    assert status(exporter.send("calendar", item)) == "created"
    record = CalendarEvent.objects.get()
    first = said.partition(" – ")[0]
    assert (record.all_day, record.when) == (True, said)
    assert {time.time().isoformat() for time in (record.starts_at, record.ends_at) if time} == {"00:00:00"}
    assert said in operator.get(page_address(record)).content.decode()
    entries = TakeOut.made(http, ada).everything()
    assert said in site_text(entries)
    ics = entries["My Cozy/Readable/Calendars/c1.ics"].decode()
    calendar: Any = icalendar.Calendar.from_ical(ics)
    [begins] = [one["DTSTART"].dt for one in calendar.walk("VEVENT")]
    assert f"{begins.day} {begins:%B} {begins.year}" == first


@pytest.mark.parametrize(
    ("starts", "zone", "moment", "said"),
    [
        (at("2024-01-09T20:00:00-05:00"), "-05:00", "2024-01-10T01:00:00", "9 January 2024, 20:00 UTC-05:00 – 21:00"),
        (
            at("2024-01-10T01:00:00Z", timeZone="America/New_York"),
            "America/New_York",
            "2024-01-10T01:00:00",
            "9 January 2024, 20:00 America/New_York – 21:00",
        ),
        (
            at("2024-01-09T20:00:00", timeZone="Eastern Standard Time"),
            "America/New_York",
            "2024-01-10T01:00:00",
            "9 January 2024, 20:00 America/New_York – 21:00",
        ),
        (at("2024-01-10T00:59:60Z"), "", "2024-01-10T00:59:59", "10 January 2024, 00:59 UTC – 02:00"),
        (
            at("2024-01-09T20:59:60.5-0400"),
            "-04:00",
            "2024-01-10T00:59:59.500000",
            "9 January 2024, 20:59 UTC-04:00 – 22:00",
        ),
        (at("2024-01-10T01:00:00Z[u-ca=gregory]"), "", "2024-01-10T01:00:00", "10 January 2024, 01:00 UTC – 02:00"),
        (at(1704848400000), "", "2024-01-10T01:00:00", "10 January 2024, 01:00 UTC – 02:00"),
        (
            at("2024-01-10T01:00:00Z", timeZone="../../etc"),
            "",
            "2024-01-10T01:00:00",
            "10 January 2024, 01:00 UTC – 02:00",
        ),
    ],
)
def test_an_event_knows_in_which_zone_one_reads_it_off_the_clock(
    exporter: Exporter, starts: Any, zone: str, moment: str, said: str
) -> None:
    item = event("Choir") | {"startTime": starts, "endTime": at("2024-01-10T02:00:00Z"), "recurrenceRule": None}
    assert status(exporter.send("calendar", item)) == "created"
    record = CalendarEvent.objects.get()
    assert record.starts_at is not None
    assert (record.zone, record.starts_at.isoformat(), record.when) == (zone, f"{moment}+00:00", said)


def test_those_who_take_part_are_on_the_pages_and_in_the_file(
    exporter: Exporter, http: httpx.Client, ada: Person, operator: Client
) -> None:
    people = [
        {"displayName": "Bo Ek", "email": "bo@example.org", "optional": True},
        {"displayName": 'Babbage, "Charles"', "email": "MAILTO:charles@example.org", "optional": None},
        {"displayName": None, "email": "mary@example.org"},
        {"displayName": "Nobody <s> address", "email": None},
        {"displayName": None},
        "nonsense",
    ]
    assert status(exporter.send("calendar", event("Review") | {"attendees": people})) == "created"
    record = CalendarEvent.objects.get()
    assert (record.attendees or "").splitlines() == [
        "Bo Ek <bo@example.org> (optional)",
        'Babbage, "Charles" <charles@example.org>',
        "<mary@example.org>",
        "Nobody <s> address",
    ]
    assert "Bo Ek &lt;bo@example.org&gt; (optional)" in operator.get(page_address(record)).content.decode()
    entries = TakeOut.made(http, ada).everything()
    assert "Bo Ek &lt;bo@example.org&gt; (optional)" in site_text(entries)
    calendar: Any = icalendar.Calendar.from_ical(entries["My Cozy/Readable/Calendars/c1.ics"])
    [review] = calendar.walk("VEVENT")
    assert [(str(one), {**one.params}) for one in review["ATTENDEE"]] == [
        ("mailto:bo@example.org", {"CN": "Bo Ek", "ROLE": "OPT-PARTICIPANT"}),
        ("mailto:charles@example.org", {"CN": 'Babbage, "Charles"', "ROLE": "REQ-PARTICIPANT"}),
        ("mailto:mary@example.org", {"ROLE": "REQ-PARTICIPANT"}),
        ("invalid:nomail", {"CN": "Nobody <s> address", "ROLE": "REQ-PARTICIPANT"}),
    ]


@pytest.mark.services
def test_documents_of_earlier_archives_are_read_anew_from_their_payload(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    item = event("Feast") | {"startTime": at("2024-07-31T00:00:00+09:00", True), "endTime": None}
    assert status(exporter.send("calendar", item)) == "created"
    entries = TakeOut.made(http, ada).everything()
    [name] = [name for name in entries if name.startswith("My Cozy/Data/org.wharf.calendar.events/")]
    document = json.loads(entries[name])
    del document["zone"], document["attendees"]
    entries[name] = json.dumps(document | {"starts_at": "2024-07-30T15:00:00+00:00"}).encode()
    grace = Person.create("grace")
    for person in (grace, grace, ada):  # ada has it already, as it is
        bring(person, entries, WHARF)
    columns = ("starts_at", "zone", "attendees", "payload")
    assert [*CalendarEvent.objects.filter(owner=grace.row).values_list(*columns)] == [
        *CalendarEvent.objects.filter(owner=ada.row).values_list(*columns)
    ]
    assert CalendarEvent.objects.filter(starts_at__day=31, attendees="Bo <bo@example.org>").count() == 2


@pytest.mark.services
def test_events_that_stand_are_corrected_when_they_are_read_again(exporter: Exporter) -> None:
    item = event("Feast") | {"startTime": at("2024-07-31T00:00:00+09:00", True), "recurrenceRule": None}
    assert status(exporter.send("calendar", item)) == "created"
    former = formerly(CalendarEvent.objects.get())
    former.starts_at, former.zone, former.attendees = datetime(2024, 7, 30, 15, tzinfo=UTC), None, None
    former.save()
    upgrade()
    reread()
    record = CalendarEvent.objects.get()
    assert (record.when.partition(" –")[0], record.zone) == ("31 July 2024", "+09:00")
    assert record.attendees == "Bo <bo@example.org>"


@pytest.mark.services
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


@pytest.mark.services
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
            {"rrule": {"freq": "WEEKLY", "byDay": ["TU", "SU"], "count": 4}, "exDate": ["20250101", "20250102"]},
            "RRULE:FREQ=WEEKLY;BYDAY=TU,SU;COUNT=4\nEXDATE:20250101,20250102",
        ),
        ({"rrule": 7, "stringList": [7]}, ""),
        (
            {"rrule": "FREQ=DAILY", "exDate": {"@type": "ExDate", "dates": [{"dateTime": "2025-01-02T10:00:00Z"}]}},
            "RRULE:FREQ=DAILY\nEXDATE:2025-01-02T10:00:00Z",
        ),
    ],
)
def test_a_recurrence_rule_comes_in_several_spellings(exporter: Exporter, rule: Any, lines: str) -> None:
    assert exporter.send("calendar", event("Tea") | {"recurrenceRule": rule}).status_code == 201
    assert CalendarEvent.objects.get().recurrence == lines
