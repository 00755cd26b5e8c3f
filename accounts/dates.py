"""Days and months, as people say them in the language that is active; times, as operators read them, in the zone that
is active; and seconds, as programs count them."""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_words(of: date) -> str:
    """Returns "26 November 2026"; in French "26 novembre 2026", and "1er novembre 2026"."""
    if of.day == 1:
        words = date_format(of, pgettext("format of a month's first day, see Django's filter date", "j F Y"))
    else:
        words = date_format(of, pgettext("format of a day, see Django's filter date", "j F Y"))
    return words.replace(f"{of.year:04}", str(of.year))  # nobody says the year 79 with noughts before it


def month_words(of: date) -> str:
    """Returns "November 2026"."""
    return date_format(of, pgettext("format of a month, see Django's filter date", "F Y"))


def moment(at: datetime | None) -> str:
    """Returns a time to the second, with its zone, in the form of all others of the operator's; a dash where there is
    none."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else "–"


def minute(at: datetime | None) -> str:
    """Returns a time to the minute, for lists and names."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else "–"


def unix_seconds(at: datetime) -> int:
    """Returns the whole seconds of a moment since the epoch. A float rounds the last second of the calendar up to one
    beyond it."""
    return (at - EPOCH) // SECOND
