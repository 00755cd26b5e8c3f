"""What a property of an event or a to-do says (RFC 5545, section 3.8), as the parser hands it over."""

import re
from datetime import timedelta
from typing import Any

from icalendar import Component

# Of a duration with hours: the parser makes days of every 24 of them, which are others when clocks are set.
HOURS = re.compile(r"^(DURATION)((?:;[^:\r\n]*)?:\s*[+-]?P(?:(\d{1,6})D)?T)", re.IGNORECASE | re.MULTILINE)
DAYS = "X-WHARF-DAYS"


def with_days_said(text: str) -> str:
    """Returns the text of a file in which a parameter says of each duration with hours how many days stand in it."""
    return HOURS.sub(lambda match: f"{match[1]};{DAYS}={match[3] or 0}{match[2]}", text)


def duration_of(event: Component) -> tuple[timedelta, timedelta] | None:
    """Returns how long an event takes: days on the calendar, and hours that pass (RFC 5545, section 3.3.6); None where
    it does not say it. The event is of a file `with_days_said`."""
    found = event.get("DURATION")
    length = value_of(found)
    if not isinstance(length, timedelta):
        return None
    said = getattr(listed(found)[0], "params", {}).get(DAYS)
    days = timedelta(days=length.days if said is None else int(said) * (-1 if length < timedelta() else 1))
    return days, length - days


def listed(value: Any) -> list[Any]:
    """Returns each of a property that stands there never, once or often."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def value_of(found: Any) -> Any:
    """Returns the date, time or duration of a property, the first where there are several; None where it is none."""
    try:
        return listed(found)[0].dt
    except (IndexError, AttributeError, ValueError):
        return None


def text_of(event: Component, name: str) -> str | None:
    """Returns the text of a property, the first where there are several; None where there is none."""
    value = event.get(name)
    return None if value is None else str(listed(value)[0])


def zone_name_of(found: Any) -> str:
    """Returns what a property calls the zone of its time; empty where it says none."""
    return str(getattr(listed(found)[0], "params", {}).get("TZID", "")) if found is not None else ""
