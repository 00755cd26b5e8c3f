"""Dates and times as they stand in lines of recurrence (RFC 5545, sections 3.3.4 and 3.3.5, or RFC 3339)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from importers.formats.local_time import LocalTime, wall
from importers.formats.zones import KEY_OF_OFFSET, tzid, zone_of
from importers.items.wire import moment_of

VALUE = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
SINCE_EPOCH = re.compile(r"\d{9,}", re.ASCII)  # a shorter number may be a date
DAY_ENDS = (time(0), time(23, 59, 59))
FARTHEST_SET = timedelta(hours=2)  # that clocks are set by
SET_BY = timedelta(minutes=30)  # or a multiple of it


def written_time(moment: datetime, zone: str) -> tuple[str, str]:
    """Returns a moment as section 3.3.5 has it, local to a zone or in UTC, behind the parameter that says so."""
    if not zone:
        return "", in_utc(moment)
    return f";TZID={tzid(zone)}", digits(moment.astimezone(zone_of(zone)))


def written_day(day: date) -> str:
    """Returns a day as section 3.3.4 has it."""
    return f"{day.year:04}{day.month:02}{day.day:02}"


def in_utc(moment: datetime) -> str:
    """Returns a moment in UTC as form 2 of section 3.3.5 has it."""
    return f"{digits(moment)}Z"


def digits(at: datetime) -> str:
    """Returns what a clock shows, in the digits of form 1. Five times as fast as `strftime`: there may be many."""
    return at.isoformat()[:19].replace("-", "").replace(":", "")


@dataclass(frozen=True)
class LineValue:
    """A DATE or DATE-TIME, or a number since the epoch. `offset`: from UTC, where one stands in it."""

    day: date
    clock: time | None
    offset: timedelta | None

    @classmethod
    def read(cls, text: str) -> "LineValue | None":
        """Reads a value; None where it is none."""
        match = VALUE.fullmatch(text)
        if match is None:
            at = moment_of(text) if SINCE_EPOCH.fullmatch(text) else None
            return cls(at.date(), at.time().replace(microsecond=0), timedelta(0)) if at else None
        year, month, day, hours, minutes, seconds, zone = match.groups()
        try:
            clock = None if hours is None else time(int(hours), int(minutes), _second(int(seconds or 0)))
            return cls(date(int(year), int(month), int(day)), clock, _offset(zone))
        except ValueError:
            return None

    def moment(self, start: LocalTime, zone: str | None, time_of_days: time) -> datetime | None:
        """Returns when it is, in UTC. What has no zone of its own, or one that nobody knows, is in that of the series.
        None at the ends of time."""
        local = datetime.combine(self.day, time_of_days if self.clock is None else self.clock)
        try:
            if self.clock is not None and self.offset is not None:
                return local.replace(tzinfo=UTC) - self.offset
            key = start.zone if zone is None or self.clock is None else zone
            return local.replace(tzinfo=zone_of(key)).astimezone(UTC)
        except OverflowError:
            return None

    def day_of(self, start: LocalTime) -> date:
        """Returns which day of a series of days is meant: the date that stands in it, unless it is the beginning or the
        end of another one where the series is."""
        if self.clock is None or self.offset is None or self.clock in DAY_ENDS:
            return self.day
        moment = self.moment(start, None, self.clock)
        try:
            local = wall(moment, start.zone) if moment else None
            if local is None:
                return self.day
            if local.time() in DAY_ENDS:
                return local.date()
            return (
                self.day if start.zone and not KEY_OF_OFFSET.fullmatch(start.zone) else _day_begun_near(local, self.day)
            )
        except OverflowError:
            return self.day


def _day_begun_near(local: datetime, otherwise: date) -> date:
    """Returns the day that begins or ends about when a clock shows this that is never set, where it may be that of a
    place whose clocks are: their midnight is up to two hours before or after its own."""
    is_end = local.second == 59
    at = local + timedelta(seconds=is_end)
    midnight = datetime.combine((at + timedelta(hours=12)).date(), time())
    if abs(at - midnight) > FARTHEST_SET or (at - midnight) % SET_BY:
        return otherwise
    return midnight.date() - timedelta(days=is_end)


def _second(said: int) -> int:
    """A leap second is the one before it, since no clock of a computer shows it. Raises `ValueError` for what is no
    second."""
    if said > 60:
        raise ValueError
    return min(said, 59)


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    if zone.upper() == "Z":
        return timedelta(0)
    numbers = zone[1:].replace(":", "")
    length = timedelta(hours=int(numbers[:2]), minutes=int(numbers[2:]))
    return -length if zone[0] == "-" else length
