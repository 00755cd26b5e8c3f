"""What the cities are called that stand for time zones, as Unicode's CLDR says it, and which zones have two names."""

from collections import defaultdict
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

TABLE = Path(__file__).with_suffix(".tsv")  # made by translations/zone_cities.py
# What zones are grouped by: how their names begin, and how people call that
REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}
SAME = "same"  # in place of a language: a former name of a zone, and today's


def place(zone: str) -> str:
    """Returns what its name says of a zone, in English: `Buenos Aires` of America/Argentina/Buenos_Aires."""
    return zone.rpartition("/")[2].replace("_", " ")


def city(zone: str, language: str) -> str:
    """Returns what the place of a zone is called in a language (`fr`)."""
    return _table()[language].get(zone) or place(zone)


def todays(zone: str) -> str:
    """Returns today's name of a zone: Asia/Kolkata of Asia/Calcutta."""
    return _table()[SAME].get(zone, zone)


@cache
def _table() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        language, zone, said = line.split("\t")
        found[language][zone] = said
    return found
