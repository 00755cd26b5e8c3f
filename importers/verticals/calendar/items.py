"""Calendars and events on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from django.db import transaction
from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from importers import waking
from importers.digests import digest
from importers.formats.local_time import (
    TIME_ON_THE_WIRE,
    ZONE_ON_THE_WIRE,
    LocalTime,
    is_bare_date,
    said_time,
    said_zone,
)
from importers.formats.recurrence import offset_said_in, zone_said_in
from importers.formats.recurrence_items import lines_of
from importers.formats.zones import offset_at
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.item import WHOLE, IdentifiedItem, Item
from importers.items.wire import Text, as_it_came, formerly_canonical
from importers.models.record import AS_IT_CAME
from importers.text import keepable
from importers.verticals.calendar.attendees import AttendeeShape, attendee_lines
from importers.verticals.calendar.models import Calendar, CalendarEvent

_LINES = {"type": ["string", "array", "null"], "items": {"type": "string"}}
RULE = WithJsonSchema(
    {
        "description": "Lines of RFC 5545, section 3.8.5, or what stands behind their names.",
        "anyOf": [
            {"type": "object", "properties": dict.fromkeys(("rrule", "rdate", "exDate", "stringList"), _LINES)},
            _LINES,
        ],
    }
)


class CalendarItem(IdentifiedItem):
    """A calendar, which events name by its id."""

    types: ClassVar = ("Calendar", "CalendarModel")
    model: ClassVar = Calendar
    examples: ClassVar = (
        {"@type": "Calendar", "id": "work", "name": "Work", "description": None},
        {"@type": "CalendarModel", "id": "home", "name": "Home"},
    )

    name: Text = ""
    description: Text = ""

    def columns(self) -> dict[str, Any]:
        return {"identifier": self.id, "name": self.name, "description": self.description}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(Calendar, arrival, self.identity(arrival.whole), self.columns())[1]


@dataclass(frozen=True)
class EventTime:
    """A `startTime` or `endTime`: what it says, and whether that is a date only. `zone`: the key of the zone that
    stands beside it, if one does."""

    said: Any = None
    is_day: bool = False
    zone: str | None = None

    @classmethod
    def read(cls, value: Any) -> "EventTime":
        """Reads an object with `dateTime` and `dateOnly`; anything else is the time itself."""
        if not isinstance(value, dict):
            return cls(value, is_bare_date(value))
        said, flag = value.get("dateTime"), value.get("dateOnly")
        return cls(said, flag if isinstance(flag, bool) else is_bare_date(said), said_zone(value))


Time = Annotated[EventTime, BeforeValidator(EventTime.read), TIME_ON_THE_WIRE]
ATTENDEES = BeforeValidator(attendee_lines, json_schema_input_type=list[AttendeeShape] | AttendeeShape | None)


class CalendarEventItem(Item):
    """An event carries no identifier: the whole item is what identifies it, but for its `@type`s."""

    types: ClassVar = ("CalendarEvent", "CalendarEventModel")
    model: ClassVar = CalendarEvent
    identified_by: ClassVar = ((WHOLE,),)
    examples: ClassVar = (
        {
            "@type": "CalendarEvent",
            "calendarId": "work",
            "title": "Trial of the engine",
            "notes": None,
            "location": "The yard",
            "attendees": [{"displayName": "Bo Ek", "email": "bo@example.org", "optional": False}],
            "startTime": {"dateTime": "2024-06-03T10:00:00+02:00", "dateOnly": False},
            "endTime": {"dateTime": "2024-06-03T11:00:00+02:00", "dateOnly": False},
            "recurrenceRule": {"rrule": "RRULE:FREQ=WEEKLY;COUNT=4"},
        },
        {"@type": "CalendarEventModel", "calendarId": "home", "title": "Holiday", "startTime": "2024-07-01"},
    )

    calendar_id: Text = Field(default="", validation_alias="calendarId")
    title: Text = ""
    notes: Text = ""
    location: Text = ""
    starts: Time = Field(default=EventTime(), validation_alias="startTime")
    ends: Time = Field(default=EventTime(), validation_alias="endTime")
    recurrence: Annotated[str, RULE] = Field(default="", validation_alias="recurrenceRule")
    attendees: Annotated[str, ATTENDEES] = ""
    zone: Annotated[str | None, WithJsonSchema(ZONE_ON_THE_WIRE)] = None

    @model_validator(mode="before")
    @classmethod
    def zone_of_item(cls, item: Any) -> Any:
        """The key of the zone that the item names for both of its times."""
        return {**item, "zone": said_zone(item)} if isinstance(item, dict) else item

    @field_validator("recurrence", mode="before")
    @classmethod
    def lines(cls, rule: Any) -> str:
        """The RFC 5545 lines of an object with any of `rrule`, `rdate`, `exDate` and `stringList`, or alone."""
        said = rule if isinstance(rule, dict) else {"stringList": rule}
        return keepable("\n".join(lines_of(said)))

    def identity(self, whole: WholeItem) -> str:
        return digest(whole.canonical)

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        return {digest(formerly_canonical(whole.payload)): AS_IT_CAME} | super().former_identities(whole)

    def columns(self) -> dict[str, Any]:
        starts = self._start()
        whole_days = starts.is_day if starts else self.ends.is_day
        zone = self.ends.zone or self.zone or (starts.zone if starts else None)
        ends = said_time(self.ends.said, zone, whole_day=whole_days)
        return {
            "title": self.title,
            "notes": self.notes,
            "location": self.location,
            "starts_at": starts and starts.moment,
            "ends_at": ends and ends.moment,
            "all_day": whole_days,
            "zone": starts.zone if starts else "",
            "recurrence": self.recurrence,
            "attendees": self.attendees,
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        calendar = None
        if self.calendar_id:
            calendar = records.container_for(Calendar, arrival, digest(as_it_came(self.calendar_id)), self.calendar_id)
        columns = self.columns() | {"calendar": calendar}
        answer = records.save_once(CalendarEvent, arrival, self.identity(arrival.whole), columns)[1]
        if self.recurrence and answer.status is not ItemStatus.UNCHANGED:
            transaction.on_commit(waking.wake)  # its occurrences are to be made
        return answer

    def _start(self) -> LocalTime | None:
        """Returns when it starts, in the zone that the item says. Where only the lines of its series say one, it is
        that one if the start may be in it: with the offset of that zone, or in UTC, as exporters write what they know
        no better. Of one that nobody knows by its name, they tell how far it is from UTC."""
        zone = self.zone if self.starts.zone is None else self.starts.zone
        start = said_time(self.starts.said, zone, whole_day=self.starts.is_day)
        if start is None or start.is_day or zone is not None:
            return start
        of_series = zone_said_in(self.recurrence)
        if of_series is None and not start.zone:
            of_series = offset_said_in(self.recurrence, start.moment)
        if of_series is None or start.zone not in ("", offset_at(start.moment, of_series)):
            return start
        return said_time(self.starts.said, of_series, whole_day=False)
