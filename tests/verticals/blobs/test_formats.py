"""Files that came as `.ics` lie beside the calendars of an archive, as they came."""

from io import StringIO
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from importers.verticals.blobs.models import File
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut, unzipped

pytestmark = pytest.mark.services

ICS = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-MINE:1\r\nEND:VCALENDAR\r\n"
BESIDE = "My Cozy/Readable/Calendars/As they came/"


def command(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_they_are_in_a_whole_archive_as_they_came_and_return_once(
    exporter: Exporter, ada: Person, tmp_path: Path
) -> None:
    exporter.send_file("blobs", file_item("Work.ICS", "/Calendars"), ICS)
    exporter.send_file("blobs", file_item("work.ics", "/Other"), ICS + b"\r\n")
    exporter.send_file("blobs", file_item("Feed", "/Other"), ICS + b" ", "text/calendar; charset=utf-8")
    exporter.send_file("blobs", file_item("ics.txt", "/Other"), b"text", "text/plain")
    exporter.send_file("blobs", file_item("gone.ics", "/Other"), ICS)
    File.objects.filter(name="gone.ics").update(trashed_at=timezone.now())
    command("export_account", "ada", "--output", str(tmp_path))
    [archive] = tmp_path.glob("*.zip")
    assert "Whole" in command("verify_archive", str(archive))
    entries = unzipped(archive.read_bytes())
    beside = {name.removeprefix(BESIDE): body for name, body in entries.items() if name.startswith(BESIDE)}
    assert beside == {"Work.ics": ICS, "work (2).ics": ICS + b"\r\n", "Feed.ics": ICS + b" "}
    grace = Person.create("grace")
    command("import_archive", "grace", str(archive))
    mine, hers = (
        sorted(File.objects.filter(owner=person.row).values_list("name", "content__sha256")) for person in (ada, grace)
    )
    assert hers == mine


def test_they_go_along_with_calendars_without_the_other_files(
    exporter: Exporter, ada: Person, http: httpx.Client, tmp_path: Path
) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "1", "name": "Home"})
    exporter.send_file("blobs", file_item("Work.ics", "/Calendars"), ICS)
    exporter.send_file("blobs", file_item("letter.txt", "/"), b"text", "text/plain")
    wanted = ["org.wharf.calendars", "org.wharf.calendar.events"]
    entries = TakeOut.made(http, ada, with_doctypes=wanted).everything()
    readable = {name.removeprefix("My Cozy/Readable/") for name in entries if "/Readable/" in name}
    readable = {name for name in readable if not name.startswith("pages/")}
    assert readable == {"Calendars/Home.ics", "Calendars/As they came/Work.ics", "index.html"}
    assert entries[f"{BESIDE}Work.ics"] == ICS
    assert b"As%20they%20came/Work.ics" in entries["My Cozy/Readable/index.html"]
    only_calendars = TakeOut.made(http, ada, with_doctypes=wanted[:1]).everything()
    assert not any("Work.ics" in name for name in only_calendars)
    command("export_format", "ada", "calendar/ics", "--output", str(tmp_path / "mine"))
    written = {str(path.relative_to(tmp_path / "mine")) for path in (tmp_path / "mine").rglob("*.ics")}
    assert written == {"Home.ics", "As they came/Work.ics"}
    assert (tmp_path / "mine" / "As they came" / "Work.ics").read_bytes() == ICS
