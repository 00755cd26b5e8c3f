"""Events of every zone, and their series, leave with the occurrences that the person had: an independent reader finds
them in the file."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import icalendar
import pytest
from dateutil.rrule import rrulestr

from importers.sending.folders.folder import LocalFolder
from tests.support.exporter import Exporter, Person
from tests.support.series import in_utc, occurrences, undefined_zones
from tests.support.takeout import TakeOut

# Of both halves of the world, with half and quarter hours, with changes at midnight and before it, by half an hour, by
# rules that no rule of iCalendar says, and with none.
ZONES = (
    *("America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Nuuk", "Africa/Cairo"),
    *("Africa/Casablanca", "Asia/Jerusalem", "America/Santiago", "Pacific/Chatham", "America/St_Johns", "Asia/Tokyo"),
)
RULES = (
    "FREQ=DAILY;INTERVAL=6;COUNT=70",
    "FREQ=WEEKLY;BYDAY=TU,SU;COUNT=60",
    "FREQ=MONTHLY;BYDAY=-1SU;COUNT=16",
    "FREQ=YEARLY;BYMONTH=3,11;BYDAY=2SU;COUNT=6",
)
HOURS = (4, 7, 12, 20)  # of their starts, before and after the clocks are set; there are some when UTC has another date
FRENCH = """BEGIN:VTIMEZONE
TZID:{0}
BEGIN:STANDARD
DTSTART:16010101T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


def event(title: str, start: str, lines: list[str], **at: Any) -> dict[str, Any]:
    return {
        "@type": "CalendarEvent",
        "calendarId": "c1",
        "title": title,
        "startTime": {"dateTime": start, "dateOnly": False} | at,
        "recurrenceRule": {"stringList": lines},
    }


def left(exporter: Exporter, http: httpx.Client, ada: Person, *events: dict[str, Any]) -> bytes:
    """The file that a calendar with these events leaves as."""
    for item in ({"@type": "Calendar", "id": "c1", "name": "Home"}, *events):
        assert exporter.send("calendar", item).status_code == 201
    return TakeOut.made(http, ada).everything()["My Cozy/Readable/Calendars/Home.ics"]


def test_series_of_many_zones_keep_their_hours_when_clocks_are_set(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    expected: dict[str, list[datetime]] = {}
    events = []
    for number, (zone, rule) in enumerate((zone, rule) for zone in ZONES for rule in RULES):
        hour = HOURS[number % len(HOURS)]
        some_day = datetime(2024, 1 + number % 12, 7, hour, 30, tzinfo=ZoneInfo(zone))
        first = rrulestr(rule, dtstart=some_day)[0]
        starts = list(rrulestr(rule, dtstart=first))
        left_out, more = starts[3], starts[0] + timedelta(days=500)
        title = f"{number} {zone}"
        lines = [
            f"RRULE:{rule}",
            *(f"EXDATE;TZID={zone}:{left_out:%Y%m%dT%H%M%S}" for _ in range(number % 2)),
            *(f"EXDATE:{left_out.astimezone(UTC):%Y%m%dT%H%M%SZ}" for _ in range(1 - number % 2)),
            f"RDATE;TZID={zone}:{more:%Y%m%dT%H%M%S}",
        ]
        # The zone stands beside the time, or only in the lines.
        beside = {"timeZone": zone} if number % 3 else {}
        events.append(event(title, first.isoformat(), lines, **beside))
        expected[title] = sorted(in_utc({*starts, more} - {left_out}))
    ics = left(exporter, http, ada, *events)
    assert undefined_zones(ics) == set()
    assert occurrences(ics) == expected


def repeated(first: str, days: int, number: int, *without: int) -> list[datetime]:
    start = datetime.fromisoformat(first)
    return in_utc(start + timedelta(days=days * at) for at in range(number) if at not in without)


@pytest.mark.parametrize(
    ("start", "lines", "at", "expected"),
    [
        (
            "2024-01-09T20:00:00-05:00",
            ["RRULE:FREQ=WEEKLY;UNTIL=20240307T045959Z;BYDAY=TU"],
            {},
            repeated("2024-01-09T20:00:00-05:00", 7, 9),
        ),
        (
            "2024-07-03T10:00:00+02:00",
            ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Mitteleuropäische Zeit:20240724T100000"],
            {},
            repeated("2024-07-03T10:00:00+02:00", 7, 5, 3),
        ),
        # Names of zones in any script, with colons, of Windows, and a start in UTC whose series says where it is.
        (
            "2024-05-05T10:00:00+09:00",
            ["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=東京 (標準時):20240512T100000"],
            {},
            repeated("2024-05-05T10:00:00+09:00", 7, 3, 1),
        ),
        (
            "2024-05-05T10:00:00+02:00",
            ["RRULE:FREQ=WEEKLY;COUNT=3", 'EXDATE;TZID="(UTC+01:00) Amsterdam, Berlin":20240512T100000'],
            {},
            repeated("2024-05-05T10:00:00+02:00", 7, 3, 1),
        ),
        (
            "2024-05-04T22:00:00Z",
            ["RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=SU", "EXDATE;TZID=東京 (標準時):20240512T070000"],
            {},
            repeated("2024-05-05T07:00:00+09:00", 7, 3, 1),
        ),
        (
            "2024-07-03T08:00:00Z",
            ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Mitteleuropäische Zeit:20240724T100000"],
            {},
            repeated("2024-07-03T10:00:00+02:00", 7, 5, 3),
        ),
        (
            "2024-03-05T01:00:00Z",
            ["RRULE:FREQ=WEEKLY;COUNT=2;BYDAY=MO", "EXDATE;TZID=Eastern Standard Time:20240101T200000"],
            {},
            [datetime(2024, 3, 5, 1, tzinfo=UTC), datetime(2024, 3, 12, 0, tzinfo=UTC)],
        ),
        (
            "2024-03-04T20:00:00.0000000",
            ["RRULE:FREQ=WEEKLY;COUNT=2"],
            {"timeZone": "Eastern Standard Time"},
            [datetime(2024, 3, 5, 1, tzinfo=UTC), datetime(2024, 3, 12, 0, tzinfo=UTC)],
        ),
        (
            "2024-03-04T20:00:00-05:00[America/New_York][u-ca=hebrew]",
            ["RRULE:FREQ=WEEKLY;COUNT=2"],
            {},
            [datetime(2024, 3, 5, 1, tzinfo=UTC), datetime(2024, 3, 12, 0, tzinfo=UTC)],
        ),
        # A zone that nobody knows, and whose hour is not the one of the start; across a change of clocks, too.
        (
            "2024-07-03T10:00:00+02:00",
            ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Dort:20240724T110000"],
            {},
            repeated("2024-07-03T10:00:00+02:00", 7, 5, 3),
        ),
        (
            "2024-07-03T22:00:00-05:00",
            ["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Mitteleuropäische Zeit:20240711T050000,20240718T050000"],
            {},
            repeated("2024-07-03T22:00:00-05:00", 7, 1),
        ),
        (
            "2024-10-24T10:00:00",
            ["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Dort:20241024T170000,20241031T180000"],
            {"timeZone": "Europe/Paris"},
            [datetime(2024, 11, 7, 9, tzinfo=UTC)],
        ),
        (
            "2024-07-03T10:00:00+02:00",
            ["RRULE:FREQ=DAILY;BYHOUR=10,14;COUNT=4", "EXDATE;TZID=Mitteleuropäische Zeit:20240704T140000"],
            {},
            in_utc(datetime.fromisoformat(f"2024-07-{at}:00+02:00") for at in ("03T10:00", "03T14:00", "04T10:00")),
        ),
        # A series that begins in the second of two hours that are alike, once with nothing but that one.
        (
            "2024-11-03T01:30:00-05:00",
            ["RRULE:FREQ=DAILY;COUNT=3"],
            {"timeZone": "America/New_York"},
            [datetime(2024, 11, day, 6, 30, tzinfo=UTC) for day in (3, 4, 5)],
        ),
        (
            "2024-11-03T01:30:00-05:00",
            ["RRULE:FREQ=YEARLY;COUNT=2", "RDATE:20250701T053000Z"],
            {"timeZone": "America/New_York"},
            [
                datetime(2024, 11, 3, 6, 30, tzinfo=UTC),
                datetime(2025, 7, 1, 5, 30, tzinfo=UTC),
                datetime(2025, 11, 3, 6, 30, tzinfo=UTC),
            ],
        ),
        (
            "2024-11-03T01:30:00-05:00",
            ["RDATE:20250701T053000Z"],
            {"timeZone": "America/New_York"},
            [datetime(2024, 11, 3, 6, 30, tzinfo=UTC), datetime(2025, 7, 1, 5, 30, tzinfo=UTC)],
        ),
        (
            "2024-11-03T01:30:00-05:00",
            ["RRULE:FREQ=HOURLY;COUNT=2"],
            {"timeZone": "America/New_York"},
            [datetime(2024, 11, 3, hour, 30, tzinfo=UTC) for hour in (6, 7)],
        ),
        # An hour that the clock shows twice, and the second time is meant.
        ("2024-10-27T02:30:00+01:00[Europe/Paris]", [], {}, [datetime(2024, 10, 27, 1, 30, tzinfo=UTC)]),
        # Ends that are local, that are days, and dates that are days: the whole of that day is meant.
        (
            "2024-05-05T22:00:00-05:00",
            ["RRULE:FREQ=DAILY;UNTIL=20240507T220000"],
            {},
            repeated("2024-05-05T22:00:00-05:00", 1, 3),
        ),
        (
            "2024-05-05T22:00:00-05:00",
            ["rrule:freq=daily;until=20240508", "EXDATE;VALUE=DATE:20240506"],
            {},
            repeated("2024-05-05T22:00:00-05:00", 1, 4, 1),
        ),
        (
            "2024-05-05T22:00:00-05:00",
            ["RRULE:FREQ=DAILY;COUNT=6", "EXDATE:20240506T220000,20240508T030000Z"],
            {},
            repeated("2024-05-05T22:00:00-05:00", 1, 6, 1, 2),
        ),
        ("2024-05-05T22:00:00-05:00", ["RRULE:FREQ=SOMETIMES"], {}, repeated("2024-05-05T22:00:00-05:00", 1, 1)),
        # A rule that would never come to an end is only written down.
        ("2031-12-31T23:59:00Z", ["RRULE:FREQ=MINUTELY"], {}, repeated("2031-12-31T23:59:00Z", 1, 1)),
    ],
)
def test_a_series_has_its_occurrences_and_no_others(
    exporter: Exporter, http: httpx.Client, ada: Person, start: str, lines: list[str], at: Any, expected: list[datetime]
) -> None:
    ics = left(exporter, http, ada, event("Choir", start, lines, **at))
    assert undefined_zones(ics) == set()
    assert occurrences(ics)["Choir"] == expected


TEN = "2024-07-03T10:00:00+02:00"
FIRST = repeated(TEN, 1, 1)
THREE = repeated(TEN, 1, 3)


def until(said: Any) -> dict[str, Any]:
    return {"rrule": {"freq": "DAILY", "until": said}}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (until({"dateTime": "2024-07-05T10:00:00+02:00", "dateOnly": False}), THREE),
        (until({"dateTime": "2024-07-05T10:00:00", "timeZone": "Europe/Paris"}), THREE),
        (until({"dateTime": "2024-07-05T00:00:00+02:00", "dateOnly": True}), THREE),
        (until("2024-07-05T10:00:00+02:00[Europe/Paris]"), THREE),
        (until(1720166400), THREE),
        (until("1720166400000"), THREE),
        (until(20240705), THREE),
        ("RRULE:FREQ=DAILY;UNTIL=1720166400", THREE),
        (until({"no": "time"}), FIRST),
        ({"rrule": {"freq": "DAILY", "count": 3.0, "interval": None}}, THREE),
        ({"rrule": {"freq": "DAILY", "count": [3, {}]}}, FIRST),
        ({"rrule": {"freq": "WEEKLY", "byDay": [{"day": "WE"}], "count": 2}}, repeated(TEN, 7, 2)),
        (
            {"rrule": {"freq": "MONTHLY", "byDay": [{"@type": "NDay", "day": "we", "nthOfPeriod": 1}], "count": 1}},
            FIRST,
        ),
        ({"rrule": {"freq": "WEEKLY", "byDay": [{"weekday": 3}]}}, FIRST),
        ({"stringList": ["FREQ=DAILY;COUNT=3"]}, THREE),
        ({"stringList": "RRULE:FREQ=DAILY;\r\n COUNT=4\r\nEXDATE:20240706T080000Z"}, THREE),
        ("COUNT=3;FREQ=DAILY", THREE),
        ("RRULE:FREQ=DAILY;X-EVERY=other;COUNT=3", THREE),
        (["FREQ=DAILY;COUNT=3"], THREE),
        ({"rrule": ["FREQ=DAILY;COUNT=2", "FREQ=DAILY;COUNT=3"]}, THREE),
        ({"rrule": "FREQ=DAILY;COUNT=3", "exDate": ["EXDATE:20240704T080000Z"]}, [THREE[0], THREE[2]]),
        (
            {
                "rrule": "FREQ=DAILY;COUNT=5",
                "exDate": ["EXDATE:20240706T080000Z", "EXDATE;TZID=Europe/Berlin:20240707T100000"],
            },
            THREE,
        ),
        ({"rrule": "FREQ=DAILY;COUNT=5", "exDate": [1720252800, "1720339200000"]}, THREE),
        ({"rrule": "FREQ=DAILY;COUNT=4", "exDate": 1720252800}, THREE),
        ({"rrule": "FREQ=DAILY;COUNT=4", "exDate": ["2024-07-06T10:00:00+02:00[Europe/Paris]"]}, THREE),
        (
            {
                "rrule": "FREQ=DAILY;COUNT=4",
                "exDate": {"dateTime": "2024-07-06T04:00:00", "timeZone": "America/New_York"},
            },
            THREE,
        ),
        ({"rdate": ["RDATE:20240704T080000Z", 1720166400]}, THREE),
        ({"rdate": {"@type": "Dates", "number": 2, "dates": ["20240704T080000Z", 1720166400]}}, THREE),
    ],
)
def test_a_rule_in_any_spelling_ends_when_it_says_and_leaves_out_what_it_says(
    exporter: Exporter, http: httpx.Client, ada: Person, rule: Any, expected: list[datetime]
) -> None:
    ics = left(exporter, http, ada, event("Choir", TEN, []) | {"recurrenceRule": rule})
    assert occurrences(ics)["Choir"] == expected


@pytest.mark.parametrize("start", [TEN, "2024-07-03"])
def test_no_rule_makes_a_calendar_one_that_cannot_be_read(
    exporter: Exporter, http: httpx.Client, ada: Person, start: str
) -> None:
    nonsense = (
        *("DAILY;BYHOUR=25", "DAILY;BYMINUTE=60", "DAILY;BYSECOND=61", "DAILY;BYHOUR=-1", "DAILY;BYHOUR=+9"),
        *(
            "MONTHLY;BYDAY=MO;BYSETPOS=0",
            "MONTHLY;BYDAY=0MO",
            "MONTHLY;BYDAY=99WE",
            "WEEKLY;BYDAY=2WE",
            "DAILY;BYDAY=-1WE",
        ),
        *("YEARLY;BYWEEKNO=20;BYDAY=1MO", "YEARLY;BYWEEKNO=54", "MONTHLY;BYWEEKNO=20", "DAILY;BYYEARDAY=1"),
        *(
            "MONTHLY;BYMONTHDAY=0",
            "MONTHLY;BYMONTHDAY=45",
            "WEEKLY;BYMONTHDAY=3",
            "YEARLY;BYMONTH=13",
            "YEARLY;BYMONTH=0",
        ),
        *(
            "YEARLY;BYMONTH=5L",
            "YEARLY;BYYEARDAY=367",
            "DAILY;COUNT=0",
            "DAILY;COUNT=٣",
            "DAILY;INTERVAL=0",
            "DAILY;BYEASTER=0",
        ),
        *(
            "YEARLY;RSCALE=HEBREW;BYMONTH=5L",
            "MONTHLY;RSCALE=GREGORIAN;SKIP=SOON",
            "MONTHLY;RSCALE=HEBREW;SKIP=FORWARD",
            "MONTHLY;RSCALE=GREGORIAN;SKIP=FORWARD;BYMONTHDAY=31;INTERVAL=2",
            "MONTHLY;RSCALE=GREGORIAN;SKIP=BACKWARD;BYMONTHDAY=30,31",
            "DAILY;UNTIL=soon",
            "DAILY;BYHOUR=",
        ),
    )
    good = ("DAILY;COUNT=2;RSCALE=GREGORIAN;SKIP=OMIT", "DAILY;COUNT=2;INTERVAL=0001", "DAILY;COUNT=2;WKST=SU")
    extreme = ("DAILY;BYSECOND=60;COUNT=1", "YEARLY;INTERVAL=999999999", "MONTHLY;BYMONTHDAY=31;BYMONTH=2")
    rules = [*nonsense, *good, *extreme]
    events = [event(rule, start, [f"RRULE:FREQ={rule}"]) | {"startTime": {"dateTime": start}} for rule in rules]
    found = occurrences(left(exporter, http, ada, *events))
    begins: list[Any] = FIRST if start == TEN else [date(2024, 7, 3)]
    assert {rule: found[rule] for rule in nonsense} == dict.fromkeys(nonsense, begins)
    assert {len(found[rule]) for rule in good} == {2}


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        ("2024-01-31", "MONTHLY;SKIP=BACKWARD;COUNT=4", ["01-31", "02-29", "03-31", "04-30"]),
        ("2023-01-30", "MONTHLY;SKIP=BACKWARD;BYMONTHDAY=30;COUNT=3", ["01-30", "02-28", "03-30"]),
        ("2024-01-31", "MONTHLY;SKIP=FORWARD;COUNT=6", ["01-31", "03-01", "03-31", "05-01", "05-31", "07-01"]),
        ("2023-01-30", "MONTHLY;SKIP=FORWARD;COUNT=4", ["01-30", "03-01", "03-30", "04-30"]),
        ("2024-02-29", "YEARLY;SKIP=BACKWARD;COUNT=5", ["02-29", "02-28", "02-28", "02-28", "02-29"]),
        ("2024-02-29", "YEARLY;SKIP=FORWARD;COUNT=5", ["02-29", "03-01", "03-01", "03-01", "02-29"]),
        ("2024-03-31", "YEARLY;SKIP=FORWARD;BYMONTH=3,4;BYMONTHDAY=31;COUNT=3", ["03-31", "05-01", "03-31"]),
        ("2024-03-31", "YEARLY;SKIP=BACKWARD;BYMONTH=3,4;BYMONTHDAY=31;COUNT=3", ["03-31", "04-30", "03-31"]),
        ("2024-07-15", "MONTHLY;SKIP=FORWARD;COUNT=2", ["07-15", "08-15"]),
        ("2024-07-15", "WEEKLY;SKIP=FORWARD;COUNT=2", ["07-15", "07-22"]),
        ("2024-07-29", "MONTHLY;SKIP=BACKWARD;BYDAY=5MO;COUNT=2", ["07-29", "09-30"]),
    ],
)
def test_a_series_of_days_that_some_months_have_not_has_those_that_it_says(
    exporter: Exporter, http: httpx.Client, ada: Person, start: str, rule: str, expected: list[str]
) -> None:
    """RFC 7529, section 4.1; what leaves says it in parts that any program takes."""
    line = f"RRULE:RSCALE=GREGORIAN;FREQ={rule}"
    ics = left(exporter, http, ada, event("Rent", start, [line]) | {"startTime": {"dateTime": start}})
    assert [f"{day:%m-%d}" for day in occurrences(ics)["Rent"]] == expected


def test_a_series_of_days_has_the_dates_that_stand_in_it(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    lines = [
        "RRULE:FREQ=DAILY;BYHOUR=9;UNTIL=20240804T150000Z",  # midnight of the 5th in Tokyo
        "EXDATE;TZID=Asia/Tokyo:20240801T000000",
        "EXDATE:20240801T150000Z",
    ]
    ics = left(exporter, http, ada, event("Feast", "2024-07-31T00:00:00+09:00", lines, dateOnly=True))
    assert occurrences(ics)["Feast"] == [date(2024, 7, 31), *(date(2024, 8, day) for day in (3, 4, 5))]


@pytest.mark.parametrize(
    ("start", "end", "left_out", "days"),
    [
        # To midnight in Berlin, in winter, where the start says only how far it was from UTC in summer; and back.
        ("2024-10-25T00:00:00+02:00", "UNTIL=20241027T230000Z", "EXDATE:20241026T220000Z", (25, 26, 28)),
        ("2024-10-25T00:00:00+02:00", "COUNT=4", "EXDATE:20241027T230000Z", (25, 26, 27)),
        ("2024-10-25T00:00:00+02:00", "UNTIL=20241028T225959Z", "EXDATE:20241027T230000Z", (25, 26, 27)),
        ("2024-03-29T00:00:00+01:00", "UNTIL=20240331T220000Z", "EXDATE:20240329T230000Z", (29, 31, 1)),
        ("2024-03-29T00:00:00Z", "UNTIL=20240331T230000Z", "EXDATE:20240330T000000Z", (29, 31, 1)),
        ("2024-03-08T00:00:00-05:00", "UNTIL=20240311T040000Z", "EXDATE:20240309T050000Z", (8, 10, 11)),
        # Some time within a day is that day.
        ("2024-10-25T00:00:00+02:00", "UNTIL=20241027T214500Z", "EXDATE:20241026T100000Z", (25, 27)),
    ],
)
def test_a_day_is_the_same_when_clocks_are_set_between(
    exporter: Exporter, http: httpx.Client, ada: Person, start: str, end: str, left_out: str, days: tuple[int, ...]
) -> None:
    ics = left(exporter, http, ada, event("Feast", start, [f"RRULE:FREQ=DAILY;{end}", left_out], dateOnly=True))
    assert [at.day for at in occurrences(ics)["Feast"]] == [*days]


def test_what_lies_at_the_ends_of_time_or_is_no_time_leaves_a_file_that_can_be_read(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    lines = [
        *(
            "RRULE:FREQ=DAILY;COUNT=2;UNTIL=99991231T235959",
            "RRULE:",
            "RRULE:FREQ=DAILY;COUNT=x",
            "EXDATE:",
            "EXDATE:20240230",
        ),
        *("EXDATE;TZID=Etc/GMT-14:00010101T000000Z", "EXDATE;TZID=Asia/Tokyo:99991231T235959,00010101T000000"),
        *("RDATE;VALUE=PERIOD:99991231T230000Z/PT5H", "RDATE;VALUE=PERIOD:20240101T000000/20230101T000000"),
    ]
    starts = (
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00Z",
        "2024-05-05T10:00:00+23:59",
    )
    events = [
        event(f"{start} {zone}", start, lines, timeZone=zone)
        for start in starts
        for zone in ("Pacific/Apia", "Africa/Monrovia", "+23:59", "x" * 300)
    ]
    calendar: Any = icalendar.Calendar.from_ical(left(exporter, http, ada, *events))
    assert [error for one in calendar.walk("VEVENT") for error in one.errors] == []
    # What no clock has ever shown has no time, and is something to be done some day.
    assert len(calendar.walk("VEVENT")) + len(calendar.walk("VTODO")) == len(events)


def test_rules_that_leave_out_are_written_as_the_others(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    lines = ["RRULE:FREQ=DAILY;COUNT=9", "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU;UNTIL=20240507T230000"]
    text = left(exporter, http, ada, event("Choir", "2024-05-05T22:00:00-05:00", lines)).decode()
    assert "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU;UNTIL=20240508T040000Z\r\n" in text
    moved = event("Moved", "2024-05-05T22:00:00-05:00", ["RECURRENCE-ID:20240506T030000Z"])
    assert "RECURRENCE-ID;TZID=UTC-0500:20240505T220000\r\n" in left(exporter, http, ada, moved).decode()


@pytest.mark.parametrize("zone", ["W. Europe Standard Time", "Восточная Европа", "Asia/Tokyo"])
def test_a_calendar_that_is_sent_leaves_with_the_occurrences_of_its_file(
    exporter: Exporter, http: httpx.Client, ada: Person, tmp_path: Path, zone: str
) -> None:
    """The file's own definition says what its zone is, even one that has another's name."""
    series = ["RRULE:FREQ=WEEKLY;COUNT=60", f"EXDATE;TZID={zone}:20240712T090000", f"RDATE;TZID={zone}:20250101T090000"]
    lines = [
        *("BEGIN:VEVENT", "UID:1", "DTSTAMP:20240101T000000Z", "SUMMARY:Choir"),
        *(f"DTSTART;TZID={zone}:20240105T090000", f"DTEND;TZID={zone}:20240105T103000", *series, "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:1", "DTSTAMP:20240101T000000Z", "SUMMARY:Choir, moved"),
        *(f"RECURRENCE-ID;TZID={zone}:20240405T090000", f"DTSTART;TZID={zone}:20240405T110000", "END:VEVENT"),
    ]
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", FRENCH.format(zone).strip(), *lines, "END:VCALENDAR", ""])
    (tmp_path / "Home.ics").write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")
    for item in LocalFolder.read(tmp_path).items():
        if item.vertical == "calendar":
            assert exporter.send("calendar", json.loads(item.envelope())).status_code == 201
    ics = TakeOut.made(http, ada).everything()["My Cozy/Readable/Calendars/Home.ics"]
    assert occurrences(ics) == occurrences((tmp_path / "Home.ics").read_bytes())
