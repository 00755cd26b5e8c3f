"""iCalendar files as calendars and events."""

from pathlib import Path
from typing import Any

import pytest

from importers.sending.calendars.calendar_file import CalendarFile, NotACalendarError
from importers.sending.folders.folder import LocalFolder


def calendar(path: Path, *lines: str, head: tuple[str, ...] = ()) -> Path:
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *head, *lines, "END:VCALENDAR", ""])
    path.write_text(text, encoding="utf-8", newline="")
    return path


def event(*lines: str) -> tuple[str, ...]:
    return ("BEGIN:VEVENT", "UID:1", "DTSTAMP:20240101T000000Z", *lines, "END:VEVENT")


def payloads(path: Path) -> list[dict[str, Any]]:
    file = CalendarFile.read(path, "/c.ics", "c")
    items = list(file.items())
    assert file.count == len(items)
    assert {item.vertical for item in items} == {"calendar"}
    return [item.payload for item in items]


def only_event(tmp_path: Path, *lines: str, head: tuple[str, ...] = ()) -> dict[str, Any]:
    return payloads(calendar(tmp_path / "c.ics", *event(*lines), head=head))[1]


def test_a_calendar_comes_before_its_events_and_is_named_by_them(tmp_path: Path) -> None:
    path = calendar(
        tmp_path / "c.ics",
        *event("SUMMARY:One", "DTSTART:20240101T100000Z"),
        *event("SUMMARY:Two", "DTSTART:20240102T100000Z"),
        head=("X-WR-CALNAME:Family\\, and friends", "X-WR-CALDESC:Ours"),
    )

    first, *events = payloads(path)

    assert first == {"@type": "Calendar", "id": "/c.ics", "name": "Family, and friends", "description": "Ours"}
    assert [(said["calendarId"], said["title"]) for said in events] == [("/c.ics", "One"), ("/c.ics", "Two")]


def test_a_calendar_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    assert payloads(calendar(tmp_path / "c.ics"))[0]["name"] == "c"


def test_an_event_says_all_that_the_protocol_has_a_place_for(tmp_path: Path) -> None:
    assert only_event(
        tmp_path,
        "SUMMARY:Stand\\, up",
        "DESCRIPTION:First\\nsecond",
        "LOCATION:Workshop",
        "DTSTART;TZID=Europe/Lisbon:20240701T090000",
        "DTEND;TZID=Europe/Lisbon:20240701T093000",
        'ATTENDEE;CN="Babbage, Charles":mailto:charles@example.org',
        "ATTENDEE;ROLE=OPT-PARTICIPANT:MAILTO:mary@example.org",
    ) == {
        "@type": "CalendarEvent",
        "calendarId": "/c.ics",
        "title": "Stand, up",
        "notes": "First\nsecond",
        "attendees": [
            {"displayName": "Babbage, Charles", "email": "charles@example.org", "optional": False},
            {"displayName": None, "email": "mary@example.org", "optional": True},
        ],
        "location": "Workshop",
        "startTime": {"dateTime": "2024-07-01T09:00:00+01:00", "dateOnly": False},
        "endTime": {"dateTime": "2024-07-01T09:30:00+01:00", "dateOnly": False},
        "recurrenceRule": None,
    }


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        (["DTSTART;VALUE=DATE:20240711", "DTEND;VALUE=DATE:20240716"], "2024-07-11T00:00:00Z", "2024-07-16T00:00:00Z"),
        (["DTSTART;VALUE=DATE:20240711"], "2024-07-11T00:00:00Z", "2024-07-12T00:00:00Z"),
    ],
)
def test_whole_days(tmp_path: Path, lines: list[str], start: str, end: str) -> None:
    said = only_event(tmp_path, *lines)

    assert said["startTime"] == {"dateTime": start, "dateOnly": True}
    assert said["endTime"] == {"dateTime": end, "dateOnly": True}


@pytest.mark.parametrize(
    ("lines", "head", "start", "end"),
    [
        (["DTSTART:20240101T100000Z", "DURATION:PT90M"], (), "2024-01-01T10:00:00Z", "2024-01-01T11:30:00Z"),
        (["DTSTART:20240101T100000Z"], (), "2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        (["DTSTART:20240101T100000"], (), "2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        (
            ["DTSTART:20240101T100000"],
            ("X-WR-TIMEZONE:Asia/Tokyo",),
            "2024-01-01T10:00:00+09:00",
            "2024-01-01T10:00:00+09:00",
        ),
        (["DTSTART:20240101T100000Z"], ("X-WR-TIMEZONE:No/Where",), "2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
    ],
)
def test_moments(tmp_path: Path, lines: list[str], head: tuple[str, ...], start: str, end: str) -> None:
    said = only_event(tmp_path, *lines, head=head)

    assert (said["startTime"]["dateTime"], said["endTime"]["dateTime"]) == (start, end)


def test_a_series_says_its_rule_as_the_file_has_it(tmp_path: Path) -> None:
    rule = "RRULE:FREQ=WEEKLY;COUNT=4"
    left_out = ["EXDATE;TZID=Europe/Lisbon:20240708T090000", "EXDATE;TZID=Europe/Lisbon:20240715T090000"]
    said = only_event(tmp_path, "DTSTART;TZID=Europe/Lisbon:20240701T090000", rule, *left_out)

    assert said["recurrenceRule"] == {
        "rrule": rule,
        "rdate": None,
        "exDate": "\n".join(left_out),
        "stringList": [rule, *left_out],
    }


def test_a_moved_occurrence_is_left_out_of_its_series(tmp_path: Path) -> None:
    series = event("SUMMARY:Series", "DTSTART:20240603T090000Z", "RRULE:FREQ=WEEKLY")
    moved = event("SUMMARY:Moved", "DTSTART:20240610T140000Z", "RECURRENCE-ID:20240610T090000Z")

    _, one, other = payloads(calendar(tmp_path / "c.ics", *series, *moved))

    assert one["recurrenceRule"]["stringList"] == ["RRULE:FREQ=WEEKLY", "EXDATE:20240610T090000Z"]
    assert other["recurrenceRule"] is None


def test_a_time_that_makes_no_sense_is_null_and_the_file_goes_too(tmp_path: Path) -> None:
    calendar(tmp_path / "c.ics", *event("SUMMARY:Broken", "DTSTART:20240101T100000Z", "DTEND:garbage"))
    folder = LocalFolder.read(tmp_path)
    items = list(folder.items())

    assert [item.type for item in items] == ["File", "Calendar", "CalendarEvent"]
    assert items[2].payload["startTime"]["dateTime"] == "2024-01-01T10:00:00Z"
    assert items[2].payload["endTime"] is None
    assert folder.count == 3


def test_a_calendar_with_to_dos_goes_as_a_file_too(tmp_path: Path) -> None:
    calendar(tmp_path / "c.ics", "BEGIN:VTODO", "UID:2", "SUMMARY:Buy milk", "END:VTODO")
    folder = LocalFolder.read(tmp_path)

    assert [item.type for item in folder.items()] == ["File", "Calendar"]
    assert "sent as a file, too" in folder.notes[0]


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\xff\xfe\x00", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"END:VCALENDAR"]
)
def test_what_is_no_calendar_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.ics").write_bytes(content)

    with pytest.raises(NotACalendarError):
        CalendarFile.read(tmp_path / "c.ics", "/c.ics", "c")
