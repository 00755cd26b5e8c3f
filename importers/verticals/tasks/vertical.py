"""TASKS: lists of things to do."""

from importers.vertical import Vertical
from importers.verticals.tasks.documents import LISTS, TASKS
from importers.verticals.tasks.formats import ICALENDAR
from importers.verticals.tasks.items import TaskItem, TaskListItem


class TasksVertical(Vertical):
    """Lists, and the tasks in them."""

    title = "Tasks and lists"
    items = (TaskListItem, TaskItem)
    kinds = (LISTS, TASKS)
    formats = (ICALENDAR,)


VERTICAL = TasksVertical()
