"""`export_format`: one kind of data in a standard format, to standard output, a file or a folder."""

import io
from pathlib import Path
from typing import Any

import icalendar
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from importers.models import Content
from importers.verticals.calendar.models import CalendarEvent
from moves.formats import stored_files, writing
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import unzipped
from tests.support.trail import events


def standard_output(*arguments: str) -> bytes:
    """What the command writes."""
    text = io.TextIOWrapper(written := io.BytesIO())
    call_command("export_format", *arguments, stdout=text)
    text.flush()
    return written.getvalue()


def said(*arguments: str) -> str:
    """The sentence of an error."""
    with pytest.raises(CommandError) as error:
        standard_output(*arguments)
    return str(error.value)


@pytest.fixture
def calendar(exporter: Exporter, ada: Person) -> Exporter:
    """Ada has a calendar with an event."""
    exporter.send("calendar", {"@type": "Calendar", "id": "1", "name": "Home"})
    exporter.send("calendar", event("Tea", "1"))
    return exporter


def event(title: str, calendar: str) -> dict[str, Any]:
    start = {"dateTime": "2024-06-03T10:00:00Z", "dateOnly": False}
    return {"@type": "CalendarEvent", "calendarId": calendar, "title": title, "startTime": start}


@pytest.mark.services
def test_the_trail_says_who_has_written_what_of_whom(calendar: Exporter, ada: Person, tmp_path: Path) -> None:
    standard_output(ada.name, "calendar/ics", "--output", str(tmp_path / "home.ics"))
    standard_output(ada.name, "calendar/ics")
    said(ada.name, "contacts/vcf")  # there is nothing of it
    (told,) = events("--person", ada.name, "--kind", "format-fetched")
    assert (told["what"]["format"], told["what"]["times"]) == ("calendar/ics", 2)
    assert told["what"]["name"] == "home.ics"


def titles(ics: bytes) -> list[str]:
    return [str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(ics).walk("VEVENT")]


def test_one_file_is_written_as_itself(calendar: Exporter, tmp_path: Path) -> None:
    assert titles(standard_output("ada", "calendar/ics")) == ["Tea"]
    path = tmp_path / "new" / "mine.ics"
    assert standard_output("ada", "ics", "--output", str(path)) == f"{path}\n".encode()
    assert titles(path.read_bytes()) == ["Tea"]
    standard_output("ada", "ics", "--output", str(tmp_path))
    assert titles((tmp_path / "Home.ics").read_bytes()) == ["Tea"]


def test_several_files_are_a_zip_or_a_new_folder(calendar: Exporter, tmp_path: Path) -> None:
    calendar.send("calendar", {"@type": "Calendar", "id": "2", "name": "Home"})
    calendar.send("calendar", event("Work", "2"))
    zipped = unzipped(standard_output("ada", "calendar/ics"))
    assert {name: titles(body) for name, body in zipped.items()} == {"Home.ics": ["Tea"], "Home (2).ics": ["Work"]}
    standard_output("ada", "calendar/ics", "--output", str(tmp_path / "mine"))
    assert {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()} == zipped
    standard_output("ada", "calendar/ics", "--output", str(tmp_path / "mine.zip"))
    assert unzipped((tmp_path / "mine.zip").read_bytes()) == zipped
    assert "there already" in said("ada", "calendar/ics", "--output", str(tmp_path / "mine"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "mine.zip"]


def test_a_name_that_several_kinds_of_data_have_means_all_of_them(calendar: Exporter, tmp_path: Path) -> None:
    calendar.send("tasks", {"@type": "Task", "text": "Bread"})
    calendar.send_file("blobs", file_item("Holidays.ics"), b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert set(unzipped(standard_output("ada", "ics"))) == {
        "Calendars/Home.ics",
        "Calendars/As they came/Holidays.ics",
        "Tasks/Tasks.ics",
    }


def test_errors_say_what_there_is(calendar: Exporter, tmp_path: Path) -> None:
    assert "no account 'bo'" in said("bo", "ics")
    assert "There are blobs/ics, " in said("ada", "docx")
    assert said("ada", "md") == "There is nothing of that in the account."
    there = tmp_path / "file"
    there.write_text("mine")
    assert str(there) in said("ada", "ics", "--output", str(there / "below"))
    assert there.read_text() == "mine"


def test_what_is_not_whole_has_no_name(
    calendar: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    calendar.send_file("blobs", file_item("a.ics"), b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    path = tmp_path / "a.ics"
    path.write_text("of yesterday")
    stored = Path(settings.WHARF_DATA_DIR) / "content" / Content.objects.get().storage_key
    found = next(Path(settings.WHARF_DATA_DIR).rglob(stored.name))
    found.chmod(0o600)
    found.write_bytes(b"BEGIN:VCALENDAR\r\nEND:VCALENDAS\r\n")
    assert "missing or damaged" in said("ada", "blobs/ics", "--output", str(path))
    assert "missing or damaged" in said("ada", "ics", "--output", str(tmp_path / "new"))
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"a.ics": "of yesterday"}


def test_a_snapshot_shows_nothing_that_comes_meanwhile(
    calendar: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered, late = stored_files.gathered, list[int]()

    def and_another_comes(*arguments: Any) -> Any:
        if not late:
            late.append(calendar.send("calendar", event("Late", "1")).status_code)
        return gathered(*arguments)

    monkeypatch.setattr(writing, "gathered", and_another_comes)
    assert titles(standard_output("ada", "calendar/ics")) == ["Tea"]
    assert late == [201]
    assert CalendarEvent.objects.count() == 2


class NobodyReads(io.BytesIO):
    """A pipe whose other end is closed."""

    def write(self, piece: Any) -> int:
        raise BrokenPipeError


def test_whoever_stops_reading_ends_it(calendar: Exporter) -> None:
    text = io.TextIOWrapper(NobodyReads())
    with pytest.raises(CommandError, match="has stopped"):
        call_command("export_format", "ada", "ics", stdout=text)
