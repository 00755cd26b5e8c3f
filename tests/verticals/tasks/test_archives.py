"""Task lists and tasks leave in archives, in a standard format as well, and return as what they were."""

import io
import zipfile
from typing import Any

import httpx
import icalendar
import pytest

from importers.merging.origin import Origin
from importers.verticals.tasks.models import Task, TaskList
from tests.support.archives import bring
from tests.support.exporter import Exporter, Person
from tests.support.former_rows import reread, upgrade
from tests.support.series import undefined_zones
from tests.support.takeout import TakeOut, site_text

pytestmark = pytest.mark.services

READABLE = "My Cozy/Readable/"


@pytest.fixture
def full(exporter: Exporter) -> Exporter:
    for item in (
        {"@type": "TaskList", "id": "l1", "name": "Home; really"},
        {"@type": "TaskList", "id": "l2", "name": "Empty"},
        {"@type": "Task", "taskListId": "l1", "text": "Oil, twice", "notes": "a\nb", "dueTime": "2024-06-03T10:00:00Z"},
        {"@type": "Task", "taskListId": "l1", "text": "Wind up", "completedTime": "2024-06-04T10:00:00Z"},
        {"@type": "Task", "taskListId": "never", "text": "Of a list that never came"},
        {"@type": "Task", "text": "Alone"},
    ):
        assert exporter.send("tasks", item).status_code == 201
    return exporter


def todos(take_out: TakeOut) -> dict[str, list[Any]]:
    """The tasks of each file, as another program reads them."""
    start = f"{READABLE}Tasks/"
    return {
        name.removeprefix(start): icalendar.Calendar.from_ical(body).walk("VTODO")
        for name, body in take_out.everything().items()
        if name.startswith(start)
    }


def test_lists_can_be_read_by_any_program_for_tasks(full: Exporter, http: httpx.Client, ada: Person) -> None:
    found = todos(TakeOut.made(http, ada))
    assert found.keys() == {"Home; really.ics", "Empty.ics", "never.ics", "Tasks.ics"}
    oil, wind = found["Home; really.ics"]
    assert (str(oil["SUMMARY"]), str(oil["DESCRIPTION"])) == ("Oil, twice", "a\nb")
    assert oil["DUE"].dt.isoformat() == "2024-06-03T10:00:00+00:00"
    assert "STATUS" not in oil
    assert (str(wind["STATUS"]), wind["COMPLETED"].dt.isoformat()) == ("COMPLETED", "2024-06-04T10:00:00+00:00")
    assert [str(alone["SUMMARY"]) for alone in found["Tasks.ics"]] == ["Alone"]


def test_the_page_of_an_archive_names_the_lists_and_shows_the_tasks(
    full: Exporter, http: httpx.Client, ada: Person
) -> None:
    page = site_text(TakeOut.made(http, ada).everything())
    for said in ("Tasks/Empty.ics", "Oil, twice", "due 3 June 2024, 10:00 UTC", "done 4 June 2024"):
        assert said in page


def test_they_return_as_what_they_were(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    grace = Person.create("grace")
    bring(grace, entries, Origin("source.example", "Wharf"))

    def records(person: Person) -> list[tuple[Any, ...]]:
        lists = TaskList.objects.filter(owner=person.row).values_list("doc_id", "identifier", "name", "payload")
        columns = ("doc_id", "list__doc_id", "title", "notes", "due_at", "done_at", "done_zone", "payload")
        return sorted(lists) + sorted(Task.objects.filter(owner=person.row).values_list(*columns), key=str)

    assert records(grace) == records(ada)
    assert Task.objects.filter(owner=grace.row).count() == 4


def test_tasks_can_be_taken_out_alone(full: Exporter, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada, with_doctypes=["org.wharf.task.lists", "org.wharf.tasks"])
    names = [name for part in take_out.parts() for name in zipfile.ZipFile(io.BytesIO(part)).namelist()]
    assert sum(name.startswith("My Cozy/Data/org.wharf.tasks/") for name in names) == 4
    assert any(name.startswith(f"{READABLE}Tasks/") for name in names)


@pytest.mark.parametrize(
    ("due", "line", "said"),
    [
        ("2024-06-03T20:00:00-05:00", "DUE;TZID=UTC-0500:20240603T200000", "3 June 2024, 20:00 UTC-05:00"),
        ("2024-06-03", "DUE;VALUE=DATE:20240603", "3 June 2024"),
        (1717466400000, "DUE:20240604T020000Z", "4 June 2024, 02:00 UTC"),
        (
            {"dateTime": "2024-06-03T20:00:00", "timeZone": "America/Lima"},
            "DUE;TZID=America/Lima:20240603T200000",
            "3 June 2024, 20:00 America/Lima",
        ),
    ],
)
def test_a_task_is_due_when_its_item_says_so(
    exporter: Exporter, http: httpx.Client, ada: Person, due: Any, line: str, said: str
) -> None:
    assert exporter.send("tasks", {"@type": "Task", "text": "Oil", "dueTime": due}).status_code == 201
    entries = TakeOut.made(http, ada).everything()
    ics = entries[f"{READABLE}Tasks/Tasks.ics"]
    assert f"{line}\r\n" in ics.decode()
    assert undefined_zones(ics) == set()
    assert f"due {said}<" in site_text(entries)


@pytest.mark.parametrize(
    ("done", "line", "said"),
    [
        ("2024-07-31T00:00:00+09:00", "COMPLETED:20240730T150000Z", "31 July 2024, 00:00 UTC+09:00"),
        ("2016-12-31T23:59:60Z", "COMPLETED:20161231T235959Z", "31 December 2016, 23:59 UTC"),
        ("2024-07-31", "COMPLETED:20240731T000000Z", "31 July 2024"),
        (1722351600000, "COMPLETED:20240730T150000Z", "30 July 2024, 15:00 UTC"),
        ({"dateTime": "2024-07-31T00:00:00+09:00", "dateOnly": True}, "COMPLETED:20240730T150000Z", "31 July 2024"),
        (
            {"dateTime": "2024-07-31T20:00:00", "timeZone": "America/Lima"},
            "COMPLETED:20240801T010000Z",
            "31 July 2024, 20:00 America/Lima",
        ),
        ({"dateTime": "0001-01-01T00:00:00+14:00", "dateOnly": True}, "COMPLETED:00010101T000000Z", "1 January 1"),
    ],
)
def test_a_task_was_done_when_its_item_says_so(
    exporter: Exporter, http: httpx.Client, ada: Person, done: Any, line: str, said: str
) -> None:
    assert exporter.send("tasks", {"@type": "Task", "text": "Oil", "completedTime": done}).status_code == 201
    entries = TakeOut.made(http, ada).everything()
    assert f"{line}\r\n" in entries[f"{READABLE}Tasks/Tasks.ics"].decode()
    assert f"done {said}<" in site_text(entries)


def test_tasks_that_stand_are_corrected_when_they_are_read_again(exporter: Exporter) -> None:
    done = {"dateTime": "2024-07-31T00:00:00+09:00", "dateOnly": True}
    assert exporter.send("tasks", {"@type": "Task", "text": "Oil", "completedTime": done}).status_code == 201
    Task.objects.update(done_at=None, done_all_day=None, done_zone=None, reading=1)
    upgrade()
    reread()
    assert Task.objects.get().done == "31 July 2024"
