"""A change of an occurrence and of all later ones, in a file that is sent, becomes a series of its own: an independent
reader finds the same days and hours."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from importers.sending.folders.folder import LocalFolder
from tests.support.exporter import Exporter, Person
from tests.support.series import occurrences
from tests.support.takeout import TakeOut

PARIS = ";TZID=Europe/Paris:"
AFTERNOON = ("RECURRENCE-ID;TZID=Europe/Paris;RANGE=THISANDFUTURE:20240705T100000", f"DTSTART{PARIS}20240705T150000")

FOUR_DAYS = ["3 10", "4 10", "5 15", "9 15"]
CUT = "in a way that items can't say"


def choir(folder: Path, series: list[str], *overrides: tuple[str, ...]) -> LocalFolder:
    """A folder with a calendar whose series begins on Wednesday 3 July 2024 at 10 in Paris."""
    master = (f"DTSTART{PARIS}20240703T100000", *series)
    each = [["BEGIN:VEVENT", "UID:1", "SUMMARY:Choir", *lines, "END:VEVENT"] for lines in (master, *overrides)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *(line for one in each for line in one), "END:VCALENDAR", ""]
    (folder / "Home.ics").write_text("\r\n".join(lines), newline="")
    return LocalFolder.read(folder)


@pytest.mark.parametrize(
    ("series", "overrides", "days"),
    [
        (["RRULE:FREQ=DAILY;COUNT=5"], [AFTERNOON], ["3 10", "4 10", "5 15", "6 15", "7 15"]),
        (
            ["RRULE:FREQ=DAILY;UNTIL=20240707T080000Z"],
            [AFTERNOON],
            ["3 10", "4 10", "5 15", "6 15", "7 15"],
        ),
        (["RRULE:FREQ=DAILY;UNTIL=20240707"], [AFTERNOON], ["3 10", "4 10", "5 15", "6 15", "7 15"]),
        # One of the later ones is changed, one is called off, and one left out; then they all change again.
        (
            ["RRULE:FREQ=DAILY;COUNT=9"],
            [
                ("RECURRENCE-ID;RANGE=THISANDFUTURE:20240710T080000Z", f"DTSTART{PARIS}20240710T080000"),
                AFTERNOON,
                (f"RECURRENCE-ID{PARIS}20240706T100000", f"DTSTART{PARIS}20240706T120000"),
                (f"RECURRENCE-ID{PARIS}20240707T100000", f"DTSTART{PARIS}20240707T100000", "STATUS:CANCELLED"),
            ],
            ["3 10", "4 10", "5 15", "6 12", "9 15", "10 8", "11 8"],
        ),
        # To another day of the week; across a change of clocks; on some hours of the day, which is said.
        (
            ["RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3"],
            [("RECURRENCE-ID;RANGE=THISANDFUTURE:20240710T080000Z", f"DTSTART{PARIS}20240711T110000")],
            ["3 10", "11 11", "18 11"],
        ),
        (["RRULE:FREQ=DAILY;BYHOUR=10;COUNT=4"], [AFTERNOON], ["3 10", "4 10", "5 15", "6 15"]),
        (["RRULE:FREQ=DAILY;BYHOUR=10,22;COUNT=6"], [AFTERNOON], ["3 10", "3 22", "4 10", "4 22", "5 15", "6 3"]),
        (["RRULE:FREQ=DAILY;COUNT=5"], [(*AFTERNOON, "STATUS:CANCELLED")], ["3 10", "4 10"]),
        # Dates one by one belong to the part that they are in; a rule that has ended does not go on.
        (
            [f"RDATE{PARIS}20240704T100000,20240705T100000,20240709T100000"],
            [AFTERNOON],
            ["3 10", "4 10", "5 15", "9 15"],
        ),
        (
            ["RRULE:FREQ=DAILY;COUNT=2", "RDATE;VALUE=PERIOD:20240705T080000Z/PT1H,20240709T080000Z/20240709T100000Z"],
            [AFTERNOON],
            ["3 10", "4 10", "5 15", "9 15"],
        ),
        (["RRULE:FREQ=DAILY;UNTIL=20240704", "RDATE;VALUE=DATE:20240705,20240709"], [AFTERNOON], FOUR_DAYS),
        # Several rules, of which one is of other days, or has ended, or says other hours.
        (
            ["RRULE:FREQ=WEEKLY;COUNT=3", "RRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20240719T080000Z"],
            [AFTERNOON],
            ["3 10", "5 15", "10 15", "12 15", "17 15", "19 15"],
        ),
        (
            ["RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=MONTHLY;BYMONTHDAY=5,9;COUNT=2"],
            [AFTERNOON],
            ["3 10", "4 10", "5 15", "9 15"],
        ),
        # Every other week, which now begins on another day; from the first one on; from the last one on.
        (
            ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,SU;COUNT=5"],
            [("RECURRENCE-ID;RANGE=THISANDFUTURE:20240707T080000Z", f"DTSTART{PARIS}20240708T100000")],
            ["3 10", "8 10", "18 10", "22 10", "1 10"],
        ),
        (
            ["RRULE:FREQ=DAILY;COUNT=3"],
            [("RECURRENCE-ID;RANGE=THISANDFUTURE:20240703T080000Z", f"DTSTART{PARIS}20240703T150000")],
            ["3 15", "4 15", "5 15"],
        ),
        (["RRULE:FREQ=DAILY;COUNT=3"], [AFTERNOON], ["3 10", "4 10", "5 15"]),
    ],
)
def test_a_change_of_all_later_occurrences_is_one(
    exporter: Exporter,
    http: httpx.Client,
    ada: Person,
    tmp_path: Path,
    series: list[str],
    overrides: list[tuple[str, ...]],
    days: list[str],
) -> None:
    folder = choir(tmp_path, [*series, f"EXDATE{PARIS}20240708T100000"], *overrides)
    for item in folder.items():
        if item.vertical == "calendar":
            assert exporter.send("calendar", json.loads(item.envelope())).status_code == 201
    ics = TakeOut.made(http, ada).everything()["My Cozy/Readable/Calendars/Home.ics"]
    starts = [at.astimezone(ZoneInfo("Europe/Paris")) for at in occurrences(ics)["Choir"] if isinstance(at, datetime)]
    assert [f"{at.day} {at.hour}" for at in starts] == days
    assert not any(CUT in note for note in folder.notes)


@pytest.mark.parametrize(
    "series",
    [
        ["RRULE:FREQ=MONTHLY;BYDAY=1WE"],
        ["RRULE:FREQ=DAILY;BYHOUR=10,22"],
        ["RRULE:FREQ=HOURLY;INTERVAL=24"],
        ["RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY;INTERVAL=5"],
        ["RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY;INTERVAL=3"],
        ["RRULE:FREQ=DAILY;INTERVAL=0"],
    ],
)
def test_a_change_that_items_cannot_say_is_named_and_goes_along_in_the_file(tmp_path: Path, series: list[str]) -> None:
    to_thursday = ("RECURRENCE-ID;RANGE=THISANDFUTURE:20240710T080000Z", f"DTSTART{PARIS}20240711T230000")
    folder = choir(tmp_path, series, to_thursday)
    assert any("a series is changed from an occurrence on" in note and CUT in note for note in folder.notes)
    [said] = [note for note in folder.notes if "items have no place for" in note]
    assert "changes of all later occurrences" in said
    assert [item.envelope() for item in folder.items() if item.vertical == "blobs"] != []


def test_a_rule_that_leaves_out_leaves_out_what_is_changed_too(tmp_path: Path) -> None:
    series = ["RRULE:FREQ=DAILY;COUNT=9", "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU"]
    folder = choir(tmp_path, series, AFTERNOON)
    events = [item.payload for item in folder.items() if item.payload["@type"] == "CalendarEvent"]
    [_, rest] = [one["recurrenceRule"]["stringList"] for one in events]
    assert rest == ["RRULE:FREQ=DAILY;COUNT=7", "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU"]
    assert not any(CUT in note for note in folder.notes)
