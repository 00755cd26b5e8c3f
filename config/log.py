"""What must not stand in a log line, how often the same line may stand there, and how a person reads it."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from pythonjsonlogger.core import RESERVED_ATTRS

MINUTE = 60.0  # seconds
MOST_LINES = 1000  # different ones that are remembered


class WithoutAddress(logging.Filter):
    """Takes the address out of what Django logs of a failed request: its path or query may carry a secret.

    The request log has the route, under the same request id.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.request"):
            record.msg, record.args = "a request failed", ()
        if hasattr(record, "request"):
            del record.request
        return True


Raised = tuple[str, str, int]  # of an exception: its kind, and the file and the line that raised it; empty without one


class AtMostSoOften(logging.Filter):
    """Lets the same warning or error pass so many times a minute; the next one that passes says how many did not. Where
    a line tells of an exception, it is the same if that one came from the same place. `clock`: returns seconds.

    What strangers can cause again and again must not fill the disk. The request log has a line for each request.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.per_minute = per_minute
        self._clock = clock
        # When each began, how often it passed, and how often it was left out.
        self._lines: OrderedDict[tuple[str, int, str, Raised], list[float]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        key = (record.name, record.levelno, record.getMessage()[:200], _raised(record))
        now = self._clock()
        line = self._lines.pop(key, None)
        if line is None or now - line[0] > MINUTE:
            left_out = int(line[2]) if line else 0
            if left_out:
                record.msg, record.args = f"{record.getMessage()} (and {left_out} times before)", ()
            line = [now, 0, 0]
        self._lines[key] = line
        if len(self._lines) > MOST_LINES:
            self._lines.popitem(last=False)
        passes = line[1] < self.per_minute
        line[1 if passes else 2] += 1
        return passes


def _raised(record: logging.LogRecord) -> Raised:
    kind, _, at = record.exc_info or (None, None, None)
    if kind is None or at is None:
        return "", "", 0
    while at.tb_next:
        at = at.tb_next
    return kind.__name__, at.tb_frame.f_code.co_filename, at.tb_lineno


class TextLine(logging.Formatter):
    """A line for somebody at a terminal: how bad it is, what happened, and in brackets what else is known of it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        known = {name: value for name, value in vars(record).items() if name not in {*RESERVED_ATTRS, "correlation_id"}}
        brackets = f" ({', '.join(f'{name}: {value}' for name, value in known.items())})" if known else ""
        return f"{record.levelname.capitalize()}: {record.message}{brackets}"
