"""When a series takes place in a year (RFC 5545, section 3.8.5.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from heapq import merge
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Frequencies whose steps are all alike, so that a rule may begin at any of them.
STEPS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": DAY,
    "WEEKLY": timedelta(weeks=1),
}


@dataclass(frozen=True)
class Series:
    """`start`: what the clock of its zone shows at its first occurrence. Rules count by that clock, and an hour that it
    leaves out is read by the offset before (section 3.3.5). `first`: that occurrence, which counts whatever the rules
    say; `dates` and `excluded`: others, all of them in UTC."""

    start: datetime
    zone: tzinfo
    rules: list[str]
    exrules: list[str]
    first: datetime
    dates: list[datetime]
    excluded: frozenset[datetime]

    @classmethod
    def read(cls, asked: dict[str, Any]) -> "Series":
        """Reads what the worker has taken apart."""
        return cls(
            datetime.fromisoformat(asked["start"]),
            timezone(timedelta(seconds=asked["offset"])) if asked["zone"] is None else ZoneInfo(asked["zone"]),
            asked["rules"],
            asked["exrules"],
            _moment(asked["first"]),
            sorted(map(_moment, asked["dates"])),
            frozenset(map(_moment, asked["excluded"])),
        )

    def moments(self, year: int, most: int) -> list[int]:
        """Returns the first `most` of those that begin in this year of UTC, in seconds since the epoch."""
        begins, ends = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        excluded = self.excluded | {one for rule in self.exrules for one in self._of_rule(rule, begins, ends)}
        found: set[datetime] = set()
        each = (self._of_rule(rule, begins, ends) for rule in self.rules)
        for moment in merge(*each, [self.first], self.dates):
            if begins <= moment < ends and moment not in excluded:
                found.add(moment)
                if len(found) >= most:
                    break
        return [int((moment - EPOCH).total_seconds()) for moment in sorted(found)]

    def _of_rule(self, text: str, begins: datetime, ends: datetime) -> Iterator[datetime]:
        """Yields what a rule has between these moments, and maybe some that are near."""
        here, there = (moment.replace(tzinfo=None) for moment in (begins - DAY, ends + DAY))  # whatever the zone
        try:
            bounded, start = self._bounded(text, here, there)
            for local in takewhile(lambda one: one <= there, rrulestr(bounded, dtstart=start)):
                if local >= here:
                    yield local.replace(tzinfo=self.zone).astimezone(UTC)
        except (ValueError, OverflowError):  # a rule that never comes true, or the end of time
            return

    def _bounded(self, text: str, here: datetime, there: datetime) -> tuple[str, datetime]:
        """Returns a rule that ends, and begins not long before it is looked at: a minute's steps of many years take a
        library as many seconds. Of one that counts its occurrences every step must be taken."""
        parts = dict(part.split("=", 1) for part in text.split(";"))
        start = self.start
        if "COUNT" in parts:
            parts.pop("UNTIL", None)
        else:
            if parts["FREQ"] in STEPS:
                start += self._skipped(STEPS[parts["FREQ"]], int(parts.get("INTERVAL", "1")), here)
            until = min(there, self._until(parts["UNTIL"])) if "UNTIL" in parts else there
            parts["UNTIL"] = f"{until.year:04}{until:%m%dT%H%M%S}"
        return ";".join(f"{name}={setting}" for name, setting in parts.items()), start

    def _skipped(self, step: timedelta, interval: int, here: datetime) -> timedelta:
        try:
            whole = step * interval
        except OverflowError:  # it never comes again
            return timedelta(0)
        return max(0, (here - self.start) // whole - 1) * whole

    def _until(self, text: str) -> datetime:
        """What the clock shows when a rule ends; a date is one of a series of days."""
        if "T" not in text:
            return datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 (of a clock)
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.astimezone(self.zone).replace(tzinfo=None)


def _moment(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)
