"""Calendars and events on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, field_validator, model_validator

from importers.digests import digest
from importers.formats.local_time import LocalTime, is_bare_date, said_time, said_zone
from importers.formats.recurrence import offset_said_in, zone_said_in
from importers.formats.recurrence_items import lines_of
from importers.formats.zones import offset_at
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, WholeItem
from importers.items.item import IdentifiedItem, Item
from importers.items.wire import Text, as_it_came, formerly_canonical
from importers.text import keepable
from importers.verticals.calendar.attendees import attendee_lines
from importers.verticals.calendar.models import Calendar, CalendarEvent


class CalendarItem(IdentifiedItem):
    types: ClassVar = ("Calendar", "CalendarModel")
    model: ClassVar = Calendar

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


class CalendarEventItem(Item):
    """An event carries no identifier: the whole item is what identifies it, but for its `@type`s."""

    types: ClassVar = ("CalendarEvent", "CalendarEventModel")
    model: ClassVar = CalendarEvent

    calendar_id: Text = Field(default="", validation_alias="calendarId")
    title: Text = ""
    notes: Text = ""
    location: Text = ""
    starts: Annotated[EventTime, BeforeValidator(EventTime.read)] = Field(
        default=EventTime(), validation_alias="startTime"
    )
    ends: Annotated[EventTime, BeforeValidator(EventTime.read)] = Field(default=EventTime(), validation_alias="endTime")
    recurrence: str = Field(default="", validation_alias="recurrenceRule")
    attendees: Annotated[str, BeforeValidator(attendee_lines)] = ""
    zone: str | None = None

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

    def former_identities(self, whole: WholeItem) -> tuple[str, ...]:
        return (digest(formerly_canonical(whole.payload)),)

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
        return records.save_once(CalendarEvent, arrival, self.identity(arrival.whole), columns)[1]

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
