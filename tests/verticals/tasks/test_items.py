"""Task lists and tasks come in over the wire."""

from datetime import UTC, datetime
from typing import Any

import pytest

from importers.verticals.tasks.models import Task, TaskList
from tests.support.exporter import Exporter

pytestmark = pytest.mark.services

LIST = {"@type": "TaskList", "id": "l1", "name": "Home"}
TASK = {
    "@type": "Task",
    "taskListId": "l1",
    "text": "Oil the engine",
    "notes": "Both cylinders",
    "dueTime": "2024-06-03T10:00:00Z",
    "completedTime": None,
}


def sent(exporter: Exporter, item: dict[str, Any]) -> str:
    answer = exporter.send("tasks", item)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["status"])


def test_a_list_and_its_tasks_are_kept(exporter: Exporter) -> None:
    assert [sent(exporter, item) for item in (LIST, TASK)] == ["created", "created"]
    task = Task.objects.get()
    assert (task.title, task.notes, task.list.name) == ("Oil the engine", "Both cylinders", "Home")
    assert (task.due_at, task.done_at) == (datetime(2024, 6, 3, 10, tzinfo=UTC), None)


def test_both_generations_of_names_and_the_envelope_are_the_same_types(exporter: Exporter) -> None:
    envelope = {"@type": "GenericPayload", "payload": LIST | {"@type": "TaskListModel"}}
    assert [sent(exporter, item) for item in (envelope, TASK | {"@type": "TaskModel"})] == ["created", "created"]
    assert (TaskList.objects.count(), Task.objects.count()) == (1, 1)


def test_sent_again_nothing_changes(exporter: Exporter) -> None:
    for status in ("created", "unchanged"):
        assert [sent(exporter, item) for item in (LIST, TASK)] == [status, status]


def test_a_list_that_says_something_else_is_updated(exporter: Exporter) -> None:
    assert [sent(exporter, item) for item in (LIST, LIST | {"name": "House"})] == ["created", "updated"]
    assert TaskList.objects.get().name == "House"


def test_a_task_before_its_list_waits_for_it(exporter: Exporter) -> None:
    sent(exporter, TASK)
    assert TaskList.objects.get().is_placeholder
    assert sent(exporter, LIST) == "created"
    assert Task.objects.get().list == TaskList.objects.get()
    assert not TaskList.objects.get().is_placeholder


def test_a_task_needs_no_list_and_no_words(exporter: Exporter) -> None:
    assert sent(exporter, {"@type": "Task", "completedTime": "1731604863.845677"}) == "created"
    task = Task.objects.get()
    assert (task.list, task.title) == (None, "")
    assert task.done_at == datetime(2024, 11, 14, 17, 21, 3, 845677, tzinfo=UTC)


def test_what_is_no_time_stays_in_the_item(exporter: Exporter) -> None:
    assert sent(exporter, TASK | {"dueTime": "next week"}) == "created"
    task = Task.objects.get()
    assert task.due_at is None
    assert "next week" in task.payload


@pytest.mark.parametrize("identifier", [None, ""])
def test_a_list_without_an_id_is_kept_whole(exporter: Exporter, identifier: str | None) -> None:
    assert sent(exporter, LIST | {"id": identifier}) == "kept"
    assert not TaskList.objects.exists()
