"""How iCalendar files are read, as far as the person may say."""

from dataclasses import dataclass
from datetime import UTC, tzinfo


@dataclass(frozen=True)
class CalendarReading:
    """How files are read. `zone`: of times for which neither they nor their file say one, and whether the person has
    said it. `charset`: of files that are not UTF-8, where the person knows it."""

    zone: tzinfo = UTC
    is_said: bool = False
    charset: str = ""
