"""Rules of recurrence (RFC 5545, section 3.8.5) as lines, of which a column holds any number.

Items bring them in whatever zones and spellings their exporters have. An iCalendar file has them all in the zone of the
series, so that they mean the same occurrences wherever it is read. Nothing here makes occurrences.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from importers.formats.local_time import LocalTime, is_told_by_clock, wall
from importers.formats.recurrence_rules import rule_parts
from importers.formats.recurrence_values import LineValue, in_utc, written_day, written_time
from importers.formats.skipped_days import parts_without_skip
from importers.formats.zones import offset_key, zone_named, zone_of

RULES, DATES, NAMED = frozenset({"RRULE", "EXRULE"}), frozenset({"RDATE", "EXDATE"}), "RECURRENCE-ID"

FARTHEST_AHEAD = timedelta(hours=14)  # of UTC, that a clock has been
LONGEST_PARAMETERS = 1_000  # characters of a line before its values
LONGEST_VALUE = 64
LONGEST_REMEMBERED = 200  # characters of a rule whose parts are remembered
LINES_LOOKED_AT = 1_000  # for the zone of a series
SET_BY_UP_TO = timedelta(hours=2)  # clocks, when they are set
NAME = re.compile(r"\s*(RRULE|EXRULE|RDATE|EXDATE|RECURRENCE-ID|DTSTART)\s*(?=[;:])", re.IGNORECASE)
ZONE = re.compile(r';\s*TZID\s*=\s*(?:"([^"]*)"|([^;:]*))', re.IGNORECASE)
RANGE = re.compile(r";\s*RANGE\s*=\s*THISANDFUTURE\b", re.IGNORECASE)
DURATION = re.compile(r"[+]?P(?:\d+W|(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)", re.IGNORECASE | re.ASCII)

OF_DAY = frozenset({"BYSECOND", "BYMINUTE", "BYHOUR"})  # parts that say when within a day
WITHIN_DAY = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})


# What items say of a zone


def zone_said_in(column: str) -> str | None:
    """Returns the key of the first zone that lines name in a way that is known; None where none does."""
    for line in column.splitlines()[:LINES_LOOKED_AT]:
        if NAME.match(line) and (named := _zone_in(line)) is not None:
            return named
    return None


def offset_said_in(column: str, moment: datetime) -> str | None:
    """Returns the key of the offset that a zone must have which nobody knows by its name: an occurrence that a line
    leaves out is at the hour of the first one, which was at `moment`. None where no line says one."""
    for line in column.splitlines()[:LINES_LOOKED_AT]:
        match = NAME.match(line)
        if match is None or match[1].upper() != "EXDATE" or not ZONE.search(line):
            continue
        for value, _ in _split(line[match.end() :][: LONGEST_PARAMETERS + LONGEST_VALUE])[1][:1]:
            if (offset := _offset_by(value, moment)) is not None:
                return offset
    return None


def _offset_by(value: LineValue, moment: datetime) -> str | None:
    """Returns the key of the offset at which this value is at the same hour as a moment; None where there is none."""
    if value.clock is None or value.offset is not None:
        return None
    first = moment.astimezone(UTC)
    passed = datetime.combine(first.date(), value.clock, UTC) - first.replace(microsecond=0)
    ahead = passed % timedelta(days=1)
    if ahead % timedelta(minutes=15):
        return None
    return offset_key(ahead if ahead <= FARTHEST_AHEAD else ahead - timedelta(days=1))


def _zone_in(parameters: str) -> str | None:
    found = ZONE.search(parameters)
    return zone_named(found[1] or found[2] or "") if found else None


# What a file says


def written_lines(column: str, start: LocalTime) -> list[str]:
    """Returns those lines of a column that an iCalendar file can have, for an event that begins at `start`."""
    if not column:
        return []
    found = [(match[1].upper(), line[match.end() :]) for line in column.splitlines() if (match := NAME.match(line))]
    rules = [line for name, rest in found if name in RULES and (line := _rule(name, rest, start))]
    if len(rules) == len(found):
        return rules
    repeats = any(name in ("RRULE", "RDATE") for name, _ in found)
    at_one_hour = not any("BYHOUR=" in rule or _is_within_day(rule) for rule in rules)
    dates: list[str] = []
    for name, rest in found:
        if name in DATES or (name == NAMED and not repeats):
            dates += _dates(name, rest, start, at_one_hour=at_one_hour)
    return [*rules, *dates]


def start_lines(start: LocalTime, lines: list[str]) -> list[str]:
    """Returns the lines of a start whose event has these `written_lines`, and those that it needs besides them.

    An hour that the clock shows twice means the first in a line (section 3.3.5). Where the second is meant, it is in
    UTC. A series keeps its zone, which counts more than one hour of it: its first occurrence is put right by itself.
    """
    if start.is_day:
        return [f"DTSTART;VALUE=DATE:{written_day(start.moment)}"]
    if is_told_by_clock(start.moment, start.zone):
        return [_start(start, start.zone)]
    rules = [line for line in lines if line.startswith("RRULE")]
    if not start.zone or not rules or any(map(_is_within_day, rules)):
        return [_start(start, "")]
    zoned, text = written_time(start.moment, start.zone)
    return [f"DTSTART{zoned}:{text}", f"EXDATE{zoned}:{text}", f"RDATE:{in_utc(start.moment)}"]


def _start(start: LocalTime, zone: str) -> str:
    zoned, text = written_time(start.moment, zone)
    return f"DTSTART{zoned}:{text}"


def _is_within_day(rule: str) -> bool:
    return any(f"FREQ={frequency}" in rule for frequency in WITHIN_DAY)


def _rule(name: str, rest: str, start: LocalTime) -> str:
    """Returns the line of a rule; empty where it is none that can be understood, since half of it would be another."""
    text = rest[rest.index(":") + 1 :]
    if "SKIP" in text.upper():
        parts = parts_without_skip(text, start.wall.date())
    else:
        parts = _known_parts(text) if len(text) <= LONGEST_REMEMBERED else rule_parts(text)
    if parts is None or (start.is_day and parts["FREQ"] in WITHIN_DAY):
        return ""
    if start.is_day:
        parts = {key: setting for key, setting in parts.items() if key not in OF_DAY}
    if "UNTIL" in parts:
        if (until := LineValue.read(parts["UNTIL"])) is None:
            return ""
        parts = {key: setting for key, setting in parts.items() if key != "UNTIL"} | _until(until, start)
    return f"{name}:{';'.join(f'{key}={setting}' for key, setting in parts.items())}"


_known_parts = lru_cache(1_000)(rule_parts)  # most series have one of a few rules


def _until(until: LineValue, start: LocalTime) -> dict[str, str]:
    """Returns the part that ends a rule: a date in a series of days, else in UTC, as section 3.3.10 wants it; where
    only a date stands, the whole of that day belongs to the series. Nothing where the end lies beyond the end of
    time."""
    if start.is_day:
        return {"UNTIL": written_day(until.day_of(start))}
    moment = until.moment(start, None, time(23, 59, 59))
    return {"UNTIL": in_utc(moment)} if moment else {}


def _dates(name: str, rest: str, start: LocalTime, *, at_one_hour: bool) -> Iterator[str]:
    """Yields the lines of dates, each in the form of the start. `at_one_hour`: all occurrences are at the hour of the
    first one."""
    parameters, values = _split(rest)
    zone = _zone_in(parameters)
    is_unknown = zone is None and ZONE.search(parameters) is not None
    snaps = at_one_hour and is_unknown and name == "EXDATE" and not start.is_day and bool(values)
    if snaps and values[0][0].clock != start.wall.time().replace(microsecond=0):
        zone = _offset_by(values[0][0], start.moment)
    more = ";RANGE=THISANDFUTURE" if name == NAMED and RANGE.search(parameters) else ""
    time_of_days = start.wall.time()
    days: list[str] = []
    moments: list[datetime] = []
    for value, length in values:
        if start.is_day:
            days.append(written_day(value.day_of(start)))
        elif (moment := value.moment(start, zone, time_of_days)) is not None:
            moment = _at_hour_of(start, moment) if snaps and zone is not None else moment
            if length and (period := _period(moment, length, start, zone)):
                yield f"{name};VALUE=PERIOD{period}"
            else:
                moments.append(moment)
    if days:
        yield f"{name}{more};VALUE=DATE:{','.join(dict.fromkeys(days))}"
    by_form: dict[str, dict[str, None]] = {}
    for moment in moments:
        zoned, text = written_time(moment, start.zone if is_told_by_clock(moment, start.zone) else "")
        by_form.setdefault(zoned, {})[text] = None
    for zoned, texts in by_form.items():
        yield f"{name}{more}{zoned}:{','.join(texts)}"


def _at_hour_of(start: LocalTime, moment: datetime) -> datetime:
    """Returns when the occurrence is that is meant: one at the hour of the first, unless that is far off."""
    try:
        local = wall(moment, start.zone)
        hour = start.wall.replace(microsecond=0)
        passed = timedelta(hours=hour.hour, minutes=hour.minute, seconds=hour.second)
        nearest = datetime.combine((local - passed + timedelta(hours=12)).date(), hour.time())
        if abs(nearest - local) <= SET_BY_UP_TO:
            return nearest.replace(tzinfo=zone_of(start.zone)).astimezone(UTC)
    except OverflowError:  # an end of time
        pass
    return moment


def _split(rest: str) -> tuple[str, list[tuple[LineValue, str]]]:
    """Returns the parameters of a line, and its values as far as they can be understood, each with what a period has
    behind it. Colons may be in both: the first behind which there is a value parts them."""
    for colon in re.finditer(":", rest[:LONGEST_PARAMETERS]):
        first = rest[colon.end() : colon.end() + LONGEST_VALUE]
        if LineValue.read(re.split("[,/]", first, maxsplit=1)[0].strip()) is None:
            continue
        texts = (text.strip().partition("/") for text in rest[colon.end() :].split(",") if text.strip())
        read = ((LineValue.read(begins.strip()), length) for begins, _, length in texts)
        return rest[: colon.start()], [(value, length.strip()) for value, length in read if value is not None]
    return rest, []


def _period(begins: datetime, length: str, start: LocalTime, zone: str | None) -> str:
    """Returns a period (section 3.3.9) with the parameter for its zone; empty where its end can't be understood."""
    if DURATION.fullmatch(length):
        key = start.zone if is_told_by_clock(begins, start.zone) else ""
        zoned, text = written_time(begins, key)
        return f"{zoned}:{text}/{length.upper().lstrip('+')}"
    value = LineValue.read(length)
    ends = value.moment(start, zone, start.wall.time()) if value else None
    if ends is None or ends <= begins:
        return ""
    key = start.zone if all(is_told_by_clock(at, start.zone) for at in (begins, ends)) else ""
    zoned, text = written_time(begins, key)
    return f"{zoned}:{text}/{written_time(ends, key)[1]}"
