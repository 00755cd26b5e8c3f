"""Rules of recurrence as vCalendar 1.0 has them: `W1 TU TH #4` is four times, on Tuesdays and Thursdays."""

import re

RULE = re.compile(r"(D|W|MP|MD|YM|YD)(\d{1,3})((?:\s+[^\s#]+)*?)(?:\s+(#\d+|\d{8}(?:T\d{4,6}Z?)?))?", re.IGNORECASE)
FREQUENCIES = {"D": "DAILY", "W": "WEEKLY", "MP": "MONTHLY", "MD": "MONTHLY", "YM": "YEARLY", "YD": "YEARLY"}
NUMBERS = {"MD": "BYMONTHDAY", "YM": "BYMONTH", "YD": "BYYEARDAY"}
UNSAID = "#2"  # how often it takes place where a rule says no end
WEEKDAY = re.compile("MO|TU|WE|TH|FR|SA|SU", re.IGNORECASE)
NUMBER = re.compile(r"(\d{1,3})([+-]?)")


def rule_of_vcalendar(text: str) -> str:
    """Returns the rule in the words of RFC 5545 (section 3.3.10); as it is where it is none of vCalendar."""
    match = RULE.fullmatch(text.strip())
    if match is None:
        return text
    kind, interval, said, end = match[1].upper(), match[2], match[3].upper().split(), match[4] or UNSAID
    parts = [f"FREQ={FREQUENCIES[kind]}", f"INTERVAL={int(interval)}"]
    if said and (days := _days(kind, said)) is None:
        return text
    if said:
        parts.append(f"{NUMBERS.get(kind, 'BYDAY')}={days}")
    if not end.startswith("#"):
        parts.append(f"UNTIL={end}")
    elif int(end[1:]):  # else it never ends
        parts.append(f"COUNT={int(end[1:])}")
    return ";".join(parts)


def _days(kind: str, said: list[str]) -> str | None:
    """The days, or months, that a rule lists; None where it can't say these."""
    if kind == "W":
        return ",".join(said) if all(map(WEEKDAY.fullmatch, said)) else None
    found, ahead = [], ""
    for one in said:
        number = NUMBER.fullmatch(one)
        if number is not None:  # `1-` is the last one
            ahead = f"{'-' if number[2] == '-' else ''}{int(number[1])}"
            found += [ahead] if kind in NUMBERS else []
        elif one == "LD" and kind == "MD":
            found.append("-1")
        elif kind == "MP" and ahead and WEEKDAY.fullmatch(one):
            found.append(f"{ahead}{one}")
        else:
            return None
    return ",".join(found) or None
