"""The child that finds out when series take place (see `expansion`): it lives while there is something to expand, and
may die of it."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import TracebackType
from typing import Any, Self

from django.conf import settings

from importers.formats.local_time import LocalTime
from importers.formats.recurrence_set import RecurrenceSet
from importers.formats.zones import zone_of

PROGRAM = "importers.verticals.calendar.expansion"
MOST_IN_A_YEAR = 1_000  # occurrences of a series
MEMORY = 256 * 1024 * 1024  # bytes of address space of the child
SECONDS = 2  # of its processor, for one series
PATIENCE = 40  # seconds after which a child is ended that should have ended itself
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes
# What a child knows of its surroundings: nothing that it has no use for, no secret among it.
SURROUNDINGS = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class ExpanderDied(Exception):
    """The child has ended over a series, or was ended since it took too long, or said what makes no sense."""


@dataclass(frozen=True)
class ExpandedYear:
    """When a series begins in a year, in UTC. `is_cut`: it does so more often, or it took too long to find out."""

    moments: list[datetime]
    is_cut: bool


class Expander:
    """The child, for the time of a `with` block: started when it is first needed, and again after it has died."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

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
            raise ExpanderDied(f"{type(error).__name__}: {error} (it ended with {self._end()})") from error
        return {
            year: ExpandedYear(found[year][:MOST_IN_A_YEAR], len(found[year]) > MOST_IN_A_YEAR)
            if year in found
            else ExpandedYear([], is_cut=True)
            for year in years
        }

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def _asked(self, line: bytes) -> Any:
        until = time.monotonic() + PATIENCE
        connection = self._started()
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

    def _started(self) -> socket.socket:
        if self._line is None:
            self._line, theirs = socket.socketpair()
            with theirs:
                self._child = subprocess.Popen(  # noqa: S603  (a program of ours)
                    [sys.executable, "-m", PROGRAM, str(MEMORY), str(SECONDS)],
                    cwd=settings.BASE_DIR,
                    env=SURROUNDINGS,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
        return self._line

    def _end(self) -> int | None:
        """Ends the child, if there is one. Returns its exit code, negative for a signal."""
        child, line, self._child, self._line = self._child, self._line, None, None
        if line is not None:
            line.close()
        if child is None:
            return None
        child.kill()
        return child.wait()


def _seconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
