"""Archives of earlier versions, and accounts that still stand as those left them: the same items are the same."""

from typing import Any

import httpx
import pytest

from importers.maintenance.verification import bytes_held
from importers.models import Record
from importers.verticals.blobs.models import File
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Photo
from importers.verticals.tasks.models import Task
from importers.verticals.unknown.models import UnknownItem
from tests.support.archives import WHARF, bring, holds, outcomes
from tests.support.exporter import Exporter, Person, run, status
from tests.support.former_rows import formerly, kept_formerly, reread, upgrade
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services

NAMES = ("CalendarEvent", "CalendarEventModel", "CalendarEventExportData")


def event(name: str = "CalendarEvent", title: str = "Tea") -> dict[str, Any]:
    return {"@type": name, "calendarId": "c1", "title": title, "attendees": [{"@type": name, "email": "a@example.org"}]}


def send_formerly(exporter: Exporter, name: str) -> None:
    """An event that the former version took in under this name of its type."""
    answer = exporter.send("calendar", event(title=f"Tea as {name}"))
    formerly(CalendarEvent.objects.get(doc_id=answer.json()["id"]), event(name))


def same_exporter(server: str, person: Person, exporter: Exporter) -> Exporter:
    """The same client, with a grant of another person."""
    other = Exporter(server, person, f"Other cloud of {person.name}", exporter.service)
    client = exporter.client["client_id"]
    other.tokens = run("create_token", person.name, "--scope", "import", "--client", client)
    return other


def test_the_identity_of_an_item_is_computed_anew(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    for name in NAMES:
        send_formerly(exporter, name)
    source = TakeOut.made(http, ada).everything()
    bring(grace, source, WHARF)
    assert CalendarEvent.objects.filter(owner=grace.row).count() == 1
    assert grace.used == bytes_held(grace.row)
    assert holds(grace, source, WHARF) == []
    with same_exporter(server, grace, exporter) as again:
        assert {status(again.send("calendar", event(name))) for name in NAMES} == {"unchanged"}


def test_an_account_that_was_not_read_again_has_the_same_event_already(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    exporter.send("calendar", event())
    source = TakeOut.made(http, ada).everything()
    with same_exporter(server, grace, exporter) as theirs:
        send_formerly(theirs, "CalendarEvent")
        upgrade()
        bring(grace, source, WHARF)
        assert CalendarEvent.objects.filter(owner=grace.row).count() == 1
        reread()
        assert status(theirs.send("calendar", event())) == "unchanged"
    assert holds(grace, source, WHARF) == []
    assert grace.used == bytes_held(grace.row)


@pytest.mark.parametrize("through", [True, False])
def test_what_a_former_version_took_for_the_same_is_another_record(
    exporter: Exporter, http: httpx.Client, ada: Person, through: bool
) -> None:
    for item in (b'{"@type": "Task", "text": "b"}', b'{"@type": "Task", "text": "a", "text": "b"}'):
        exporter.send("tasks", item)
    source = TakeOut.made(http, ada).everything()
    Task.objects.filter(payload__contains='"a"').delete()
    if not through:
        upgrade()
    bring(ada, source, WHARF)
    assert Task.objects.count() == 2


def test_what_was_kept_there_becomes_a_record_of_its_kind(
    http: httpx.Client, exporter: Exporter, ada: Person, grace: Person
) -> None:
    kept: dict[type[Record], UnknownItem] = {
        Calendar: kept_formerly(exporter, "calendar", {"@type": "CalendarExportData", "id": "c1", "name": "Work"}),
        CalendarEvent: kept_formerly(exporter, "calendar", event("CalendarEventExportData")),
        Photo: kept_formerly(exporter, "media", {"@type": "PhotoExportData", "name": "a.jpg"}, b"pixels"),
    }
    source = TakeOut.made(http, ada).everything()
    assert "refused" not in outcomes(bring(grace, source, WHARF))
    assert not UnknownItem.objects.filter(owner=grace.row).exists()
    for model, item in kept.items():
        record = model.objects.get(owner=grace.row)
        assert (record.doc_id, record.payload, record.received_at) == (item.doc_id, item.payload, item.received_at)
    assert CalendarEvent.objects.get(owner=grace.row).calendar == Calendar.objects.get(owner=grace.row)
    assert Photo.objects.get(owner=grace.row).content == kept[Photo].content
    used = grace.used
    assert used == bytes_held(grace.row)
    assert holds(grace, source, WHARF) == []
    assert outcomes(bring(grace, source, WHARF)).keys() <= {"unchanged"}
    assert grace.used == used == bytes_held(grace.row)
    # Once they are read again where they came from, too, both say the same.
    upgrade()
    reread()
    later = TakeOut.made(http, ada).everything()
    assert holds(grace, later, WHARF) == []
    assert holds(ada, source, WHARF) == []


def sorted_by_items(source: dict[str, bytes]) -> dict[str, bytes]:
    """The same archive, in which the files of items come before all others."""
    entries = list(source.items())
    of_items = [number for number, (_, body) in enumerate(entries) if b"file of an item" in body]
    assert of_items
    first = [entry for number in of_items for entry in entries[number : number + 2]]
    plain = [entry for entry in entries if entry not in first]
    files = next(number for number, (name, _) in enumerate(plain) if name.endswith("/Z/f.txt")) - 1
    return dict([*plain[:files], *first, *plain[files:]])


@pytest.mark.parametrize("items_first", [False, True])
@pytest.mark.parametrize("again", [b"v2", b"v3"])
def test_what_was_kept_there_and_came_again_is_the_earlier_state(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person, grace: Person, again: bytes, items_first: bool
) -> None:
    file = {"@type": "File", "folder": "/Z", "name": "f.txt"}
    photo = {"@type": "Photo", "name": "ph.jpg"}
    kept = kept_formerly(exporter, "blobs", file | {"@type": "FileExportData"}, b"v1", "text/plain")
    kept_formerly(exporter, "media", photo | {"@type": "PhotoExportData", "description": "old words"}, b"ph")
    exporter.new_job()
    exporter.send_file("blobs", file, b"v2")
    exporter.send_file("media", photo | {"description": "new words"}, b"ph")
    source = TakeOut.made(http, ada).everything()
    if items_first:  # somebody has packed the archive again
        source = sorted_by_items(source)
    assert "refused" not in outcomes(bring(grace, source, WHARF))
    one = File.objects.get(owner=grace.row)
    assert (one.doc_id, one.content.size, one.versions.count()) == (kept.doc_id, 2, 1)
    assert one.received_at > one.versions.get().received_at == kept.received_at
    assert Photo.objects.get(owner=grace.row).description == "new words"
    assert grace.used == bytes_held(grace.row)
    with same_exporter(server, grace, exporter) as theirs:
        assert status(theirs.send_file("blobs", file, again)) == ("unchanged" if again == b"v2" else "updated")
    assert holds(grace, source, WHARF) == []
    assert outcomes(bring(grace, source, WHARF)).keys() <= {"unchanged", "older"}
    assert File.objects.filter(owner=grace.row).count() == 1
    assert grace.used == bytes_held(grace.row)


def test_other_bytes_with_the_same_json_come_to_a_file_that_has_another_id_here(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    file = {"@type": "File", "folder": "/Z", "name": "f.txt"}
    exporter.send_file("blobs", file, b"v1")
    with same_exporter(server, grace, exporter) as theirs:
        theirs.send_file("blobs", file, b"v1")
    bring(grace, TakeOut.made(http, ada).everything(), WHARF)
    exporter.new_job()
    assert status(exporter.send_file("blobs", file, b"v2")) == "updated"
    source = TakeOut.made(http, ada).everything()
    assert "refused" not in outcomes(bring(grace, source, WHARF))
    one, theirs_now = (File.objects.get(owner=person.row) for person in (ada, grace))
    assert (theirs_now.content, theirs_now.received_at) == (one.content, one.received_at)
    assert {version.content for version in theirs_now.versions.all()} == {one.versions.get().content}
    assert holds(grace, source, WHARF) == []
    assert grace.used == bytes_held(grace.row)


@pytest.mark.parametrize("first", ["exporter", "archive"])
def test_a_calendar_that_an_archive_names_is_the_one_that_its_exporter_brought(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person, grace: Person, first: str
) -> None:
    calendar = {"@type": "Calendar", "id": "c1", "name": "Work"}
    with same_exporter(server, grace, exporter) as theirs:
        theirs.send("calendar", calendar)
        theirs.send("calendar", event(title="Tea with Grace"))
    source = TakeOut.made(http, grace).everything()
    lost = [name for name in source if "org.wharf.calendars/" in name]
    if first == "exporter":
        exporter.send("calendar", calendar)
    bring(ada, {name: body for name, body in source.items() if name not in lost}, WHARF)
    exporter.send("calendar", calendar)
    exporter.send("calendar", event(title="Tea with Ada"))
    bring(ada, source, WHARF)
    one = Calendar.objects.get(owner=ada.row)
    assert (one.name, one.source.client_id, one.events.count()) == ("Work", exporter.client["client_id"], 2)
    assert one.transfer.source == one.source
    assert holds(ada, source, WHARF) == []
    assert ada.used == bytes_held(ada.row)
