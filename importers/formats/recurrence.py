"""Rules of recurrence (RFC 5545, section 3.8.5) as lines, of which a column holds any number.

Items bring them in whatever zones and spellings their exporters have. An iCalendar file has them all in the zone of the
series, so that they mean the same occurrences wherever it is read. Nothing here makes occurrences.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from importers.formats.local_time import LocalTime, is_told_by_clock, wall
from importers.formats.zones import offset_key, tzid, zone_named, zone_of

FIELDS = (("rrule", "RRULE"), ("rdate", "RDATE"), ("exDate", "EXDATE"))
RULES, DATES, NAMED = frozenset({"RRULE", "EXRULE"}), frozenset({"RDATE", "EXDATE"}), "RECURRENCE-ID"

FARTHEST_AHEAD = timedelta(hours=14)  # of UTC, that a clock has been
LONGEST_PARAMETERS = 1_000  # characters of a line before its values
LONGEST_VALUE = 64
LINES_LOOKED_AT = 1_000  # for the zone of a series
NAME = re.compile(r"\s*(RRULE|EXRULE|RDATE|EXDATE|RECURRENCE-ID|DTSTART)\s*(?=[;:])", re.IGNORECASE)
ZONE = re.compile(r';\s*TZID\s*=\s*(?:"([^"]*)"|([^;:]*))', re.IGNORECASE)
RANGE = re.compile(r";\s*RANGE\s*=\s*THISANDFUTURE\b", re.IGNORECASE)
VALUE = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
DURATION = re.compile(r"[+]?P(?:\d+W|(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)", re.IGNORECASE | re.ASCII)

# Section 3.3.10, and RFC 7529 for other calendars than the Gregorian.
NUMBERS = r"[+-]?\d{1,3}(?:,[+-]?\d{1,3})*"
PARTS = {
    "FREQ": re.compile("SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY"),
    "UNTIL": VALUE,
    "COUNT": re.compile(r"\d{1,9}", re.ASCII),
    "INTERVAL": re.compile(r"0*[1-9]\d{0,8}", re.ASCII),
    "BYDAY": re.compile(r"[+-]?\d{0,2}(?:SU|MO|TU|WE|TH|FR|SA)(?:,[+-]?\d{0,2}(?:SU|MO|TU|WE|TH|FR|SA))*", re.ASCII),
    "BYMONTH": re.compile(r"\d{1,2}L?(?:,\d{1,2}L?)*", re.ASCII),
    "WKST": re.compile("SU|MO|TU|WE|TH|FR|SA"),
    "RSCALE": re.compile("[A-Z0-9-]{1,32}"),
    "SKIP": re.compile("OMIT|BACKWARD|FORWARD"),
} | dict.fromkeys(
    ("BYSECOND", "BYMINUTE", "BYHOUR", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"), re.compile(NUMBERS, re.ASCII)
)
OF_DAY = frozenset({"BYSECOND", "BYMINUTE", "BYHOUR"})  # parts that say when within a day
WITHIN_DAY = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
DAY_ENDS = (time(0), time(23, 59, 59))


# What items say


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
        case list() | dict() if name in DATES:
            return f"{name}:{','.join(_days(value))}"
        case dict():
            parts = ((part.upper(), _setting(setting)) for part, setting in value.items() if part[:1] != "@")
            return f"{name}:{';'.join(f'{part}={setting}' for part, setting in parts if setting)}"
    return ""


def _days(value: Any, levels: int = 4) -> Iterator[str]:
    """The dates and times in an object or a list of them, each as it stands there. `levels` of nesting are looked
    at."""
    if isinstance(value, str) and VALUE.match(value.strip()):
        yield value
    elif isinstance(value, list | dict) and levels:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _days(one, levels - 1)


def _setting(value: Any) -> str:
    """A part of a rule that was taken apart."""
    parts = value if isinstance(value, list) else [value]
    return ",".join(str(part) for part in parts if isinstance(part, str | int) and not isinstance(part, bool))


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
            if value.clock is None or value.offset is not None:
                continue
            first = moment.astimezone(UTC)
            passed = datetime.combine(first.date(), value.clock, UTC) - first.replace(microsecond=0)
            ahead = passed % timedelta(days=1)
            if not ahead % timedelta(minutes=15):
                return offset_key(ahead if ahead <= FARTHEST_AHEAD else ahead - timedelta(days=1))
    return None


def _zone_in(parameters: str) -> str | None:
    found = ZONE.search(parameters)
    return zone_named(found[1] or found[2] or "") if found else None


# What a file says


def written_lines(column: str, start: LocalTime) -> list[str]:
    """Returns those lines of a column that an iCalendar file can have, for an event that begins at `start`."""
    found = [(match[1].upper(), line[match.end() :]) for line in column.splitlines() if (match := NAME.match(line))]
    repeats = any(name in ("RRULE", "RDATE") for name, _ in found)
    written: list[str] = []
    for name, rest in found:
        if name in RULES:
            written += filter(None, [_rule(name, rest, start)])
        elif name in DATES or (name == NAMED and not repeats):
            written += _dates(name, rest, start)
    return written


def _rule(name: str, rest: str, start: LocalTime) -> str:
    """Returns the line of a rule; empty where it is none that can be understood, since half of it would be another."""
    parts: dict[str, str] = {}
    for part in filter(None, rest[rest.index(":") + 1 :].upper().replace(" ", "").split(";")):
        key, _, setting = part.partition("=")
        if key not in PARTS or not PARTS[key].fullmatch(setting):
            return ""
        parts.setdefault(key, setting)
    if "FREQ" not in parts or (start.is_day and parts["FREQ"] in WITHIN_DAY):
        return ""
    if start.is_day:
        parts = {key: setting for key, setting in parts.items() if key not in OF_DAY}
    if "UNTIL" in parts:
        if (until := _Value.read(parts.pop("UNTIL"))) is None:
            return ""
        parts |= _until(until, start)
    return f"{name}:{';'.join(f'{key}={setting}' for key, setting in parts.items())}"


def _until(until: "_Value", start: LocalTime) -> dict[str, str]:
    """Returns the part that ends a rule: a date in a series of days, else in UTC, as section 3.3.10 wants it; where
    only a date stands, the whole of that day belongs to the series. Nothing where the end lies beyond the end of
    time."""
    if start.is_day:
        return {"UNTIL": _day(until.day_of(start))}
    moment = until.moment(start, None, time(23, 59, 59))
    return {"UNTIL": _in_utc(moment)} if moment else {}


def _dates(name: str, rest: str, start: LocalTime) -> Iterator[str]:
    """Yields the lines of dates, each in the form of the start."""
    parameters, values = _split(rest)
    zone = _zone_in(parameters)
    more = ";RANGE=THISANDFUTURE" if name == NAMED and RANGE.search(parameters) else ""
    time_of_days = start.wall.time()
    days: list[str] = []
    moments: list[datetime] = []
    for value, length in values:
        if start.is_day:
            days.append(_day(value.day_of(start)))
        elif (moment := value.moment(start, zone, time_of_days)) is not None:
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


def _split(rest: str) -> tuple[str, list[tuple["_Value", str]]]:
    """Returns the parameters of a line, and its values as far as they can be understood, each with what a period has
    behind it. Colons may be in both: the first behind which there is a value parts them."""
    for colon in re.finditer(":", rest[:LONGEST_PARAMETERS]):
        first = rest[colon.end() : colon.end() + LONGEST_VALUE]
        if _Value.read(re.split("[,/]", first, maxsplit=1)[0].strip()) is None:
            continue
        texts = (text.strip().partition("/") for text in rest[colon.end() :].split(",") if text.strip())
        read = ((_Value.read(begins.strip()), length) for begins, _, length in texts)
        return rest[: colon.start()], [(value, length.strip()) for value, length in read if value is not None]
    return rest, []


def _period(begins: datetime, length: str, start: LocalTime, zone: str | None) -> str:
    """Returns a period (section 3.3.9) with the parameter for its zone; empty where its end can't be understood."""
    if DURATION.fullmatch(length):
        key = start.zone if is_told_by_clock(begins, start.zone) else ""
        zoned, text = written_time(begins, key)
        return f"{zoned}:{text}/{length.upper().lstrip('+')}"
    value = _Value.read(length)
    ends = value.moment(start, zone, start.wall.time()) if value else None
    if ends is None or ends <= begins:
        return ""
    key = start.zone if all(is_told_by_clock(at, start.zone) for at in (begins, ends)) else ""
    zoned, text = written_time(begins, key)
    return f"{zoned}:{text}/{written_time(ends, key)[1]}"


def written_time(moment: datetime, zone: str) -> tuple[str, str]:
    """Returns a moment as section 3.3.5 has it, local to a zone or in UTC, behind the parameter that says so."""
    if not zone:
        return "", _in_utc(moment)
    return f";TZID={tzid(zone)}", _digits(wall(moment, zone))


def _day(day: date) -> str:
    return f"{day.year:04}{day:%m%d}"


def _in_utc(moment: datetime) -> str:
    return f"{_digits(moment)}Z"


def _digits(at: datetime) -> str:
    # Three times as fast as `strftime`: there may be many of them.
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}"


@dataclass(frozen=True)
class _Value:
    """A DATE or DATE-TIME as it stands in a line. `offset`: from UTC, where one stands in it."""

    day: date
    clock: time | None
    offset: timedelta | None

    @classmethod
    def read(cls, text: str) -> "_Value | None":
        match = VALUE.fullmatch(text)
        if match is None:
            return None
        year, month, day, hours, minutes, seconds, zone = match.groups()
        try:
            at = None if hours is None else time(int(hours), int(minutes), min(int(seconds or 0), 59))
            return cls(date(int(year), int(month), int(day)), at, _offset(zone))
        except ValueError:
            return None

    def moment(self, start: LocalTime, zone: str | None, time_of_days: time) -> datetime | None:
        """Returns when it is, in UTC. What has no zone of its own, or one that nobody knows, is in that of the series.
        None at the ends of time."""
        local = datetime.combine(self.day, time_of_days if self.clock is None else self.clock)
        try:
            if self.clock is not None and self.offset is not None:
                return local.replace(tzinfo=UTC) - self.offset
            key = start.zone if zone is None or self.clock is None else zone
            return local.replace(tzinfo=zone_of(key)).astimezone(UTC)
        except OverflowError:
            return None

    def day_of(self, start: LocalTime) -> date:
        """Returns which day of a series of days is meant: the date that stands in it, unless it is the beginning or the
        end of another one where the series is."""
        if self.clock is not None and self.offset is not None and self.clock not in DAY_ENDS:
            moment = self.moment(start, None, self.clock)
            try:
                local = wall(moment, start.zone) if moment else None
            except OverflowError:
                local = None
            if local is not None and local.time() in DAY_ENDS:
                return local.date()
        return self.day


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    if zone.upper() == "Z":
        return timedelta(0)
    numbers = zone[1:].replace(":", "")
    length = timedelta(hours=int(numbers[:2]), minutes=int(numbers[2:]))
    return -length if zone[0] == "-" else length
