"""The rule of recurrence of an item as lines (RFC 5545, section 3.8.5), whole or taken apart, as exporters have it."""

import re
from collections.abc import Iterator
from typing import Any

from importers.formats.local_time import said_time, said_zone
from importers.formats.recurrence_values import VALUE, LineValue, in_utc, written_day

FIELDS = (("rrule", "RRULE"), ("rdate", "RDATE"), ("exDate", "EXDATE"))
NAMED = re.compile(r"\s*(?:RRULE|EXRULE|RDATE|EXDATE|RECURRENCE-ID|DTSTART)\s*[;:]", re.IGNORECASE)
RULE = re.compile(r"(?:.*;)?\s*FREQ\s*=", re.IGNORECASE)
FOLD = re.compile(r"\r?\n[ \t]")
COUNT = re.compile(r"-?\d{1,8}")  # no time since the epoch that somebody has an appointment at
LEVELS = 4  # of nesting that are looked at
ORDINALS = ("nthOfPeriod", "offset")  # of a weekday in its month or year (RFC 8984, section 4.3.3)


def lines_of(rule: dict[str, Any]) -> list[str]:
    """Returns the lines of an item's rule, an object with any of `rrule`, `rdate`, `exDate` and `stringList`.

    They stand whole in `stringList`; the other fields hold the same as lines, as their values, or taken apart.
    """
    said = rule.get("stringList")
    if isinstance(said, list | str) and said:
        return [_line(line) for line in _texts(said)]
    return [line for field, name in FIELDS for line in _lines(name, rule.get(field))]


def _texts(said: list[Any] | str) -> Iterator[str]:
    """Each line of these texts, unfolded (section 3.1)."""
    for text in [said] if isinstance(said, str) else said:
        if isinstance(text, str):
            yield from filter(str.strip, FOLD.sub("", text).splitlines())


def _line(text: str, name: str = "") -> str:
    """A line with its name: where it says none, that of the field, or of what it looks like."""
    if NAMED.match(text):
        return text
    name = name or ("RRULE" if RULE.match(text) else "")
    return f"{name}:{text}" if name else text


def _lines(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from (_line(line, name) for line in _texts(value))
    elif name != "RRULE":
        found = list(_days(value))
        yield from (one for one in found if NAMED.match(one))
        if days := [one for one in found if not NAMED.match(one)]:
            yield f"{name}:{','.join(days)}"
    elif isinstance(value, list):
        for one in value:
            yield from _lines(name, one) if not isinstance(one, list) else ()
    elif isinstance(value, dict) and (parts := _parts(value)):
        yield f"{name}:{parts}"


# Dates


def _days(value: Any, zone: str | None = None, levels: int = LEVELS) -> Iterator[str]:
    """The lines, dates and times in an object or a list of them. `zone`: that they are in where they say none."""
    if isinstance(value, dict):
        zone = found if (found := said_zone(value)) is not None else zone
        if "dateTime" in value:
            yield from filter(None, [_day(value["dateTime"], zone, whole_day=value.get("dateOnly") is True)])
        elif levels:
            for one in value.values():
                yield from _days(one, zone, levels - 1)
    elif isinstance(value, list) and levels:
        for one in value:
            yield from _days(one, zone, levels - 1)
    elif isinstance(value, str) and NAMED.match(value):
        yield from _texts(value)
    elif isinstance(value, str):
        for text in value.split(","):
            yield from filter(None, [_day(text.strip(), zone)])
    else:
        yield from filter(None, [_day(value, zone)])


def _day(value: Any, zone: str | None = None, *, whole_day: bool = False) -> str:
    """A date or time as it stands there, if it can stand so in a line; else in UTC. Empty where it is none."""
    text = "" if isinstance(value, bool) or not isinstance(value, str | int) else str(value)
    begins, _, length = text.partition("/")  # of a period
    if not VALUE.fullmatch(begins.strip()):
        begins, length = text, ""
    read = LineValue.read(begins.strip()) if length or VALUE.fullmatch(text.strip()) else None
    if read is not None:
        if whole_day and (read.clock is None or not (read.clock.hour or read.clock.minute)):
            return written_day(read.day)
        if read.clock is None or read.offset is not None or zone is None:
            return text
    said = None if COUNT.fullmatch(text) else said_time(begins.strip() if text else value, zone)
    if said is None:
        return ""
    return (written_day(said.moment) if said.is_day else in_utc(said.moment)) + (f"/{length}" if length else "")


# Rules


def _parts(rule: dict[str, Any]) -> str:
    """A rule that was taken apart; empty where a part of it can't be written, since the rest would be another rule."""
    parts = []
    for name, setting in rule.items():
        if name[:1] == "@" or setting is None or setting in ("", []):
            continue
        text = _until(setting) if name.upper() == "UNTIL" else _setting(setting)
        if not text:
            return ""
        parts.append(f"{name.upper()}={text}")
    return ";".join(parts)


def _until(setting: Any) -> str:
    found = list(_days(setting))
    return found[0] if len(found) == 1 else ""


def _setting(setting: Any) -> str:
    values = [_value(one) for one in (setting if isinstance(setting, list) else [setting])]
    return ",".join(values) if all(values) else ""


def _value(value: Any) -> str:
    match value:
        case bool():
            return ""
        case str() | int():
            return str(value).strip()
        case float() if value.is_integer():
            return str(int(value))
        case dict():
            return _weekday({name: one for name, one in value.items() if name[:1] != "@" and one is not None})
    return ""


def _weekday(said: dict[str, Any]) -> str:
    day = said.pop("day", None)
    ordinal = next((said.pop(name) for name in ORDINALS if name in said), 0)
    if said or not isinstance(day, str) or not isinstance(ordinal, int):
        return ""
    return f"{ordinal or ''}{day}"
