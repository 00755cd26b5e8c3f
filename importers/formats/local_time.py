"""A time as an item says it: when it is, and in which zone one reads it off the clock."""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from accounts.dates import day_words
from importers.formats.zones import is_key, offset_key, zone_named, zone_of
from importers.items.field_schemas import MOMENT
from importers.items.wire import moment_of, without_leap_second, without_suffix
from importers.text import keepable

BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ZONE_NAMES = ("timeZone", "timezone", "timeZoneId", "tzid", "tzId", "zone")  # where an item says a zone, beside a time
ZONE_ON_THE_WIRE = {
    "type": ["string", "null"],
    "description": f"A zone of IANA's list, or of Windows. Its field may be called {', '.join(ZONE_NAMES)}.",
}

_TIME = {
    **MOMENT,
    "title": "ZonedTime",
    "description": f"{MOMENT['description']} Without an offset it is in the zone that stands behind it, if one does.",
}
TIME_ON_THE_WIRE = WithJsonSchema(
    {
        "title": "TimeOfEvent",
        "anyOf": [
            _TIME,
            {
                "type": "object",
                "properties": {
                    "dateTime": _TIME,
                    "dateOnly": {"type": ["boolean", "null"]},
                    "timeZone": ZONE_ON_THE_WIRE,
                },
            },
        ],
    }
)


@dataclass(frozen=True)
class LocalTime:
    """`moment` is in UTC. A whole day (`is_day`) is the date that stands in the item, wherever it was, and its moment
    midnight UTC of that date. `zone`: a key (see `zones`)."""

    moment: datetime
    zone: str
    is_day: bool

    @classmethod
    def of(cls, moment: datetime, zone: str | None, *, is_day: bool) -> "LocalTime":
        """The same; a zone that nobody knows, or whose clocks can't show the moment, since it lies at an end of time,
        is UTC."""
        zone = zone if zone and is_key(zone) else ""
        if zone and not 1 < moment.year < MAXYEAR:  # elsewhere any clock shows it
            try:
                wall(moment, zone)
            except OverflowError:
                zone = ""
        return cls(moment, zone, is_day)

    @property
    def shown(self) -> str:
        """How people read it, in the language that is active: "31 July 2024", "31 July 2024, 20:00 UTC", with another
        zone by its name or offset."""
        day = day_words(self.wall)
        return day if self.is_day else f"{day}, {self.wall:%H:%M} {shown_zone(self.zone)}"

    @property
    def wall(self) -> datetime:
        """What a clock shows then, in its zone; without a zone."""
        return wall(self.moment, "" if self.is_day else self.zone)


def said_time(value: Any, zone: str | None = None, *, whole_day: bool | None = None) -> LocalTime | None:
    """Returns the time that an item says, in the spellings of `wire.moment_of` or of RFC 9557; None where it says none.

    `zone`: the key of the zone that stands beside it; else the one behind it counts, or the offset in it. `whole_day`:
    whether it is one; where nothing says so, a bare date is.
    """
    value, named = _without_suffix(value)
    zone = named if zone is None else zone
    text = value.strip().upper() if isinstance(value, str) else ""
    if whole_day is None:
        whole_day = is_bare_date(value)
    try:
        read = datetime.fromisoformat(
            without_leap_second(text)
        )  # takes 1 to 9 digits of a second, and cuts them to microseconds
    except ValueError:
        read = None
    try:
        if read is None or text.isdigit():  # a number since the epoch
            moment = moment_of(value)
            if moment is None:
                return None
            read = moment.astimezone(zone_of(zone or ""))
        elif read.tzinfo is None:
            read = read.replace(tzinfo=zone_of(zone or ""))
        key = zone if zone is not None else offset_key(read.utcoffset() or timedelta(0))
        if whole_day:
            return LocalTime.of(datetime.combine(read.date(), time(), UTC), key, is_day=True)
        return LocalTime.of(read.astimezone(UTC), key, is_day=False)
    except OverflowError:  # the first or the last day of all, elsewhere
        return None


def said_moment(value: Any) -> datetime | None:
    """Returns the moment of a time in the spellings of `wire.moment_of`; one without an offset is what the clocks of
    the zone show that stands behind it (`2024-07-01T10:00:00[Europe/Paris]`), where one does that is known."""
    if not isinstance(value, str) or "[" not in value:
        return moment_of(value)
    said = said_time(value)
    return said.moment if said is not None else None


ZonedMoment = Annotated[datetime | None, BeforeValidator(said_moment), WithJsonSchema(_TIME)]


def _without_suffix(value: Any) -> tuple[Any, str | None]:
    """Returns a time without what RFC 9557 puts behind it, and the key of the zone that stands there, where it is
    known."""
    if not isinstance(value, str):
        return value, None
    time, named = without_suffix(value)
    return time, zone_named(named) if named else None


def is_bare_date(value: Any) -> bool:
    """Whether an item says a date and no time."""
    return isinstance(value, str) and BARE_DATE.fullmatch(value.strip()) is not None


def said_zone(*places: Any) -> str | None:
    """Returns the key of the zone that the first of these objects names in a way that is known; None where none
    does."""
    for place in places:
        if isinstance(place, dict):
            for name in ZONE_NAMES:
                value = place.get(name)
                if isinstance(value, str) and (found := zone_named(keepable(value))) is not None:
                    return found
    return None


def shown_zone(zone: str) -> str:
    """Returns a zone as people read it."""
    return f"UTC{zone}" if zone[:1] in ("+", "-", "") else zone


def wall(moment: datetime, zone: str) -> datetime:
    """Returns what a clock shows at a moment; its `fold` says the second of two that are alike. Raises
    `OverflowError` at the ends of time."""
    return moment.astimezone(zone_of(zone)).replace(tzinfo=None)


def is_told_by_clock(moment: datetime, zone: str) -> bool:
    """Whether the clock of a zone tells this moment from every other (section 3.3.5 of RFC 5545: of two that are alike,
    it means the first). At the ends of time it may tell none."""
    if not zone:
        return True
    try:
        return not moment.astimezone(zone_of(zone)).fold
    except OverflowError:
        return False
