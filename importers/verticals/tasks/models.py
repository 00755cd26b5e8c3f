"""Lists of tasks, and the tasks in them."""

from django.db import models

from importers.models.record import Container, Record


class TaskList(Container):
    """A list of tasks."""

    class Meta(Container.Meta):
        verbose_name = "task list"


class Task(Record):
    """Something to do. It carries no identifier: the digest of the whole item is its identity.

    `due_at`: when it should be done. `done_at`: when it was, empty as long as it is open.
    """

    list = models.ForeignKey(TaskList, null=True, on_delete=models.CASCADE, related_name="tasks")
    title = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
