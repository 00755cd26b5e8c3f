"""Calendars of an export as iCalendar files, read as another program does."""

from typing import Any

import httpx
import icalendar

from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut
from tests.verticals.calendar import samples


def test_calendars_can_be_read_by_any_calendar_program(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    samples.send(exporter)
    ics = TakeOut.made(http, ada).everything()["My Cozy/Readable/Calendars/Home; really.ics"]
    assert all(len(line) <= 75 for line in ics.split(b"\r\n"))
    calendar: Any = icalendar.Calendar.from_ical(ics)
    [event] = calendar.walk("VEVENT")
    assert str(event["SUMMARY"]) == "Tea, with Grace"
    assert str(event["DESCRIPTION"]) == "ü" * 100
    assert event["RRULE"]["COUNT"] == [4]


def calendars_of(take_out: TakeOut) -> dict[str, Any]:
    """The calendars by the names of their files, as another program reads them."""
    start = "My Cozy/Readable/Calendars/"
    return {
        name.removeprefix(start): icalendar.Calendar.from_ical(body)
        for name, body in take_out.everything().items()
        if name.startswith(start)
    }


def event(title: str, starts: str = "", ends: str = "", rule: Any = None) -> dict[str, Any]:
    item: dict[str, Any] = {"@type": "CalendarEvent", "calendarId": "c1", "title": title, "recurrenceRule": rule}
    all_day = "T" not in starts
    if starts:
        item["startTime"] = {"dateTime": starts + "T00:00:00Z" * all_day, "dateOnly": all_day}
    if ends:
        item["endTime"] = {"dateTime": ends + "T00:00:00Z" * all_day, "dateOnly": all_day}
    return item


def test_a_calendar_without_events_is_there_too(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Empty"})
    take_out = TakeOut.made(http, ada)
    assert [*calendars_of(take_out)] == ["Empty.ics"]
    assert "Calendars/Empty.ics" in take_out.everything()["My Cozy/Readable/index.html"].decode()


def test_events_of_every_year_and_length_are_valid(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Home"})
    for item in (
        event("long ago", "0001-01-01T10:00:00Z", "0999-01-01T10:00:00Z"),
        event("far away", "9999-12-31T10:00:00Z"),
        event("no time", "2024-06-03T10:00:00.2Z", "2024-06-03T10:00:00.7Z"),
        event("before", "2024-06-03T10:00:00Z", "2024-06-03T09:00:00Z"),
        event("one day", "2024-06-03", "2024-06-03"),
        event("two days", "2024-06-03", "2024-06-05"),
        event("never begins", rule={"stringList": ["RRULE:FREQ=DAILY"]}),
    ):
        assert exporter.send("calendar", item).status_code == 201
    calendar = calendars_of(TakeOut.made(http, ada))["Home.ics"]
    events = {str(one["SUMMARY"]): one for one in calendar.walk("VEVENT")}
    assert all("DTSTART" in one for one in events.values())
    assert (events["long ago"].decoded("DTSTART").year, events["long ago"].decoded("DTEND").year) == (1, 999)
    assert events["far away"].decoded("DTSTART").year == 9999
    for title in ("no time", "before", "one day"):
        assert "DTEND" not in events[title]
    assert (events["two days"].decoded("DTEND") - events["two days"].decoded("DTSTART")).days == 2
    [some_day] = calendar.walk("VTODO")
    assert str(some_day["SUMMARY"]) == "never begins"
    assert "RRULE" not in some_day
