"""The series that an event stands for (RFC 5545, section 3.8.5): the lines that say when it happens again."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from icalendar import Event, vDDDTypes

from importers.sending.calendars.later_occurrences import LaterOccurrences
from importers.sending.calendars.properties import listed
from importers.sending.calendars.series_rule import SeriesRule
from importers.sending.calendars.times import IcsTime
from importers.sending.calendars.zones import FileZones

RECURRENCE_FIELDS = {"RRULE": "rrule", "RDATE": "rdate", "EXDATE": "exDate"}
RECURRENCE_LINES = (*RECURRENCE_FIELDS, "EXRULE")
ZONE = re.compile(r';TZID=("[^"]*"|[^;:]*)', re.IGNORECASE)
RANGE = re.compile(r";RANGE=[^;:]*", re.IGNORECASE)
LOCAL = re.compile(r"(?<!\d)\d{8}T\d{6}(?![\dZ])")


def recurrence_lines(event: Event) -> list[str]:
    """Returns the lines that say when an event happens again, unfolded, as the file has them."""
    return _lines(event, *RECURRENCE_LINES)


def with_changes(master: Event, changed: list[Event], time_of: Callable[[Any], IcsTime | None]) -> list[str]:
    """Returns the lines of a series without the occurrences that have an event of their own, or are called off: left in
    the series, they would be there, too. One that changes all later ones ends it. `changed`: those events; `time_of`
    tells when a property is."""
    lines, start = recurrence_lines(master), time_of(master.get("DTSTART"))
    ends = [begins for event in changed if changes_later(event) and (begins := time_of(event.get("RECURRENCE-ID")))]
    if ends:
        first = min(ends, key=lambda begins: begins.moment)
        ruled = [_ended(one, start, first) if one.startswith("RRULE") else one for one in lines]
        lines = [one for one in ruled if not one.startswith("RDATE")] + _dates_before(master, start, first, time_of)
        if start is not None and first.moment <= start.moment:
            lines += _excluded(master, "DTSTART")
    for event in changed:
        if not changes_later(event) or time_of(event.get("RECURRENCE-ID")) is None:
            lines += _excluded(event, "RECURRENCE-ID")
    return lines


def _excluded(event: Event, name: str) -> list[str]:
    return ["EXDATE" + RANGE.sub("", line).removeprefix(name) for line in _lines(event, name)]


def changes_later(event: Event) -> bool:
    """Whether an event stands for an occurrence of a series, and for all later ones."""
    return any(RANGE.search(line) for line in _lines(event, "RECURRENCE-ID"))


def rest_of_series(
    master: Event, event: Event, changed: list[Event], time_of: Callable[[Any], IcsTime | None]
) -> list[str] | None:
    """Returns the lines of what an event stands for that changes all later occurrences of `master`: none where it is
    the last one, None where lines can't say it. `changed`, `time_of`: as `with_changes` has them."""
    start, begins, moved = (
        time_of(one) for one in (master.get("DTSTART"), event.get("RECURRENCE-ID"), event.get("DTSTART"))
    )
    dates, excluded = ([time_of(one) for one in _each_date(master.get(name))] for name in ("RDATE", "EXDATE"))
    if start is None or begins is None or moved is None or None in dates or None in excluded:
        return None
    ids = [(changes_later(one), at) for one in changed if (at := time_of(one.get("RECURRENCE-ID"))) is not None]
    next_ones = [at for is_range, at in ids if is_range and at.moment > begins.moment]
    ends = min(next_ones, key=lambda at: at.moment, default=None)
    left_out = [*filter(None, excluded), *(at for is_range, at in ids if not is_range)]
    rules = _lines(master, "RRULE", "EXRULE")
    return LaterOccurrences(start, begins, moved, ends).lines(rules, filter(None, dates), left_out)


def _dates_before(
    master: Event, start: IcsTime | None, first: IcsTime, time_of: Callable[[Any], IcsTime | None]
) -> list[str]:
    """Returns the RDATEs of a series without those from its first change of all later occurrences on."""
    lines = []
    for dates in listed(master.get("RDATE")):
        head, _, said = str(master.content_line("RDATE", dates)).rpartition(":")
        times = [time_of(one) for one in _each_date(dates)]
        kept = [
            text
            for text, at in zip(said.split(","), times, strict=True)
            if at is None or start is None or at.clock_in(start) < first.clock_in(start)
        ]
        if kept:
            lines.append(f"{head}:{','.join(kept)}")
    return lines


def _each_date(found: Any) -> Iterator[Any]:
    """The dates of a property that may stand there several times, and has any number of them, as properties; of
    periods, their beginnings."""
    for dates in listed(found):
        for one in getattr(dates, "dts", []):
            date = vDDDTypes(one.dt[0]) if isinstance(one.dt, tuple) else one
            date.params.update(getattr(dates, "params", {}))
            yield date


def recurrence_rule(lines: list[str]) -> dict[str, Any] | None:
    """Returns the `recurrenceRule` of an item; None where there are no lines."""
    if not lines:
        return None
    rule: dict[str, Any] = {}
    for name, field in RECURRENCE_FIELDS.items():
        said = [line for line in lines if line.startswith(name)]
        rule[field] = "\n".join(said) or None
    return {**rule, "stringList": lines}


def understood(line: str, zones: FileZones, year: int) -> str:
    """Returns a line as the file has it; in UTC where only the file knows what the zone in it is. `year`: from which on
    it must mean the same elsewhere."""
    found = ZONE.search(line)
    if found is None:
        return line
    name = found[1].strip('"')
    zone = zones.named(name)
    if zone is None or zones.is_known_as(name, year):
        return line
    return line[: found.start()] + LOCAL.sub(lambda match: _in_utc(match[0], zone), line[found.end() :])


def _in_utc(text: str, zone: tzinfo) -> str:
    try:
        local = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
        return f"{local.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    except (ValueError, OverflowError):  # no such day, or an end of time
        return text


def _lines(event: Event, *names: str) -> list[str]:
    """Returns the lines of these properties, unfolded, as the file has them."""
    lines = []
    for name in names:
        for value in listed(event.get(name)):
            with suppress(OverflowError):  # a period that ends after the end of time
                lines.append(str(event.content_line(name, value)))
    return lines


def _ended(rule: str, start: IcsTime | None, begins: IcsTime) -> str:
    """Returns a rule of a series that ends before this occurrence, if it does not by itself."""
    read = SeriesRule.read(rule, start) if start is not None else None
    try:
        if read is not None and start is not None and read.ends_before(begins.clock_in(start)):
            return rule
        if isinstance(begins.wall, datetime):
            until = f"{begins.moment.astimezone(UTC) - timedelta(seconds=1):%Y%m%dT%H%M%SZ}"
        else:
            until = f"{begins.wall - timedelta(days=1):%Y%m%d}"
    except (ValueError, OverflowError):  # there is nothing before it
        return rule
    name, _, parts = rule.partition(":")
    kept = [part for part in parts.split(";") if not part.upper().startswith(("COUNT=", "UNTIL="))]
    return f"{name}:{';'.join([*kept, f'UNTIL={until}'])}"
