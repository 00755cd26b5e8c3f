"""Spellings that calendar programs have and RFC 5545 has not, written as its grammar wants them: a time that the parser
can't read would be no time at all."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from importers.sending.calendars.vcalendar_rule import rule_of_vcalendar

BOUND = re.compile(r"\s*(BEGIN|END)\s*:\s*([A-Z0-9-]+)\s*", re.IGNORECASE)
TIME = re.compile(
    r'\s*(DTSTART|DTEND|DUE|COMPLETED|RECURRENCE-ID|EXDATE|RDATE)((?:\s*;[^:;="]+=(?:"[^"]*"|[^:;"]*))*)\s*:(.*)',
    re.IGNORECASE,
)
RULE = re.compile(r"\s*(RRULE|EXRULE)((?:;[^:]*)?)\s*:(.*)", re.IGNORECASE)
# A zone whose name has a colon, `(UTC-05:00) Eastern Time`, and should be in quotes for that.
COLON_IN_ZONE = re.compile(r'^([A-Z-]+(?:;[^:"]*)?;TZID=)([^";]*:[^";]*)((?:;[A-Z-]+=[^:;"]*)*):(?=\s*\d{8}\D)', re.I)
ZONE = re.compile(r'\s*;\s*TZID\s*=\s*(?:"[^"]*"|[^;:]*)', re.IGNORECASE)
VALUE_TYPE = re.compile(r"\s*;\s*VALUE\s*=\s*([^;:]*)", re.IGNORECASE)
UNTIL = re.compile(r"(?<=UNTIL=)[^;]+", re.IGNORECASE)
CLOCK = r"[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?\s*(Z|[+-]\d\d(?::?\d\d)?)?"
WRITTEN = re.compile(rf"(\d{{4}})-?(\d\d)-?(\d\d)(?:{CLOCK})?", re.IGNORECASE | re.ASCII)


def as_specified(text: str) -> str:
    """Returns the unfolded text of a file: what is in its calendars, with each line as section 3.1 has it."""
    return "\r\n".join(_lines(text.split("\r\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    is_inside = False
    for line in lines:
        bound = BOUND.fullmatch(line)
        if bound is None:
            if is_inside:  # before and behind, some programs have headers of a mail, or what pads a block
                yield _specified(line)
            continue
        is_calendar = bound[2].upper() == "VCALENDAR"
        is_inside = is_inside or is_calendar
        if is_inside:
            yield f"{bound[1]}:{bound[2]}"
        if is_calendar and bound[1].upper() == "END":
            is_inside = False


def _specified(line: str) -> str:
    line = COLON_IN_ZONE.sub(r'\1"\2"\3:', line, count=1)
    if (match := TIME.fullmatch(line)) is not None:
        return _time(*match.groups())
    if (match := RULE.fullmatch(line)) is not None:
        rule = match[3] if "=" in match[3] else rule_of_vcalendar(match[3])
        return f"{match[1]}{match[2]}:{UNTIL.sub(lambda until: _written(until[0]), rule)}"
    return line


def _time(name: str, parameters: str, said: str) -> str:
    """A property of times. A date has no zone, and neither has what is in UTC (section 3.2.19)."""
    values = [_period(value) for value in re.split("[,;]", said) if value.strip()]
    value_type = VALUE_TYPE.search(parameters)
    if value_type is not None and value_type[1].strip().upper() == "DATE":
        values = [value.partition("T")[0] for value in values]
    if values and all(map(_is_date, values)):
        if ZONE.search(parameters):
            parameters = VALUE_TYPE.sub("", ZONE.sub("", parameters)) + ";VALUE=DATE"
    elif values and all(value.endswith("Z") for value in values):
        parameters = ZONE.sub("", parameters)
    return f"{name}{parameters.strip()}:{','.join(values)}"


def _period(said: str) -> str:
    """A value, or a period of two (section 3.3.9), of which the second may be a duration."""
    return "/".join(map(_written, said.split("/")))


def _written(said: str) -> str:
    """A date or a time of ISO 8601 in the form of sections 3.3.4 and 3.3.5; what is none as it stands there."""
    match = WRITTEN.fullmatch(said.strip())
    if match is None:
        return said.strip()
    year, month, day, hours, minutes, seconds, zone = match.groups()
    try:
        here = date(int(year), int(month), int(day))
        if hours is None:
            return f"{year}{month}{day}"
        # A day may end at 24:00, and a leap second is the one before it.
        clock = time(0 if hours == "24" else int(hours), int(minutes), min(int(seconds or 0), 59))
        at = datetime.combine(here, clock) + timedelta(days=hours == "24")
        if zone and zone.upper() != "Z":
            at = datetime.fromisoformat(f"{at.isoformat()}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return said.strip()
    return f"{at.year:04}{at:%m%dT%H%M%S}{'Z' if zone else ''}"


def _is_date(value: str) -> bool:
    return len(value) == len("20240731") and value.isdigit()
