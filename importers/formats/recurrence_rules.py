"""The parts of a rule of recurrence (RFC 5545, section 3.3.10): those that any program takes."""

import re
from dataclasses import dataclass, field

# RSCALE and SKIP are of RFC 7529: the calendar that a rule counts in, and what becomes of days that a month has not.
GREGORIAN = {"RSCALE": "GREGORIAN", "SKIP": "OMIT"}  # what is so without being said
DAYS = "SU|MO|TU|WE|TH|FR|SA"
BY_DAY = re.compile(f"([+-]?[0-9]{{1,2}})?(?:{DAYS})")


@dataclass(frozen=True)
class NumericPart:
    """A part whose values are numbers from `least` to `most`, or as many from the end where `is_signed`. `unless`: the
    frequencies of rules that can't have it."""

    least: int
    most: int
    is_signed: bool = False
    unless: frozenset[str] = field(default=frozenset())

    def takes(self, text: str) -> bool:
        """Whether a value is one."""
        if re.fullmatch("[+-]?[0-9]{1,3}" if self.is_signed else "[0-9]{1,3}", text) is None:
            return False
        return self.least <= (abs(int(text)) if self.is_signed else int(text)) <= self.most


NUMERIC = {
    "BYSECOND": NumericPart(0, 60),
    "BYMINUTE": NumericPart(0, 59),
    "BYHOUR": NumericPart(0, 23),
    "BYMONTHDAY": NumericPart(1, 31, is_signed=True, unless=frozenset({"WEEKLY"})),
    "BYYEARDAY": NumericPart(1, 366, is_signed=True, unless=frozenset({"DAILY", "WEEKLY", "MONTHLY"})),
    "BYWEEKNO": NumericPart(
        1,
        53,
        is_signed=True,
        unless=frozenset({"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY"}),
    ),
    "BYMONTH": NumericPart(1, 12),
    "BYSETPOS": NumericPart(1, 366, is_signed=True),
}
SINGLE = {
    "FREQ": re.compile("SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY"),
    "UNTIL": re.compile(".+"),
    "COUNT": re.compile("0*[1-9][0-9]{0,8}"),
    "INTERVAL": re.compile("0*[1-9][0-9]{0,8}"),
    "WKST": re.compile(DAYS),
}


def rule_parts(text: str) -> dict[str, str] | None:
    """Returns the parts of a rule by their names, in capitals; None where one can't be understood, or is not allowed
    beside another: what is left would be another rule."""
    parts: dict[str, str] = {}
    for part in filter(None, text.upper().replace(" ", "").split(";")):
        name, _, setting = part.partition("=")
        if GREGORIAN.get(name) != setting and not name.startswith("X-"):  # which say nothing of when (RFC 2445)
            parts.setdefault(name, setting)
    if "FREQ" not in parts or not all(_is_allowed(name, setting, parts) for name, setting in parts.items()):
        return None
    if "BYSECOND" in parts:  # a leap second is the one before it: programs have no other
        parts["BYSECOND"] = ",".join(dict.fromkeys(str(min(int(one), 59)) for one in parts["BYSECOND"].split(",")))
    return parts


def _is_allowed(name: str, setting: str, parts: dict[str, str]) -> bool:
    frequency = parts["FREQ"]
    if name in SINGLE:
        return SINGLE[name].fullmatch(setting) is not None
    if name in NUMERIC:
        part = NUMERIC[name]
        return frequency not in part.unless and all(map(part.takes, setting.split(",")))
    if name == "BYDAY":
        counts = frequency == "MONTHLY" or (frequency == "YEARLY" and "BYWEEKNO" not in parts)
        return all(_is_weekday(one, counts) for one in setting.split(","))
    return False


def _is_weekday(text: str, counts: bool) -> bool:
    match = BY_DAY.fullmatch(text)
    return match is not None and (match[1] is None or (counts and 1 <= abs(int(match[1])) <= 53))
