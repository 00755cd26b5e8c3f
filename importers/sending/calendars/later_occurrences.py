"""What becomes of a series from an occurrence on that changes all later ones, too (RFC 5545, section 3.2.13)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile

from dateutil.rrule import rrulestr

from importers.sending.calendars.times import IcsTime

MOST_COUNTED = 10_000  # occurrences before the change
REPEATS_BY_DAYS = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OF_HOURS = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
OF_DAYS = frozenset({"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS"})
IN_EVERY_MONTH = 28  # the last day
UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?")


@dataclass(frozen=True)
class LaterOccurrences:
    """Where a series goes on changed. `start`: of the whole series; `begins`: the occurrence as it was, `moved`: as it
    is; `ends`: the next one from which on it is changed again, as it was."""

    start: IcsTime
    begins: IcsTime
    moved: IcsTime
    ends: IcsTime | None = None

    def lines(self, rule: str, left_out: Iterable[IcsTime]) -> list[str]:
        """Returns the lines of the rest of a series, which begins at `moved`; none where no lines say what takes place.
        `rule`: the RRULE of the whole; `left_out`: which occurrences have an event of their own, or none."""
        is_said = [isinstance(at.wall, datetime) for at in (self.start, self.begins, self.moved)]
        if len(set(is_said)) > 1:
            return []
        parts = dict(part.split("=", 1) for part in rule.partition(":")[2].upper().split(";") if "=" in part)
        try:
            end = self._end(parts)
            days = self._days(parts)
            if end is None or days is None:
                return []
            kept = {name: said for name, said in parts.items() if name not in ("COUNT", "UNTIL", "BYDAY")}
            said = ";".join(f"{name}={setting}" for name, setting in (kept | days | end).items())
            return [f"RRULE:{said}", *(self._left_out(one) for one in left_out if self._is_later(one))]
        except (ValueError, OverflowError):  # a rule that is none, and the ends of time
            return []

    @property
    def _is_of_days(self) -> bool:
        return not isinstance(self.start.wall, datetime)

    @property
    def _shift(self) -> timedelta:
        """By how much the clock shows another time at what is changed."""
        return _clock(self.moved.wall) - self._here(self.begins)

    def _here(self, at: IcsTime) -> datetime:
        """What a clock shows then where the series is."""
        if not isinstance(at.wall, datetime):
            return _clock(at.wall)
        return at.moment.astimezone(self.start.zone).replace(tzinfo=None)

    def _days(self, parts: dict[str, str]) -> dict[str, str] | None:
        """The part of a rule that says on which weekdays it is now; None where it can't say on which days or hours."""
        days = _clock(self.moved.wall).date() - self._here(self.begins).date()
        if parts.get("FREQ") not in REPEATS_BY_DAYS or (self._shift != days and not OF_HOURS.isdisjoint(parts)):
            return None
        by_day = {"BYDAY": parts["BYDAY"]} if "BYDAY" in parts else {}
        if not days:
            return by_day
        if OF_DAYS.isdisjoint(parts):
            in_months = parts["FREQ"] in ("MONTHLY", "YEARLY")
            latest = max(self._here(self.begins).day, _clock(self.moved.wall).day)
            return None if in_months and latest > IN_EVERY_MONTH else {}
        named = parts.get("BYDAY", "").split(",")
        every_week = parts.get("INTERVAL", "1") == "1" or len(named) == 1
        if parts["FREQ"] != "WEEKLY" or not every_week or OF_DAYS.intersection(parts) != {"BYDAY"}:
            return None
        return {"BYDAY": ",".join(WEEKDAYS[(WEEKDAYS.index(one) + days.days) % 7] for one in named)}

    def _end(self, parts: dict[str, str]) -> dict[str, str] | None:
        """The part that ends the rest; nothing where it has no end, None where there is no rest."""
        if self.ends is not None:
            least = timedelta(days=1) if self._is_of_days else timedelta(seconds=1)
            return {"UNTIL": self._moved(self._here(self.ends) - least)}
        if "COUNT" in parts:
            before = self._counted_before(parts)
            left = 0 if before is None else int(parts["COUNT"]) - before
            return {"COUNT": str(left)} if left > 0 else None
        match = UNTIL.fullmatch(parts.get("UNTIL", ""))
        if match is None:
            return None if "UNTIL" in parts else {}
        day, clock, zulu = match.groups()
        until = datetime.strptime(day + (clock or ("000000" if self._is_of_days else "235959")), "%Y%m%d%H%M%S")  # noqa: DTZ007
        if zulu and not self._is_of_days:
            until = until.replace(tzinfo=UTC).astimezone(self.start.zone).replace(tzinfo=None)
        return {"UNTIL": self._moved(until)}

    def _counted_before(self, parts: dict[str, str]) -> int | None:
        """How many occurrences there were before the change; None where it changes none."""
        if parts.get("FREQ") not in REPEATS_BY_DAYS:
            return None
        rule = ";".join(f"{name}={said}" for name, said in parts.items() if name not in ("COUNT", "UNTIL"))
        begins = self._here(self.begins)
        every = iter(rrulestr(rule, dtstart=_clock(self.start.wall)))
        before = sum(1 for _ in takewhile(lambda at: at < begins, islice(every, MOST_COUNTED)))
        return before if before < MOST_COUNTED else None

    def _is_later(self, at: IcsTime) -> bool:
        here = self._here(at)
        return here >= self._here(self.begins) and (self.ends is None or here < self._here(self.ends))

    def _left_out(self, at: IcsTime) -> str:
        return f"EXDATE{';VALUE=DATE' if self._is_of_days else ''}:{self._moved(self._here(at))}"

    def _moved(self, here: datetime) -> str:
        """What was at this time, as a value of a line: it is moved by as much as the occurrence."""
        there = here + self._shift
        if self._is_of_days:
            return f"{there.year:04}{there:%m%d}"
        moment = there.replace(tzinfo=self.moved.zone).astimezone(UTC)
        return f"{moment.year:04}{moment:%m%dT%H%M%SZ}"


def _clock(wall: date) -> datetime:
    """A time without its zone; midnight of a date."""
    return wall.replace(tzinfo=None) if isinstance(wall, datetime) else datetime.combine(wall, time())
