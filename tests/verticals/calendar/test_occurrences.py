"""Series take place on the days that an independent reader finds in the file that the calendar leaves as."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from celery import current_app
from django.utils import timezone

from accounts import periodic
from accounts.models import PeriodicTask
from accounts.waking import flush
from importers import tasks, waking
from importers.verticals.calendar import expanding
from importers.verticals.calendar.models import Occurrence
from tests.support.exporter import Exporter, Person
from tests.support.series import occurrences
from tests.support.takeout import TakeOut
from tests.support.waiting import eventually

pytestmark = pytest.mark.services

THIS = datetime.now(UTC).year
PARIS = "Europe/Paris"
TIMED: list[tuple[str, str, list[str]]] = [
    # Across changes of clocks, in zones that set them at other hours.
    ("08:30", PARIS, ["RRULE:FREQ=WEEKLY;BYDAY=MO,SA"]),
    ("01:30", PARIS, ["RRULE:FREQ=DAILY"]),
    ("03:30", "America/New_York", ["RRULE:FREQ=WEEKLY;BYDAY=SU"]),
    ("01:15", "Africa/Cairo", ["RRULE:FREQ=MONTHLY;BYDAY=-1FR"]),
    ("23:45", "Pacific/Chatham", ["RRULE:FREQ=DAILY;INTERVAL=3"]),
    ("09:00", "+05:30", ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=SU"]),
    # What ends, by a number, a day or a moment; what has ended; what is left out, or added, once or by a rule.
    ("10:00", PARIS, ["RRULE:FREQ=DAILY;COUNT=40"]),
    ("10:00", PARIS, [f"RRULE:FREQ=DAILY;UNTIL={THIS}0301"]),
    ("10:00", PARIS, [f"RRULE:FREQ=DAILY;UNTIL={THIS}0301T090000Z"]),
    ("10:00", PARIS, ["RRULE:FREQ=DAILY;UNTIL=20200101"]),
    ("10:00", PARIS, ["RRULE:FREQ=DAILY", f"EXDATE;TZID={PARIS}:{THIS}0329T100000,{THIS}0330T100000"]),
    ("10:00", PARIS, ["RRULE:FREQ=DAILY", f"EXDATE:{THIS}0328T090000Z", f"EXDATE;VALUE=DATE:{THIS}0702"]),
    ("10:00", PARIS, [f"RDATE;TZID={PARIS}:{THIS}0401T100000,{THIS}0402T150000", f"RDATE:{THIS + 1}0102T030405Z"]),
    ("10:00", PARIS, [f"RDATE;VALUE=PERIOD:{THIS}0501T080000Z/PT3H,{THIS}0502T080000Z/{THIS}0503T090000Z"]),
    # Parts that choose from others.
    ("10:00", PARIS, ["RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"]),
    ("10:00", PARIS, ["RRULE:FREQ=MONTHLY;BYMONTHDAY=31,-1,13;BYDAY=FR"]),
    ("10:00", PARIS, ["RRULE:FREQ=YEARLY;BYWEEKNO=20,53;BYDAY=MO"]),
    ("10:00", PARIS, ["RRULE:FREQ=YEARLY;BYYEARDAY=1,100,-1"]),
    ("10:00", PARIS, ["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"]),
    ("10:00", PARIS, ["RRULE:FREQ=WEEKLY;BYHOUR=9,17;BYMINUTE=0,30;BYDAY=WE"]),
    ("10:00", "+05:30", ["RRULE:FREQ=HOURLY;INTERVAL=13"]),
]
DAYS: list[list[str]] = [
    ["RRULE:FREQ=WEEKLY;BYDAY=FR"],
    [f"RRULE:FREQ=YEARLY;UNTIL={THIS + 1}1231"],
    ["RRULE:FREQ=MONTHLY;BYMONTHDAY=-1", f"EXDATE;VALUE=DATE:{THIS}0131,{THIS}0430"],
    [f"RDATE;VALUE=DATE:{THIS}0105,{THIS}1224"],
]


def sent(exporter: Exporter, title: str, starts: dict[str, Any], lines: list[str], **more: Any) -> None:
    item = {"@type": "CalendarEvent", "calendarId": "c1", "title": title, "startTime": starts, **more}
    assert exporter.send("calendar", item | {"recurrenceRule": {"stringList": lines}}).status_code == 201


def test_occurrences_are_those_that_another_reader_finds(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Home"})
    for number, (clock, zone, lines) in enumerate(TIMED):
        day = date(THIS - 3, 1 + number % 12, 5)
        starts = {"dateTime": f"{day}T{clock}:00", "dateOnly": False, "timeZone": zone}
        if zone.startswith("+"):
            starts = {"dateTime": f"{day}T{clock}:00{zone}", "dateOnly": False}
        sent(exporter, f"timed {number}", starts, lines)
    for number, lines in enumerate(DAYS):
        sent(exporter, f"day {number}", {"dateTime": f"{THIS - 1}-03-30", "dateOnly": True}, lines)
    tasks.work_off()
    begins, ends = (datetime(year, 1, 1, tzinfo=UTC) for year in (THIS - 2, THIS + 3))
    ics = TakeOut.made(http, ada).everything()["My Cozy/Readable/Calendars/Home.ics"]
    expected = {}
    for title, found in occurrences(ics, THIS + 4).items():
        moments = [
            one if isinstance(one, datetime) else datetime(one.year, one.month, one.day, tzinfo=UTC) for one in found
        ]
        expected[title] = [one for one in sorted(moments) if begins <= one < ends]
    shown: dict[str, list[datetime]] = {title: [] for title in expected}
    for title, moment in Occurrence.objects.order_by("starts_at").values_list("event__title", "starts_at"):
        shown[title].append(moment)
    assert sum(map(len, expected.values())) > 3_000
    for title, moments in expected.items():
        assert shown[title] == moments, (title, sorted(set(shown[title]) ^ set(moments))[:5])


def test_how_long_an_occurrence_takes_is_said_once_or_for_each(exporter: Exporter) -> None:
    starts = {"dateTime": f"{THIS}-03-20T09:00:00", "dateOnly": False, "timeZone": PARIS}
    ends = {"endTime": {"dateTime": f"{THIS}-03-20T10:30:00", "dateOnly": False, "timeZone": PARIS}}
    lines = ["RRULE:FREQ=WEEKLY;COUNT=2", f"RDATE;VALUE=PERIOD:{THIS}0501T080000Z/PT3H"]
    sent(exporter, "Choir", starts, lines, **ends)
    tasks.work_off()
    rows = Occurrence.objects.order_by("starts_at").values_list("starts_at", "ends_at")
    assert [ends - starts for starts, ends in rows if ends is not None] == [
        timedelta(minutes=90),
        timedelta(minutes=90),
        timedelta(hours=3),
    ]


def test_an_hour_that_clocks_leave_out_or_show_twice_comes_once(exporter: Exporter) -> None:
    """Section 3.3.5 of RFC 5545: what is left out is read by the offset before; of two, the first is meant."""
    for month, day in ((3, 28), (10, 24)):
        at = f"2026-{month:02}-{day}T02:30:00"
        sent(exporter, str(month), {"dateTime": at, "timeZone": PARIS}, ["RRULE:FREQ=DAILY;COUNT=3"])
    tasks.work_off()
    shown = Occurrence.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert [f"{moment:%m-%d %H:%M}" for moment in shown] == [
        *("03-28 01:30", "03-29 01:30", "03-30 00:30"),
        *("10-24 00:30", "10-25 00:30", "10-26 01:30"),
    ]


def test_a_turn_ends_with_its_time_however_many_series_somebody_has(exporter: Exporter) -> None:
    for number in range(3):
        sent(exporter, str(number), {"dateTime": f"{THIS}-03-30", "dateOnly": True}, ["RRULE:FREQ=DAILY;COUNT=2"])
    for left in (2, 1, 0):
        expanding.work_off(0)
        assert expanding.due().count() == left


def test_a_worker_is_woken_for_a_series_and_once_more_for_all_others_of_a_second(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, *_, **__: told.append(task))
    monkeypatch.setattr(waking, "_woken", waking.WokenSecond())
    day = {"dateTime": f"{THIS}-03-30", "dateOnly": True}
    sent(exporter, "no series", day, [])
    sent(exporter, "first", day, ["RRULE:FREQ=DAILY;COUNT=2"])
    eventually(lambda: told == [waking.WORK_OFF])
    monkeypatch.setattr(waking, "_woken", waking.WokenSecond(until=time.monotonic() + 60))
    for title in ("second", "third", "fourth"):
        sent(exporter, title, day, ["RRULE:FREQ=DAILY;COUNT=2"])
    flush(10)
    assert told == [waking.WORK_OFF, waking.WAKE_AGAIN]
    PeriodicTask.objects.update(due_at=timezone.now() + timedelta(minutes=1))  # somebody has begun meanwhile
    tasks.wake_again()
    assert periodic.is_due(waking.WORK_OFF)
