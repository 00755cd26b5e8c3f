"""Rules of recurrence as people say them (RFC 5545, section 3.3.10)."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.dates import WEEKDAYS as NAMES
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.dates import day_words
from importers.formats.recurrence_rules import rule_parts

EVERY = {
    "DAILY": _("every day"),
    "WEEKLY": _("every week"),
    "MONTHLY": _("every month"),
    "YEARLY": _("every year"),
    "HOURLY": _("every hour"),
    "MINUTELY": _("every minute"),
}
EVERY_SO_MANY = {
    "DAILY": _("every %(number)s days"),
    "WEEKLY": _("every %(number)s weeks"),
    "MONTHLY": _("every %(number)s months"),
    "YEARLY": _("every %(number)s years"),
    "HOURLY": _("every %(number)s hours"),
    "MINUTELY": _("every %(number)s minutes"),
}
ON_DAY = {
    "MO": pgettext_lazy("the day on which something comes again", "Monday"),
    "TU": pgettext_lazy("the day on which something comes again", "Tuesday"),
    "WE": pgettext_lazy("the day on which something comes again", "Wednesday"),
    "TH": pgettext_lazy("the day on which something comes again", "Thursday"),
    "FR": pgettext_lazy("the day on which something comes again", "Friday"),
    "SA": pgettext_lazy("the day on which something comes again", "Saturday"),
    "SU": pgettext_lazy("the day on which something comes again", "Sunday"),
}
NUMBERS = {day: number for number, day in enumerate(ON_DAY)}  # of days of the week
WEEKDAYS = {"MO", "TU", "WE", "TH", "FR"}
SAID = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST", "RSCALE", "SKIP"}
ONCE = {"RECURRENCE-ID", "DTSTART", "EXDATE", "EXRULE"}  # lines that alone make no series
ORDINALS = {
    "1": pgettext_lazy("the first Monday of a month", "first"),
    "2": pgettext_lazy("the first Monday of a month", "second"),
    "3": pgettext_lazy("the first Monday of a month", "third"),
    "4": pgettext_lazy("the first Monday of a month", "fourth"),
    "-1": pgettext_lazy("the first Monday of a month", "last"),
}


def comes_again(recurrence: str) -> bool:
    """Returns whether these RFC 5545 lines say that an event takes place more than once. One that only stands for an
    occurrence of a series has lines, too (section 3.8.4.4)."""
    return any(kind not in ONCE for kind, _value in _lines(recurrence))


def recurrence_words(recurrence: str) -> str:
    """Returns how an event comes again, by its RFC 5545 lines: "every 2 weeks on Monday and Friday". Nothing of one
    that doesn't."""
    if not comes_again(recurrence):
        return ""
    said = []
    for kind, value in _lines(recurrence):
        if kind == "RRULE":
            said.append(_rule_words(value.strip()))
        elif kind == "RDATE":
            said.append(gettext("on further days"))
        elif kind == "EXDATE":
            said.append(gettext("but not on some days"))
    return ", ".join(dict.fromkeys(said)) or gettext("again")


def _lines(recurrence: str) -> Iterator[tuple[str, str]]:
    """The name of each line, and what stands behind its colon."""
    for line in filter(str.strip, recurrence.splitlines()):
        name, _colon, value = line.partition(":")
        yield name.partition(";")[0].strip().upper(), value


def _rule_words(rule: str) -> str:
    parts = rule_parts(rule)
    unit = parts.get("FREQ", "") if parts else ""
    if parts is None or unit not in EVERY:
        return gettext("again, by a rule of its own")
    number = int(parts.get("INTERVAL", "1"))
    words = str(EVERY[unit]) if number == 1 else EVERY_SO_MANY[unit] % {"number": number}
    days = [day for day in parts.get("BYDAY", "").split(",") if day]
    if set(days) == WEEKDAYS and number == 1 and unit == "WEEKLY":
        words = gettext("every weekday")
    elif days:
        words = gettext("%(every)s on %(days)s") % {"every": words, "days": _days(days)}
    if month_days := parts.get("BYMONTHDAY", ""):
        words = _on_days_of_month(words, month_days.split(","))
    if not parts.keys() <= SAID:
        words = gettext("%(again)s, by a rule of its own") % {"again": words}
    if count := parts.get("COUNT"):
        times = ngettext("%(again)s, %(number)s time", "%(again)s, %(number)s times", int(count))
        words = times % {"again": words, "number": int(count)}
    if until := _until(parts.get("UNTIL", "")):
        words = gettext("%(again)s, until %(day)s") % {"again": words, "day": until}
    return words


def _on_days_of_month(words: str, days: list[str]) -> str:
    said = ngettext("%(every)s on day %(days)s", "%(every)s on day %(days)s", len(days))
    return said % {"every": words, "days": _listed(days)}


def _days(days: list[str]) -> str:
    return gettext("every weekday") if set(days) == WEEKDAYS else _listed([_day(day) for day in days])


def _day(text: str) -> str:
    day, which = text[-2:], text[:-2].lstrip("+")
    if not which or day not in ON_DAY:
        return str(ON_DAY.get(day, day))
    ordinal = str(ORDINALS.get(which, "")) or gettext("%(number)s.") % {"number": which}
    return gettext("the %(which)s %(day)s") % {"which": ordinal, "day": NAMES[NUMBERS[day]]}


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def _until(text: str) -> str:
    try:
        return day_words(datetime.strptime(text[:8], "%Y%m%d"))  # noqa: DTZ007 (a day)
    except ValueError:
        return ""
