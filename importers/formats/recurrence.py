"""Rules of recurrence (RFC 5545, section 3.8.5) as lines, of which a column holds any number."""

import re
from typing import Any

RECURRENCE = re.compile(r"(?:RRULE|RDATE|EXDATE|EXRULE)[:;][\x20-\x7e]+")
FIELDS = (("rrule", "RRULE"), ("rdate", "RDATE"), ("exDate", "EXDATE"))


def written_lines(column: str) -> list[str]:
    """Returns those lines of a column that an iCalendar file can have."""
    return [line for line in column.splitlines() if RECURRENCE.fullmatch(line)]


def lines_of(rule: dict[str, Any]) -> list[str]:
    """Returns the lines of an item's rule, an object with any of `rrule`, `rdate`, `exDate` and `stringList`.

    They stand whole in `stringList`; the other fields hold the same as lines, as their values, or taken apart.
    """
    lines = rule.get("stringList")
    if isinstance(lines, list) and lines:
        return [line for line in lines if isinstance(line, str)]
    return [line for field, name in FIELDS if (line := _line(name, rule.get(field)))]


def _line(name: str, value: Any) -> str:
    match value:
        case str() if value:
            return value if value.upper().startswith(name) else f"{name}:{value}"
        case list():
            return f"{name}:{','.join(day for day in value if isinstance(day, str))}"
        case dict():
            parts = (f"{part.upper()}={setting}" for part, setting in value.items() if isinstance(setting, str | int))
            return f"{name}:{';'.join(parts)}"
    return ""
