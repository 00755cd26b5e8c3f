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


def test_lines_of_a_text_stay_lines_however_they_end(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    notes = "one\ntwo\r\nthree\rfour\u2028five\u2029six\x85seven\x0beight\tand \x1b more"
    exporter.send("calendar", event("Tea", "2024-06-03") | {"notes": notes})
    [calendar] = calendars_of(TakeOut.made(http, ada)).values()
    [said] = calendar.walk("VEVENT")
    assert str(said["DESCRIPTION"]) == "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\tand   more"


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


PEOPLE: list[dict[str, Any]] = [
    {"displayName": 'Ek, Bo "B"', "email": "bo@example.org", "optional": False, "responseStatus": "accepted"},
    {"displayName": "Mary", "email": None, "optional": True, "responseStatus": "needsAction"},
    {"email": "desk@example.org"},
]


def test_a_calendar_and_its_people_lose_nothing(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Home, sweet", "description": "Ours;\nboth"})
    exporter.send("calendar", event("plain", "2024-06-03") | {"attendees": PEOPLE[2:]})
    told = {"attendees": PEOPLE, "organizer": {"displayName": "The desk", "email": "mailto:desk@example.org"}}
    exporter.send("calendar", event("asked", "2024-06-04") | told)
    exporter.send("calendar", event("flagged", "2024-06-05") | {"attendees": [PEOPLE[0] | {"organizer": True}]})
    [calendar] = calendars_of(TakeOut.made(http, ada)).values()
    assert (
        str(calendar["DESCRIPTION"]) == "Ours;\nboth"
    )  # RFC 7986, section 5.2; the reader unescapes no other of these
    names = ("NAME", "X-WR-CALNAME", "X-WR-CALDESC")
    assert [str(calendar[name]) for name in names] == ["Home\\, sweet", "Home\\, sweet", "Ours\\;\\nboth"]
    events = {str(one["SUMMARY"]): one for one in calendar.walk("VEVENT")}
    assert str(events["plain"]["ATTENDEE"]) == "mailto:desk@example.org"
    assert "ORGANIZER" not in events["plain"]
    asked = events["asked"]
    assert (str(asked["ORGANIZER"]), asked["ORGANIZER"].params["CN"]) == ("mailto:desk@example.org", "The desk")
    people = [(str(one), dict(one.params)) for one in asked["ATTENDEE"]]
    assert people == [
        ("mailto:bo@example.org", {"CN": 'Ek, Bo "B"', "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED"}),
        ("invalid:nomail", {"CN": "Mary", "ROLE": "OPT-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION"}),
        ("mailto:desk@example.org", {"ROLE": "REQ-PARTICIPANT"}),
    ]
    assert str(events["flagged"]["ORGANIZER"]) == "mailto:bo@example.org"


def test_who_is_known_by_another_address_than_of_e_mail_keeps_it(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    people = [{"displayName": "The room", "email": "urn:uuid:2f1c"}, {"email": "MAILTO:bo@example.org"}]
    told = {"attendees": people, "organizer": "mailto:desk@example.org"}
    exporter.send("calendar", event("asked", "2024-06-04") | told)
    [calendar] = calendars_of(TakeOut.made(http, ada)).values()
    [asked] = calendar.walk("VEVENT")
    assert str(asked["ORGANIZER"]) == "mailto:desk@example.org"
    assert [str(one) for one in asked["ATTENDEE"]] == ["urn:uuid:2f1c", "mailto:bo@example.org"]


def test_every_event_is_there_as_its_record_says(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Home"})
    items = {}
    for n, zone in enumerate(["Europe/Lisbon", "America/New_York", "Asia/Kolkata", ""] * 5):
        item = event(f"{n}: a;b,c\\d", f"2024-{n % 12 + 1:02}-10T09:30:00", f"2024-{n % 12 + 1:02}-10T11:00:00")
        item |= {"notes": "ü\n" * n, "location": f"Room {n}\t“x”", "recurrenceRule": None}
        item["startTime"]["timeZone"] = item["endTime"]["timeZone"] = zone or "UTC"
        items[item["title"]] = item
        assert exporter.send("calendar", item).status_code == 201
    [calendar] = calendars_of(TakeOut.made(http, ada)).values()
    events = calendar.walk("VEVENT")
    assert len({str(one["UID"]) for one in events}) == len(events) == len(items)
    for one in events:
        item = items[str(one["SUMMARY"])]
        assert (str(one.get("DESCRIPTION", "")), str(one["LOCATION"])) == (item["notes"], item["location"])
        for name, said in (("DTSTART", item["startTime"]), ("DTEND", item["endTime"])):
            assert one[name].dt.replace(tzinfo=None).isoformat() == said["dateTime"]
            assert str(one[name].dt.tzinfo) == said["timeZone"]
