"""iCalendar files in the spellings of programs that RFC 5545 has not: they say the same as it would."""

import re
from pathlib import Path
from typing import Any

import pytest

from importers.formats.zones import zone_named
from importers.sending.folders.folder import LocalFolder
from tests.support.ics import AMERICAN, events, found, ics

MARCH = "2024-03-05T09:00:00"


@pytest.mark.parametrize(
    ("said", "moment", "is_day"),
    [
        # Dates, whatever stands beside them.
        ("DTSTART:20240731", "2024-07-31T00:00:00Z", True),
        ("DTSTART;TZID=Asia/Tokyo:20240731", "2024-07-31T00:00:00Z", True),
        ("DTSTART;TZID=Asia/Tokyo;VALUE=DATE:20240731", "2024-07-31T00:00:00Z", True),
        ("DTSTART;VALUE=DATE-TIME:20240731", "2024-07-31T00:00:00Z", True),
        ("DTSTART;VALUE=DATE:20240731T000000", "2024-07-31T00:00:00Z", True),
        ("DTSTART;VALUE=DATE:20240731T000000Z", "2024-07-31T00:00:00Z", True),
        ("DTSTART;VALUE=DATE:2024-07-31", "2024-07-31T00:00:00Z", True),
        # Times in the other forms of ISO 8601.
        ("DTSTART:2024-07-31T08:00:00Z", "2024-07-31T08:00:00Z", False),
        ("DTSTART;TZID=Europe/Paris:2024-07-31T08:00:00", "2024-07-31T08:00:00+02:00", False),
        ("DTSTART:20240731T0800Z", "2024-07-31T08:00:00Z", False),
        ("DTSTART:20240731t080000z", "2024-07-31T08:00:00Z", False),
        ("DTSTART:20240731T080000+0200", "2024-07-31T06:00:00Z", False),
        ("DTSTART:2024-07-31T08:00:00.250-05:00", "2024-07-31T13:00:00Z", False),
        ("DTSTART: 20240731T080000Z ", "2024-07-31T08:00:00Z", False),
        ("dtstart;tzid=Europe/Paris:20240731T240000", "2024-08-01T00:00:00+02:00", False),
        ("DTSTART:20161231T235960Z", "2016-12-31T23:59:59Z", False),
        # What is in UTC has no zone (section 3.2.19).
        ("DTSTART;TZID=Europe/Paris:20240731T080000Z", "2024-07-31T08:00:00Z", False),
    ],
)
def test_a_date_or_time_in_another_form_is_the_one_that_stands_there(
    tmp_path: Path, said: str, moment: str, is_day: bool
) -> None:
    [event] = events(found(tmp_path, ics("SUMMARY:T", said)))
    assert event["startTime"] == {"dateTime": moment, "dateOnly": is_day}


@pytest.mark.parametrize("word", ["X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "X-FUNAMBOL-ALLDAY:1"])
def test_an_event_that_says_it_is_of_whole_days_is_the_dates_that_stand_in_it(tmp_path: Path, word: str) -> None:
    days = ("DTSTART;TZID=Asia/Tokyo:20240731T000000", "DTEND;TZID=Asia/Tokyo:20240801T000000")
    [event] = events(found(tmp_path, ics(*days, word)))
    assert event["startTime"] == {"dateTime": "2024-07-31T00:00:00Z", "dateOnly": True}
    assert event["endTime"] == {"dateTime": "2024-08-01T00:00:00Z", "dateOnly": True}
    [event] = events(found(tmp_path, ics(days[0].replace("T00", "T09"), word)))
    assert event["startTime"] == {"dateTime": "2024-07-31T09:00:00+09:00", "dateOnly": False}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),  # not quoted, though it has a colon
        ("/mozilla.org/20050126_1/America/New_York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("US-Eastern", "US/Eastern"),
        ("Eastern", "America/New_York"),
        ("Eastern Standard Time 1", "America/New_York"),
        ("tzone://Microsoft/Utc", ""),
        ("Z", ""),
        ("UTC-05:00", "-05:00"),
        ("GMT-0500", "-05:00"),
        ("-0500", "-05:00"),
    ],
)
def test_a_zone_is_known_to_whoever_sends_as_it_is_to_a_server(tmp_path: Path, name: str, key: str) -> None:
    series = (f"DTSTART;TZID={name}:20240305T090000", "RRULE:FREQ=DAILY", f"EXDATE;TZID={name}:20240306T090000")
    folder = found(tmp_path, ics(*series))
    [event] = events(folder)
    offset = "-05:00" if key else "Z"
    said = {"timeZone": key} if "/" in key else {}
    assert event["startTime"] == {"dateTime": f"{MARCH}{offset}", "dateOnly": False} | said
    hour = "14" if key else "09"
    assert event["recurrenceRule"]["stringList"][1].rpartition(":")[2] in (f"20240306T{hour}0000Z", "20240306T090000")
    assert not any("not known" in note for note in folder.notes)
    assert zone_named(name) == key


def test_a_zone_with_a_colon_that_is_not_quoted_is_the_one_that_the_file_defines(tmp_path: Path) -> None:
    name = "(UTC+01:00) Amsterdam, Berlin"
    [event] = events(found(tmp_path, ics(f"DTSTART;TZID={name}:20240305T090000", head=AMERICAN.format(name))))
    assert event["startTime"]["dateTime"] == f"{MARCH}-05:00"


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("RRULE:FREQ=DAILY;UNTIL=2024-03-07T09:00:00", ["RRULE:FREQ=DAILY;UNTIL=20240307T090000"]),
        ("RRULE:W1 TU TH #4", ["RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH;COUNT=4"]),
        ("RRULE:D2", ["RRULE:FREQ=DAILY;INTERVAL=2;COUNT=2"]),
        ("RRULE:D1 #0", ["RRULE:FREQ=DAILY;INTERVAL=1"]),
        ("RRULE:MD1 15 LD #4", ["RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15,-1;COUNT=4"]),
        (
            "RRULE:MP2 2+ MO 1- FR 20250301T000000Z",
            ["RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=2MO,-1FR;UNTIL=20250301T000000Z"],
        ),
        ("RRULE:YM1 6 7 #8", ["RRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=6,7;COUNT=8"]),
        (
            "RRULE:FREQ=DAILY\nEXDATE:20240306T090000Z;20240307T090000Z",
            ["RRULE:FREQ=DAILY", "EXDATE:20240306T090000Z,20240307T090000Z"],
        ),
    ],
)
def test_rules_of_vcalendar_and_in_other_forms_say_the_same(tmp_path: Path, said: str, lines: list[str]) -> None:
    [event] = events(found(tmp_path, ics("DTSTART:20240305T090000Z", *said.split("\n"))))
    found_lines = event["recurrenceRule"]["stringList"]
    assert [sorted(re.split("[:;]", line)) for line in found_lines] == [
        sorted(re.split("[:;]", line)) for line in lines
    ]


@pytest.mark.parametrize(("more", "moment"), [("", "09:00:00-05:00"), ("DAYLIGHT:TRUE;-04;2;3;A;B\n", "09:00:00Z")])
def test_times_of_a_vcalendar_are_as_far_from_utc_as_it_says(tmp_path: Path, more: str, moment: str) -> None:
    [event] = events(found(tmp_path, ics("DTSTART:20240305T090000", head=f"TZ:-05\n{more}")))
    assert event["startTime"]["dateTime"] == f"2024-03-05T{moment}"


CALENDAR = ics("SUMMARY:T", "DTSTART:20240305T090000Z")


@pytest.mark.parametrize(
    "content",
    [
        CALENDAR + b"\r\n\x1a",
        CALENDAR + bytes(100),
        b"Content-Type: text/calendar; charset=utf-8\r\n\r\n" + CALENDAR,
        CALENDAR.replace(b"BEGIN:VEVENT", b"begin : vevent ").replace(b"END:VCALENDAR", b"END:VCALENDAR  "),
        CALENDAR.replace(b"\r\n", b"\r\r\n"),
    ],
)
def test_what_stands_around_a_calendar_does_not_matter(tmp_path: Path, content: bytes) -> None:
    said: list[dict[str, Any]] = events(found(tmp_path, content))
    assert [event["title"] for event in said] == ["T"]


@pytest.mark.parametrize("name", ["c.vcs", "c.ICAL", "c.icalendar"])
def test_a_calendar_may_have_another_suffix(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CALENDAR.replace(b"VERSION:2.0", b"VERSION:1.0"))
    assert [event["title"] for event in events(LocalFolder.read(tmp_path))] == ["T"]
