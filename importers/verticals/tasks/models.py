"""Lists of tasks, and the tasks in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.formats.local_time import LocalTime
from importers.models.record import Container, Record, by_date, sort_date, within


class TaskList(Container):
    """A list of tasks."""

    class Meta(Container.Meta):
        verbose_name = _("task list")


class Task(Record):
    """Something to do. It carries no identifier: the digest of the whole item is its identity.

    `due_at`: when it should be done; midnight UTC of the day where the item says only a date (`all_day`). `zone`: in
    which that is read off the clock, as an event has it. `done_at`: when it was done, empty as long as it is open;
    `done_all_day` and `done_zone` say of it what the others say of `due_at`.
    """

    list = models.ForeignKey(TaskList, null=True, on_delete=models.CASCADE, related_name="tasks")
    title = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    all_day = models.BooleanField(null=True, blank=True)
    zone = models.TextField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_all_day = models.BooleanField(null=True, blank=True)
    done_zone = models.TextField(null=True, blank=True)

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, by_date("due_at"), within("list", sort_date("due_at"), "list")]

    @property
    def due(self) -> str:
        """When it should be done, as people read it."""
        return LocalTime.of(self.due_at, self.zone, is_day=bool(self.all_day)).shown if self.due_at else ""

    @property
    def done(self) -> str:
        """When it was done, as people read it."""
        if self.done_at is None:
            return ""
        return LocalTime.of(self.done_at, self.done_zone, is_day=bool(self.done_all_day)).shown
