"""One rule of a series that is taken apart at an occurrence from which on it is another (RFC 5545, section 3.3.10)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from dateutil.rrule import rrulestr

from importers.sending.calendars.times import IcsTime

REPEATS_BY_DAYS = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SAYS_DAYS = frozenset({"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"})
IN_EVERY_MONTH = 28  # the last day, from either end
NUMBER = re.compile("0*[1-9][0-9]{0,8}")
MOST_COUNTED = 50_000  # occurrences before the change
MOST_COMPARED = 1_000  # of those behind it
MOST_LISTED = 400  # that are named one by one, where no rule says them
YEARS_COMPARED = 100  # behind the change
LAST_YEAR = 9999


@dataclass(frozen=True)
class Rest:
    """The occurrences of a rule from a change on, as clocks show them there: all if they `are_all`, else the first.
    `before`: how many there were before the change."""

    times: list[datetime]
    are_all: bool
    before: int


@dataclass(frozen=True)
class SeriesRule:
    """An RRULE or EXRULE (`name`) of a series that begins at `start`. `until`: its own end on the clock there."""

    name: str
    parts: dict[str, str]
    start: datetime
    until: datetime | None = None

    @classmethod
    def read(cls, line: str, start: IcsTime) -> "SeriesRule | None":
        """Returns the rule of a line; None where it can't be understood, or repeats within a day, where clocks that
        are set make others of its hours."""
        head, _, text = line.partition(":")
        parts = dict(part.strip().split("=", 1) for part in text.upper().split(";") if "=" in part)
        numbers = [parts[one] for one in ("INTERVAL", "COUNT") if one in parts]
        if parts.get("FREQ") not in REPEATS_BY_DAYS or not all(map(NUMBER.fullmatch, numbers)):
            return None
        name, said = head.partition(";")[0].upper(), parts.pop("UNTIL", None)
        until = _until(said, start) if said else None
        if said and until is None:
            return None
        return cls(name, parts, start.clock_in(start), until)

    def ends_before(self, at: datetime) -> bool | None:
        """Returns whether no occurrence is at this time or later because the rule has ended; None where that can't be
        told."""
        if self.until is not None and self.until < at:
            return True
        if "COUNT" not in self.parts:
            return False
        rest = self.rest(at, None)
        return None if rest is None else rest.before == int(self.parts["COUNT"])

    def rest(self, begins: datetime, ends: datetime | None) -> Rest | None:
        """Returns the occurrences from `begins` on and before `ends`; None where so many come first that they aren't
        counted."""
        farthest = begins.replace(day=1, year=min(begins.year + YEARS_COMPARED, LAST_YEAR))
        bound = min(filter(None, (farthest, self.until, ends)))
        every = iter(expanded(self.parts, self.start, bound))
        counted = int(self.parts["COUNT"]) if "COUNT" in self.parts else None
        times: list[datetime] = []
        number = before = 0
        for number, at in enumerate(islice(every, counted), 1):
            if at < begins:
                before = number
                if before == MOST_COUNTED:
                    return None
            elif ends is None or at < ends:
                if len(times) == MOST_COMPARED:
                    return Rest(times, are_all=False, before=before)
                times.append(at)
        return Rest(times, are_all=bound < farthest or number == counted, before=before)

    def moved(self, begins: datetime, moved: datetime, times: list[datetime]) -> dict[str, str] | None:
        """Returns the parts, without an end, of the rule by which these occurrences take place as much later as `moved`
        is than `begins`, in a series that begins at `moved`; None where no rule that is known says just these."""
        later = moved - begins
        wanted = [at + later for at in times]
        for parts in self._candidates(begins, moved):
            if list(islice(expanded(parts, moved, wanted[-1]), len(wanted) + 1)) == wanted:
                return parts
        return None

    def _candidates(self, begins: datetime, moved: datetime) -> Iterator[dict[str, str]]:
        said = {name: setting for name, setting in self.parts.items() if name != "COUNT"}
        for parts in (said, self._of_start(begins) | said):
            if (found := _moved_parts(parts, begins, moved)) is not None:
                yield found
                if "WKST" in found or parts["FREQ"] == "WEEKLY":
                    yield found | {"WKST": _later_weekday(parts.get("WKST", "MO"), (moved.date() - begins.date()).days)}

    def _of_start(self, begins: datetime) -> dict[str, str]:
        """The parts that the rule does not say, since the start of the series says them."""
        parts: dict[str, str] = {}
        if begins.time() != self.start.time():
            clock = {"BYHOUR": self.start.hour, "BYMINUTE": self.start.minute, "BYSECOND": self.start.second}
            parts |= {name: str(number) for name, number in clock.items()}
        if not SAYS_DAYS.isdisjoint(self.parts):
            return parts
        if self.parts["FREQ"] == "WEEKLY":
            parts["BYDAY"] = WEEKDAYS[self.start.weekday()]
        elif self.parts["FREQ"] in ("MONTHLY", "YEARLY"):
            parts["BYMONTHDAY"] = str(self.start.day)
            if self.parts["FREQ"] == "YEARLY":
                parts["BYMONTH"] = str(self.start.month)
        return parts


def expanded(parts: dict[str, str], start: datetime, until: datetime) -> Iterator[datetime]:
    """Returns the occurrences of a rule without an end of its own, up to `until`."""
    said = ";".join(f"{name}={setting}" for name, setting in parts.items() if name != "COUNT")
    return iter(rrulestr(f"{said};UNTIL={_text(until)}", dtstart=start))


def _moved_parts(parts: dict[str, str], begins: datetime, moved: datetime) -> dict[str, str] | None:
    """Returns parts that say another day, and another time of it; None where there is no such day or time."""
    days = (moved.date() - begins.date()).days
    found = dict(parts)
    clock = {
        "BYHOUR": (moved.hour - begins.hour, 23),
        "BYMINUTE": (moved.minute - begins.minute, 59),
        "BYSECOND": (moved.second - begins.second, 59),
    }
    for name, (more, most) in clock.items():
        if name in parts:
            numbers = [int(one) + more for one in parts[name].split(",")]
            if not all(0 <= number <= most for number in numbers):
                return None
            found[name] = ",".join(map(str, numbers))
    if days and "BYDAY" in parts:
        found["BYDAY"] = ",".join(_later_weekday(one, days) for one in parts["BYDAY"].split(","))
    if days and "BYMONTHDAY" in parts:
        pairs = [(int(one), int(one) + days) for one in parts["BYMONTHDAY"].split(",")]
        if not all(was * now > 0 and abs(now) <= IN_EVERY_MONTH for was, now in pairs):
            return None
        found["BYMONTHDAY"] = ",".join(str(now) for _, now in pairs)
    return found


def _later_weekday(said: str, days: int) -> str:
    return said[:-2] + WEEKDAYS[(WEEKDAYS.index(said[-2:]) + days) % 7]


def _until(said: str, start: IcsTime) -> datetime | None:
    """Returns the end that a rule says, on the clock of its series; where only a date stands, the whole of that day."""
    is_of_days = not isinstance(start.wall, datetime)
    day, _, clock = said.rstrip("Z").partition("T")
    try:
        until = datetime.strptime(day + (clock or ("000000" if is_of_days else "235959")), "%Y%m%d%H%M%S")  # noqa: DTZ007
        if is_of_days:
            return until.replace(hour=0, minute=0, second=0)
        return until.replace(tzinfo=UTC).astimezone(start.zone).replace(tzinfo=None) if said.endswith("Z") else until
    except (ValueError, OverflowError):  # no such day, or an end of time
        return None


def _text(at: datetime) -> str:
    return f"{at.year:04}{at:%m%dT%H%M%S}"


def least_before(at: datetime, *, is_day: bool) -> datetime:
    """Returns the last time before this one that a line can say."""
    return at - (timedelta(days=1) if is_day else timedelta(seconds=1))
