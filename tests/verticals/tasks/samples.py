"""A list and a task as samples; see tests/support/samples.py."""

from django.utils import timezone

from importers.verticals.tasks.models import Task, TaskList
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount


def rows(account: SampleAccount) -> None:
    now = timezone.now()
    named = account.columns("TaskList", identifier=f"l{account.seed}", name="Home", arrived_at=now)
    Task.objects.create(
        **account.columns("Task"), list=TaskList.objects.create(**named), title="Oil the engine", due_at=now
    )


def send(exporter: Exporter) -> None:
    exporter.send("tasks", {"@type": "TaskList", "id": "l1", "name": "Home"})
    exporter.send("tasks", {"@type": "Task", "taskListId": "l1", "text": "Oil the engine"})
