"""Lists and tasks on the wire."""

from typing import ClassVar

from pydantic import Field

from importers.digests import digest
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer
from importers.items.item import Item
from importers.items.wire import Identifier, Moment, Text, canonical
from importers.verticals.tasks.models import Task, TaskList


class TaskListItem(Item):
    types: ClassVar = ("TaskList", "TaskListModel")

    id: Identifier
    name: Text = ""

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        columns = {"identifier": self.id, "name": self.name}
        return records.save_once(TaskList, arrival, digest(self.id), columns)[1]


class TaskItem(Item):
    """A task carries no identifier: the whole item is what identifies it."""

    types: ClassVar = ("Task", "TaskModel")

    list_id: Text = Field(default="", validation_alias="taskListId")
    title: Text = Field(default="", validation_alias="text")
    notes: Text = ""
    due: Moment = Field(default=None, validation_alias="dueTime")
    done: Moment = Field(default=None, validation_alias="completedTime")

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        identity = digest(canonical(arrival.payload))
        named = records.container_for(TaskList, arrival, digest(self.list_id), self.list_id) if self.list_id else None
        columns = {
            "list": named,
            "title": self.title,
            "notes": self.notes,
            "due_at": self.due,
            "done_at": self.done,
        }
        return records.save_once(Task, arrival, identity, columns)[1]
