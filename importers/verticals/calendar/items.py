"""Calendars and events on the wire."""

from typing import Any, ClassVar

from pydantic import AliasPath, Field, field_validator

from importers.digests import digest
from importers.formats.recurrence import lines_of
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, WholeItem
from importers.items.item import Item
from importers.items.wire import Flag, Identifier, Moment, Text, formerly_canonical
from importers.text import keepable
from importers.verticals.calendar.models import Calendar, CalendarEvent


class CalendarItem(Item):
    types: ClassVar = ("Calendar", "CalendarModel")
    model: ClassVar = Calendar

    id: Identifier
    name: Text = ""
    description: Text = ""

    def identity(self, whole: WholeItem) -> str:
        return digest(self.id)

    def columns(self) -> dict[str, Any]:
        return {"identifier": self.id, "name": self.name, "description": self.description}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(Calendar, arrival, self.identity(arrival.whole), self.columns())[1]


class CalendarEventItem(Item):
    """An event carries no identifier: the whole item is what identifies it, but for its `@type`s."""

    types: ClassVar = ("CalendarEvent", "CalendarEventModel")
    model: ClassVar = CalendarEvent

    calendar_id: Text = Field(default="", validation_alias="calendarId")
    title: Text = ""
    notes: Text = ""
    location: Text = ""
    starts: Moment = Field(default=None, validation_alias=AliasPath("startTime", "dateTime"))
    ends: Moment = Field(default=None, validation_alias=AliasPath("endTime", "dateTime"))
    date_only: Flag = Field(default=None, validation_alias=AliasPath("startTime", "dateOnly"))
    recurrence: str = Field(default="", validation_alias="recurrenceRule")

    @field_validator("recurrence", mode="before")
    @classmethod
    def lines(cls, rule: Any) -> str:
        """The RFC 5545 lines of an object with any of `rrule`, `rdate`, `exDate` and `stringList`."""
        if not isinstance(rule, dict):
            return keepable(rule) if isinstance(rule, str) else ""
        return keepable("\n".join(lines_of(rule)))

    def identity(self, whole: WholeItem) -> str:
        return digest(whole.canonical)

    def former_identities(self, whole: WholeItem) -> tuple[str, ...]:
        return (digest(formerly_canonical(whole.payload)),)

    def columns(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "notes": self.notes,
            "location": self.location,
            "starts_at": self.starts,
            "ends_at": self.ends,
            "all_day": bool(self.date_only),
            "recurrence": self.recurrence,
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        calendar = None
        if self.calendar_id:
            calendar = records.container_for(Calendar, arrival, digest(self.calendar_id), self.calendar_id)
        columns = self.columns() | {"calendar": calendar}
        return records.save_once(CalendarEvent, arrival, self.identity(arrival.whole), columns)[1]
