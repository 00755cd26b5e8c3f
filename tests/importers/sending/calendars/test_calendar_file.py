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


def todo(*lines: str) -> tuple[str, ...]:
    return ("BEGIN:VTODO", "UID:2", "DTSTAMP:20240101T000000Z", *lines, "END:VTODO")


def tasks(root: Path, *lines: str, head: tuple[str, ...] = ()) -> tuple[LocalFolder, list[dict[str, Any]]]:
    """What a folder with a file of these lines is sent as: its tasks and lists."""
    calendar(root / "c.ics", *lines, head=head)
    folder = LocalFolder.read(root)
    items = list(folder.items())
    assert folder.count == len(items)
    return folder, [item.payload for item in items if item.vertical == "tasks"]


def test_to_dos_are_sent_as_tasks_of_a_list_and_the_file_with_what_they_cannot_say(tmp_path: Path) -> None:
    lines = todo("SUMMARY:Buy milk", "PRIORITY:1", "STATUS:IN-PROCESS", "RRULE:FREQ=DAILY")
    folder, [found, task] = tasks(tmp_path, *lines, head=("X-WR-CALNAME:At home",))

    assert found == {"@type": "TaskList", "id": "/c.ics", "name": "At home"}
    assert task == {
        "@type": "Task",
        "taskListId": "/c.ics",
        "text": "Buy milk",
        "notes": None,
        "dueTime": None,
        "completedTime": None,
    }
    assert [item.type for item in folder.items()] == ["File", "TaskList", "Task"]
    [note] = folder.notes
    for loss in ("UIDs", "priority", "status", "how often it is to be done"):
        assert loss in note


@pytest.mark.parametrize(
    ("lines", "due", "done"),
    [
        (("DUE:20240608T180000Z",), ("2024-06-08T18:00:00Z", False, None), None),
        (("DUE;VALUE=DATE:20240608",), ("2024-06-08T00:00:00Z", True, None), None),
        (
            ("DUE;TZID=Europe/Lisbon:20240608T180000",),
            ("2024-06-08T18:00:00+01:00", False, "Europe/Lisbon"),
            None,
        ),
        (("DTSTART;VALUE=DATE:20240601", "DURATION:P7D"), ("2024-06-08T00:00:00Z", True, None), None),
        (("COMPLETED:20240602T153000Z", "STATUS:COMPLETED"), None, ("2024-06-02T15:30:00Z", False, None)),
        (("STATUS:COMPLETED", "LAST-MODIFIED:20240603T000000Z"), None, ("2024-06-03T00:00:00Z", False, None)),
        (("PERCENT-COMPLETE:100",), None, ("2024-01-01T00:00:00Z", False, None)),
        (("STATUS:NEEDS-ACTION", "PERCENT-COMPLETE:50"), None, None),
        (("DUE:nonsense",), None, None),
    ],
)
def test_a_to_do_says_when_it_is_due_and_when_it_was_done(
    tmp_path: Path, lines: tuple[str, ...], due: tuple[str, bool, str | None] | None, done: Any
) -> None:
    _, [_, task] = tasks(tmp_path, *todo(*lines))
    for said, expected in ((task["dueTime"], due), (task["completedTime"], done)):
        assert (said and (said["dateTime"], said["dateOnly"], said.get("timeZone"))) == expected


def test_a_file_of_events_and_to_dos_is_a_calendar_and_a_list(tmp_path: Path) -> None:
    called_off = todo("SUMMARY:Never mind", "STATUS:CANCELLED")
    local = todo("SUMMARY:At ten", "DUE:20240608T100000")
    folder, found = tasks(tmp_path, *event("SUMMARY:One", "DTSTART:20240101T100000Z"), *called_off, *local)

    assert [item.type for item in folder.items()] == ["File", "Calendar", "CalendarEvent", "TaskList", "Task"]
    assert found[1]["text"] == "At ten"
    assert any("1 to-do is called off" in note for note in folder.notes)
    assert any("times that say no zone are read as UTC" in note for note in folder.notes)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\xff\xfe\x00", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"END:VCALENDAR"]
)
def test_what_is_no_calendar_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.ics").write_bytes(content)

    with pytest.raises(NotACalendarError):
        CalendarFile.read(tmp_path / "c.ics", "/c.ics", "c")
