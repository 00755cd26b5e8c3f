"""The calendar in the site of an archive: events and series on their days, in the zone of whoever has them."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from accounts.models import User
from importers import tasks
from importers.verticals.calendar.models import CalendarEvent
from tests.support.exporter import Exporter, Person
from tests.support.site import PAGES, dead_links
from tests.support.takeout import TakeOut

THIS = datetime.now(UTC).year
DAY = re.compile(r'<span class="unseen">(\d+ \w+ \d+)</span></span>(.*?)</td>')
ENTRY = re.compile(r'<(?:a|span) class="entry name"[^>]*>(.*?)</(?:a|span)></li>')


def event(title: str, starts: str, ends: str, *lines: str, is_day: bool = False, zone: str = "") -> dict[str, Any]:
    times = {
        name: {"dateTime": at, "dateOnly": is_day} | ({"timeZone": zone} if zone else {})
        for name, at in (("startTime", starts), ("endTime", ends))
    }
    again = {"recurrenceRule": {"stringList": list(lines)}} if lines else {}
    return {"@type": "CalendarEvent", "title": title} | times | again


def made_months(http: httpx.Client, ada: Person) -> dict[str, str]:
    """Returns the pages of the calendar by their names. Every link in the archive leads somewhere."""
    entries = TakeOut.made(http, ada).everything()
    assert list(dead_links(entries)) == []
    folder = f"{PAGES}calendar/"
    return {name.removeprefix(folder): body.decode() for name, body in entries.items() if name.startswith(folder)}


def days(page: str) -> dict[str, list[str]]:
    """Returns what stands on each day that has something, as it is read."""
    found = {
        day: [re.sub("<.*?>", "", re.sub('<span class="unseen">.*?</span>', "", one)) for one in ENTRY.findall(cell)]
        for day, cell in DAY.findall(page)
    }
    return {day: entries for day, entries in found.items() if entries}


def test_events_stand_on_their_days(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    User.objects.filter(pk=ada.row.pk).update(time_zone="America/New_York")
    exporter.send("calendar", event("Late", "2024-07-01T02:00:00Z", "2024-07-01T03:00:00Z"))
    exporter.send("calendar", event("Journey", "2024-06-29", "2024-08-02", is_day=True))
    exporter.send("calendar", event("Far", "9999-12-31T23:00:00Z", "9999-12-31T23:30:00Z"))
    exporter.send("calendar", event("Old", "0001-01-01T00:30:00Z", "0001-01-01T01:00:00Z"))
    months = made_months(http, ada)
    assert days(months["2024-06.html"]) == {"29 June 2024": ["Journey"], "30 June 2024": ["Journey", "22:00 Late"]}
    assert [len(days(months[f"2024-{number}.html"])) for number in ("06", "07", "08")] == [2, 31, 1]
    assert months.keys() >= {"0001-01.html", "9999-12.html", "index.html"}
    assert "come again" not in months["index.html"]


@pytest.mark.services
def test_series_stand_on_all_their_days(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    User.objects.filter(pk=ada.row.pk).update(time_zone="Europe/Paris")
    exporter.send(
        "calendar",
        event(
            *("Choir", f"{THIS}-03-28T10:00:00+01:00", f"{THIS}-03-28T11:00:00+01:00"),
            *("RRULE:FREQ=DAILY;COUNT=5", f"EXDATE;TZID=Europe/Paris:{THIS}0330T100000"),
            zone="Europe/Paris",
        ),
    )
    moved = f"RECURRENCE-ID;TZID=Europe/Paris:{THIS}0329T100000"
    exporter.send("calendar", event("Choir", f"{THIS}-03-20T14:00:00Z", f"{THIS}-03-20T15:00:00Z", moved))
    fair = event("Fair", f"{THIS}-01-31", f"{THIS}-02-02", "RRULE:FREQ=MONTHLY;INTERVAL=4;COUNT=2", is_day=True)
    exporter.send("calendar", fair)
    exporter.send("calendar", event("Rent", "2001-02-03", "2001-02-04", "RRULE:FREQ=YEARLY", is_day=True))
    tasks.work_off()
    months = made_months(http, ada)
    assert days(months[f"{THIS}-03.html"]) == {
        f"20 March {THIS}": ["15:00 Choir"],
        f"28 March {THIS}": ["10:00 Choir ↻"],
        f"31 March {THIS}": ["10:00 Choir ↻"],
    }
    assert f"that of a series, on 29 March {THIS}, 10:00" in months[f"{THIS}-03.html"]
    assert days(months[f"{THIS}-04.html"]) == {f"1 April {THIS}": ["10:00 Choir ↻"]}
    assert days(months[f"{THIS}-02.html"]) == {f"1 February {THIS}": ["Fair ↻"], f"3 February {THIS}": ["Rent ↻"]}
    assert days(months["2001-02.html"]) == {"3 February 2001": ["Rent ↻"]}
    assert "2001-02.html#e1" in months[f"{THIS + 2}-02.html"]  # which leads to what it says
    assert "2002-02.html" not in months and f"{THIS + 3}-02.html" not in months
    assert f"in these years: {THIS - 2}–{THIS + 2}." in months["index.html"]


def test_of_a_crowded_day_the_first_ones_are_shown(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    for hour in (15, 9, 13, 11, 17, 7):
        times = (f"{THIS}-05-04T{hour:02}:00:00Z", f"{THIS}-05-04T{hour:02}:30:00Z")
        exporter.send("calendar", event(f"Bell {hour}", *times, "RRULE:FREQ=DAILY;COUNT=2"))
    exporter.send("calendar", event("Once", f"{THIS}-05-05T08:00:00Z", f"{THIS}-05-05T08:30:00Z"))
    tasks.work_off()
    page = made_months(http, ada)[f"{THIS}-05.html"]
    assert days(page) == {
        f"4 May {THIS}": ["07:00 Bell 7 ↻", "09:00 Bell 9 ↻", "11:00 Bell 11 ↻", "13:00 Bell 13 ↻"],
        f"5 May {THIS}": ["07:00 Bell 7 ↻", "08:00 Once", "09:00 Bell 9 ↻", "11:00 Bell 11 ↻"],
    }
    assert page.count(">and more<") == 2


def test_a_series_that_is_not_shown_whole_says_so(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    tick = event("Tick", f"{THIS}-05-04T00:00:00Z", f"{THIS}-05-04T00:01:00Z", "RRULE:FREQ=MINUTELY")
    exporter.send("calendar", tick)
    months = made_months(http, ada)
    assert "Only its first day: the others had not been" in months[f"{THIS}-05.html"]
    assert days(months[f"{THIS}-05.html"]) == {f"4 May {THIS}": ["00:00 Tick ↻"]}
    assert "stands on its first day alone" in months["index.html"]
    tasks.work_off()
    page = made_months(http, ada)[f"{THIS}-05.html"]
    assert "Only the first 1,000 times of each year" in page
    assert days(page)[f"4 May {THIS}"] == [f"00:0{minute} Tick ↻" for minute in range(4)]


def test_a_series_in_the_bin_stands_nowhere(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("calendar", event("Once", f"{THIS}-05-05T08:00:00Z", f"{THIS}-05-05T08:30:00Z"))
    times = (f"{THIS}-05-04T09:00:00Z", f"{THIS}-05-04T09:30:00Z")
    exporter.send("calendar", event("Choir", *times, "RRULE:FREQ=MONTHLY"))
    tasks.work_off()
    CalendarEvent.objects.filter(title="Choir").update(trashed_at=datetime.now(UTC))
    assert {name for name in made_months(http, ada) if name != "index.html"} == {f"{THIS}-05.html"}
