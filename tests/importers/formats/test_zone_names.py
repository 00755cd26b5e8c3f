"""Zones by what people and Windows call them, in whatever language."""

import lzma
from pathlib import Path

import pytest

from importers.formats import make_zone_names
from importers.formats.zone_names import TABLE
from importers.formats.zones import offset_at, zone_named
from importers.sending.calendars.calendar_file import CalendarFile
from importers.verticals.calendar.models import CalendarEvent
from tests.support.exporter import Exporter, Person

SUMMER = {
    "Mitteleuropäische Zeit": "+02:00",
    "Mitteleuropa\u0308ische ZEIT": "+02:00",
    "heure normale d’Europe centrale": "+02:00",
    "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna": "+02:00",
    "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien": "+02:00",
    "(UTC+01:00) Bruselas, Copenhague, Madrid, París": "+02:00",
    "(GMT+01.00) Sarajevo/Warsaw/Zagreb": "+02:00",
    "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi": "+05:30",
    "(UTC+09:00) 大阪、札幌、東京": "+09:00",
    "(UTC-05:00) Eastern Time (US & Canada)": "-04:00",
    "Pacific Time (US & Canada)": "-07:00",
    "Hora estándar del Pacífico": "-07:00",
    "(UTC+03:00) Москва, Санкт-Петербург": "+03:00",
    "中国标准时间": "+08:00",
    "Χειμερινή ώρα Ανατολικής Ευρώπης": "+03:00",
}


@pytest.mark.parametrize("name", SUMMER)
def test_an_event_of_a_zone_in_the_words_of_people_is_in_that_zone(name: str, exporter: Exporter, ada: Person) -> None:
    time = {"dateTime": "2024-07-05T09:00:00Z", "dateOnly": False, "timeZone": name}
    item = {"@type": "CalendarEvent", "calendarId": "c", "title": "Tea", "startTime": time}
    assert exporter.send("calendar", item).status_code == 201
    event = CalendarEvent.objects.get(owner=ada.row)
    assert event.starts_at is not None
    assert offset_at(event.starts_at, event.zone or "") == SUMMER[name]


@pytest.mark.parametrize(
    "name",
    [
        "Hora estándar romance",
        "Customized Time Zone",
        "Work",
        "Georgetown",
        "Berlin, New York",
        "(UTC+03:00) Berlin",
        "(",
    ],
)
def test_what_nobody_can_tell_is_no_zone(name: str) -> None:
    assert zone_named(name) is None


def test_the_table_is_what_the_pinned_library_says() -> None:
    assert lzma.decompress(TABLE.read_bytes()).decode().split("\n") == make_zone_names.lines()


def test_a_calendar_file_may_call_its_zone_so(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    event = 'DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien":20240705T090000'
    lines = ("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", event, "END:VEVENT", "END:VCALENDAR", "")
    path.write_text("\r\n".join(lines))
    read = CalendarFile.read(path, "a", "a")
    [_, item] = read.items()
    assert item.payload["startTime"]["dateTime"] == "2024-07-05T09:00:00+02:00"
    assert not any("not known" in note for note in read.notes)
