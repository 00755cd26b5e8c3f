"""Rules that say what becomes of days that a month has not (SKIP of RFC 7529), in parts of RFC 5545 alone, which any
program takes."""

from datetime import date, timedelta

from importers.formats.recurrence_rules import rule_parts

BACKWARD, FORWARD = "BACKWARD", "FORWARD"
IN_EVERY_MONTH = 28  # days
LEAST_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # of each month
COMMON = 2001  # a year without a leap day
SAYS_DAYS = ("BYDAY", "BYYEARDAY", "BYWEEKNO")
FEBRUARY, LEAP_DAY = 2, 29
DAY_60 = "60"  # of the year: 29 February, or 1 March in years that lack it


def parts_without_skip(text: str, first: date) -> dict[str, str] | None:
    """Returns the parts of a rule whose series begins on the `first` day, as `rule_parts` does, with others for a SKIP;
    None where none say the same."""
    named = dict(part.partition("=")[::2] for part in text.upper().replace(" ", "").split(";") if part)
    skip = named.pop("SKIP", "")
    parts = rule_parts(";".join(f"{name}={setting}" for name, setting in named.items()))
    if skip not in (BACKWARD, FORWARD):
        return rule_parts(text)
    if parts is None or parts["FREQ"] not in ("MONTHLY", "YEARLY"):
        return parts
    if "BYMONTHDAY" not in parts and any(name in parts for name in SAYS_DAYS):
        return parts  # which are of no month
    days = [int(one) for one in parts.get("BYMONTHDAY", str(first.day)).split(",")]
    if all(abs(day) <= IN_EVERY_MONTH for day in days):
        return parts
    times = [parts.get(name, "") for name in ("BYHOUR", "BYMINUTE", "BYSECOND")]
    others = any(name in parts for name in (*SAYS_DAYS, "BYSETPOS")) or any("," in one for one in times)
    if len(days) > 1 or days[0] < 0 or others:
        return None
    months = _months(parts, first)
    if all(days[0] <= LEAST_DAYS[month - 1] for month in months):
        return parts
    return _earlier(parts, days[0], months) if skip == BACKWARD else _later(parts, days[0], months)


def _months(parts: dict[str, str], first: date) -> list[int]:
    """Returns the months that a rule is about."""
    if "BYMONTH" in parts:
        return sorted({int(one) for one in parts["BYMONTH"].split(",")})
    is_one = parts["FREQ"] == "YEARLY" and "BYMONTHDAY" not in parts
    return [first.month] if is_one else list(range(1, 13))


def _earlier(parts: dict[str, str], day: int, months: list[int]) -> dict[str, str] | None:
    """The last day that there is, from the 28th on."""
    days = {"BYMONTHDAY": ",".join(map(str, range(IN_EVERY_MONTH, day + 1))), "BYSETPOS": "-1"}
    if parts["FREQ"] == "MONTHLY":
        return parts | days
    if len(months) > 1 and not _is_each(parts):
        return None
    return parts | days | {"FREQ": "YEARLY" if len(months) == 1 else "MONTHLY", "BYMONTH": ",".join(map(str, months))}


def _later(parts: dict[str, str], day: int, months: list[int]) -> dict[str, str] | None:
    """The first day of the month behind, where there is none."""
    if parts["FREQ"] == "MONTHLY" and not _is_each(parts):
        return None
    rest = {name: setting for name, setting in parts.items() if name not in ("BYMONTH", "BYMONTHDAY")}
    rest["FREQ"] = "YEARLY"
    if day == LEAP_DAY:
        return rest | {"BYYEARDAY": DAY_60} if months == [FEBRUARY] else None
    wanted = {_day_or_later(month, day) for month in months}
    month_days = sorted({at.day for at in wanted})
    named = sorted({at.month for at in wanted})
    every = [date(COMMON, month, one) for month in named for one in month_days if one <= LEAST_DAYS[month - 1]]
    places = [str(place) for place, at in enumerate(every, 1) if at in wanted]
    rest |= {"BYMONTH": ",".join(map(str, named)), "BYMONTHDAY": ",".join(map(str, month_days))}
    return rest if len(places) == len(every) else rest | {"BYSETPOS": ",".join(places)}


def _day_or_later(month: int, day: int) -> date:
    if day <= LEAST_DAYS[month - 1]:
        return date(COMMON, month, day)
    return date(COMMON, month, LEAST_DAYS[month - 1]) + timedelta(days=1)


def _is_each(parts: dict[str, str]) -> bool:
    """Whether a rule leaves out no month or year between."""
    return int(parts.get("INTERVAL", "1")) == 1
