"""A time as an iCalendar file says it (RFC 5545, sections 3.3.4 and 3.3.5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any


@dataclass(frozen=True)
class IcsTime:
    """A DTSTART, DTEND or RECURRENCE-ID. `wall`: as it stands there, a date or a time without a zone. `zone`: what that
    is in; `name`: what the file calls it, empty where it says none."""

    wall: date
    zone: tzinfo = UTC
    name: str = ""

    @property
    def moment(self) -> datetime:
        """When it is, in its zone. Midnight UTC where it is a date."""
        if isinstance(self.wall, datetime):
            return self.wall.replace(tzinfo=self.zone)
        return datetime.combine(self.wall, time(), UTC)

    def clock_in(self, series: "IcsTime") -> datetime:
        """Returns what a clock shows then where a series is that begins at `series`: of a date among times, the hour
        of the first one; of a date else, midnight."""
        if isinstance(self.wall, datetime):
            return self.moment.astimezone(series.zone).replace(tzinfo=None)
        hour = series.wall.time() if isinstance(series.wall, datetime) else time()
        return datetime.combine(self.wall, hour)

    def later(self, days: timedelta, hours: timedelta = timedelta()) -> "IcsTime | None":
        """Returns the same, later by days on the calendar, and by hours that pass (section 3.3.6); None beyond the
        end of time."""
        try:
            wall = self.wall + days
            if isinstance(wall, datetime) and hours:
                moment = wall.replace(tzinfo=self.zone).astimezone(UTC) + hours
                wall = moment.astimezone(self.zone).replace(tzinfo=None)
        except OverflowError:
            return None
        return IcsTime(wall, self.zone, self.name)

    def said(self) -> dict[str, Any]:
        """Returns how an item says it."""
        text = self.moment.isoformat().replace("+00:00", "Z")
        return {"dateTime": text, "dateOnly": not isinstance(self.wall, datetime)}
