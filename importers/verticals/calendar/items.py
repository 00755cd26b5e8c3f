"""Calendars and events on the wire."""

from typing import Any, ClassVar

from pydantic import AliasPath, Field, field_validator

from importers.digests import digest
from importers.formats.recurrence import lines_of
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer
from importers.items.item import Item
from importers.items.wire import Flag, Identifier, Moment, Text, canonical
from importers.text import keepable
from importers.verticals.calendar.models import Calendar, CalendarEvent


class CalendarItem(Item):
    types: ClassVar = ("Calendar", "CalendarModel")

    id: Identifier
    name: Text = ""
    description: Text = ""

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        columns = {"identifier": self.id, "name": self.name, "description": self.description}
        return records.save_once(Calendar, arrival, digest(self.id), columns)[1]


class CalendarEventItem(Item):
    """An event carries no identifier: the whole item is what identifies it."""

    types: ClassVar = ("CalendarEvent", "CalendarEventModel")

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

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        identity = digest(canonical(arrival.payload))
        calendar = None
        if self.calendar_id:
            calendar = records.container_for(Calendar, arrival, digest(self.calendar_id), self.calendar_id)
        columns = {
            "calendar": calendar,
            "title": self.title,
            "notes": self.notes,
            "location": self.location,
            "starts_at": self.starts,
            "ends_at": self.ends,
            "all_day": bool(self.date_only),
            "recurrence": self.recurrence,
        }
        return records.save_once(CalendarEvent, arrival, identity, columns)[1]
