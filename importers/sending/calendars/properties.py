"""What a property of an event says (RFC 5545, section 3.8), as the parser hands it over."""

from typing import Any

from icalendar import Event


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


def text_of(event: Event, name: str) -> str | None:
    """Returns the text of a property, the first where there are several; None where there is none."""
    value = event.get(name)
    return None if value is None else str(listed(value)[0])


def zone_name_of(found: Any) -> str:
    """Returns what a property calls the zone of its time; empty where it says none."""
    return str(getattr(listed(found)[0], "params", {}).get("TZID", "")) if found is not None else ""
