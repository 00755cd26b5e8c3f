"""The child that finds out when series take place (see `expansion`): it lives while there is something to expand, and
may die of it."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from importers.child import ChildProgram
from importers.formats.local_time import LocalTime
from importers.formats.recurrence_set import RecurrenceSet
from importers.formats.zones import zone_of

PROGRAM = "importers.verticals.calendar.expansion"
MOST_IN_A_YEAR = 1_000  # occurrences of a series
MEMORY = 256 * 1024 * 1024  # bytes of address space of the child
SECONDS = 2  # of its processor, for one series
PATIENCE = 40  # seconds after which a child is ended that should have ended itself
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes


class ExpanderDied(Exception):
    """The child has ended over a series, or was ended since it took too long, or said what makes no sense."""


@dataclass(frozen=True)
class ExpandedYear:
    """When a series begins in a year, in UTC. `is_cut`: it does so more often, or it took too long to find out."""

    moments: list[datetime]
    is_cut: bool


class Expander(ChildProgram):
    """The child that expands."""

    def program(self) -> list[str]:
        return [PROGRAM, str(MEMORY), str(SECONDS)]

    def expand(self, start: LocalTime, lines: RecurrenceSet, years: list[int]) -> dict[int, ExpandedYear]:
        """Returns when a series that begins at `start` takes place in each of these years; those that come first in
        the list are looked at first. Raises `ExpanderDied`: another child expands the next one then."""
        zone = zone_of(start.zone if not start.is_day else "")
        fixed = zone.utcoffset(None) if isinstance(zone, timezone) else None
        asked = {
            "start": start.wall.replace(microsecond=0).isoformat(),
            "zone": None if fixed is not None else start.zone,
            "offset": int(fixed.total_seconds()) if fixed is not None else 0,
            "rules": lines.rules,
            "exrules": lines.exrules,
            "first": _seconds(start.moment),
            "dates": sorted({_seconds(moment) for moment in lines.dates}),
            "excluded": sorted({_seconds(moment) for moment in lines.excluded}),
            "years": years,
            "most": MOST_IN_A_YEAR,
        }
        try:
            answer = self._asked(json.dumps(asked).encode() + b"\n")
            found = {int(year): [datetime.fromtimestamp(one, UTC) for one in each] for year, each in answer.items()}
        except (OSError, ValueError, KeyError, TypeError, OverflowError, EOFError) as error:
            raise ExpanderDied(f"{type(error).__name__}: {error} (it ended with {self.end()})") from error
        return {
            year: ExpandedYear(found[year][:MOST_IN_A_YEAR], len(found[year]) > MOST_IN_A_YEAR)
            if year in found
            else ExpandedYear([], is_cut=True)
            for year in years
        }

    def _asked(self, line: bytes) -> Any:
        until = time.monotonic() + PATIENCE
        connection = self.line()
        connection.settimeout(PATIENCE)
        connection.sendall(line)
        held = bytearray()
        while not held.endswith(b"\n"):
            connection.settimeout(max(0.001, until - time.monotonic()))
            chunk = connection.recv(256 * 1024)
            if not chunk:
                raise EOFError
            held += chunk
            if len(held) > LONGEST_ANSWER:
                raise ValueError("a line without an end")
        return json.loads(held)["years"]


def _seconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
