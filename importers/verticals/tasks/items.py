"""Lists and tasks on the wire."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from importers.digests import digest
from importers.formats.local_time import TIME_ON_THE_WIRE, LocalTime, said_time, said_zone
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, WholeItem
from importers.items.item import WHOLE, IdentifiedItem, Item
from importers.items.wire import Text, as_it_came, formerly_canonical
from importers.models.record import AS_IT_CAME
from importers.verticals.tasks.models import Task, TaskList


class TaskListItem(IdentifiedItem):
    """A list, which tasks name by its id."""

    types: ClassVar = ("TaskList", "TaskListModel")
    model: ClassVar = TaskList
    examples: ClassVar = (
        {"@type": "TaskList", "id": "house", "name": "House"},
        {"@type": "TaskListModel", "id": "yard", "name": "Yard"},
    )

    name: Text = ""

    def columns(self) -> dict[str, Any]:
        return {"identifier": self.id, "name": self.name}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(TaskList, arrival, self.identity(arrival.whole), self.columns())[1]


def _time(value: Any) -> LocalTime | None:
    """A time, or an object with `dateTime` and perhaps `dateOnly`, as events have it."""
    if not isinstance(value, dict):
        return said_time(value)
    day = value.get("dateOnly")
    return said_time(value.get("dateTime"), said_zone(value), whole_day=day if isinstance(day, bool) else None)


Time = Annotated[LocalTime | None, BeforeValidator(_time), TIME_ON_THE_WIRE]


class TaskItem(Item):
    """A task carries no identifier: the whole item is what identifies it, but for its `@type`s."""

    types: ClassVar = ("Task", "TaskModel")
    model: ClassVar = Task
    identified_by: ClassVar = ((WHOLE,),)
    examples: ClassVar = (
        {
            "@type": "Task",
            "taskListId": "house",
            "text": "Oil the engine",
            "notes": "Both cylinders",
            "dueTime": "2024-06-03T10:00:00Z",
            "completedTime": None,
        },
        {"@type": "TaskModel", "taskListId": "yard", "text": "Sweep", "dueTime": 1731604863.845677},
    )

    list_id: Text = Field(default="", validation_alias="taskListId")
    title: Text = Field(default="", validation_alias="text")
    notes: Text = ""
    due: Time = Field(default=None, validation_alias="dueTime")
    done: Time = Field(default=None, validation_alias="completedTime")

    def identity(self, whole: WholeItem) -> str:
        return digest(whole.canonical)

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        return {digest(formerly_canonical(whole.payload)): AS_IT_CAME} | super().former_identities(whole)

    def columns(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "notes": self.notes,
            "due_at": self.due and self.due.moment,
            "all_day": self.due is not None and self.due.is_day,
            "zone": self.due.zone if self.due else "",
            "done_at": self.done and self.done.moment,
            "done_all_day": self.done is not None and self.done.is_day,
            "done_zone": self.done.zone if self.done else "",
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        named = (
            records.container_for(TaskList, arrival, digest(as_it_came(self.list_id)), self.list_id)
            if self.list_id
            else None
        )
        return records.save_once(Task, arrival, self.identity(arrival.whole), self.columns() | {"list": named})[1]
