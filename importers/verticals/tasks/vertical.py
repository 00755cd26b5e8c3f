"""TASKS: lists of things to do."""

from django.utils.translation import gettext_lazy as _

from importers.vertical import Vertical
from importers.verticals.tasks.documents import LISTS, TASKS
from importers.verticals.tasks.formats import ICALENDAR
from importers.verticals.tasks.items import TaskItem, TaskListItem
from importers.verticals.tasks.site import SITE


class TasksVertical(Vertical):
    """Lists, and the tasks in them."""

    title = _("Tasks and lists")
    items = (TaskListItem, TaskItem)
    kinds = (LISTS, TASKS)
    formats = (ICALENDAR,)
    site = SITE


VERTICAL = TasksVertical()
