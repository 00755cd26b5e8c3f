"""What all iCalendar files have in common (RFC 5545), whatever components stand in them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from importers.formats.content_lines import escaped, folded

PRODUCT = "-//Wharf//Export//EN"


def calendar(name: str, components: Iterable[list[str]]) -> Iterator[bytes]:
    """Yields a whole file (section 3.4), one component after the other: there may be any number of them.

    A component is its lines, neither folded nor encoded.
    """
    yield folded(["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", f"X-WR-CALNAME:{escaped(name)}"])
    for lines in components:
        yield folded(lines)
    yield folded(["END:VCALENDAR"])


def moment(value: datetime) -> str:
    """Returns form 2 of section 3.3.5: in UTC. Always as long, so that a later one is greater."""
    value = value.astimezone(UTC)
    return f"{value.year:04}{value:%m%dT%H%M%SZ}"


def date(value: datetime) -> str:
    """Returns the day as section 3.3.4 has it."""
    return f"{value.year:04}{value:%m%d}"


def texts(*properties: tuple[str, str]) -> list[str]:
    """Returns a line for each property that has a value (section 3.3.11)."""
    return [f"{name}:{escaped(value)}" for name, value in properties if value]
