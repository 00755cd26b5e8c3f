"""Expands what it is asked for, a line of JSON for each series, until its socket ends."""

import json
import os
import signal
import socket
import sys
from typing import Any

from importers.drawing import bounds
from importers.verticals.calendar.expansion.series import Series

BUSY = 4  # times as long as a series may take, after which this ends: a library may hold on to it meanwhile


class TookTooLongError(Exception):
    """A series has taken all the time that it has."""


def main() -> None:
    memory, seconds = int(sys.argv[1]), float(sys.argv[2])
    bounds.bind(memory)
    signal.signal(signal.SIGVTALRM, _stop)
    line = socket.socket(fileno=os.dup(0))
    with line, line.makefile("rwb") as file:
        for asked in file:
            bounds.die_after(BUSY * seconds)
            answer = _expanded(json.loads(asked), seconds)
            bounds.die_after(0)
            file.write(json.dumps(answer).encode() + b"\n")
            file.flush()


def _expanded(asked: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Returns the moments of each year that was asked for, in seconds since the epoch, up to one more than `most` of
    them. Years that it did not come to are not among them."""
    years: dict[str, list[int]] = {}
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        series = Series.read(asked)
        for year in asked["years"]:
            years[str(year)] = series.moments(year, asked["most"] + 1)
    except (TookTooLongError, MemoryError):
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return {"years": years}


def _stop(*_: Any) -> None:
    raise TookTooLongError


if __name__ == "__main__":
    main()
