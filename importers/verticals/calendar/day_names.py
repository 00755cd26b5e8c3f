"""Days without their year, as people say them in the language that is active."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import pgettext


def day_and_month(of: date) -> str:
    """Returns "26 November"; in French "1er novembre" of a month's first day."""
    if of.day == 1:
        return date_format(of, pgettext("format of a month's first day without its year, see Django's date", "j F"))
    return date_format(of, pgettext("format of a day without its year, see Django's filter date", "j F"))


def weekday_and_day(of: date) -> str:
    """Returns "Thursday, 26 November"."""
    words = pgettext("a weekday and its day", "%(weekday)s, %(day)s")
    return words % {"weekday": date_format(of, "l"), "day": day_and_month(of)}
