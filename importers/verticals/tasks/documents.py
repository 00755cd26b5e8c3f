"""Lists and tasks in archives."""

from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from importers.documents.kind import RecordKind
from importers.verticals.tasks.models import Task, TaskList

LISTS = RecordKind(
    TaskList,
    "org.wharf.task.lists",
    ("identifier", "name", "arrived_at"),
    heading="name",
    all_words=_("all task lists"),
    no_words=_("no task lists"),
    missing=kept_text("The archive has tasks of this list, but not the list: it is named %(name)s."),
    address="lists",
    by_name=True,
    searched=("name",),
    search_number=9,
)
TASKS = RecordKind(
    Task,
    "org.wharf.tasks",
    ("title", "notes", "due_at", "all_day", "zone", "done_at", "done_all_day", "done_zone"),
    references=("list",),
    heading="title",
    at="due_at",
    all_words=_("all tasks"),
    no_words=_("no tasks"),
    address="tasks",
    searched=("title", "notes"),
    search_number=10,
)
