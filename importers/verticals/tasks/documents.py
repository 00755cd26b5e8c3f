"""Lists and tasks in archives."""

from importers.documents.kind import RecordKind
from importers.verticals.tasks.models import Task, TaskList

LISTS = RecordKind(
    TaskList,
    "org.wharf.task.lists",
    ("identifier", "name", "arrived_at"),
    heading="name",
    missing="The archive has tasks of this list, but not the list: it is named {}.",
)
TASKS = RecordKind(
    Task,
    "org.wharf.tasks",
    ("title", "notes", "due_at", "all_day", "zone", "done_at", "done_all_day", "done_zone"),
    references=("list",),
    heading="title",
    at="due_at",
)
