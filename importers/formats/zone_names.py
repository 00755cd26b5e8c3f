"""What zones are called in the languages of people: by Outlook, Exchange and others in whose files no key stands.

Unicode's CLDR has the names of zones (`Mitteleuropäische Zeit`) and of the cities in them (`Wien`), in every language.
Windows shows a zone by its offset and some of its cities: `(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien`.
"""

import lzma
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

TABLE = Path(__file__).with_suffix(".tsv.xz")  # made by make_zone_names.py: kind, name and zone of IANA's list
NAME, CITY = "name", "city"
LENGTH_OF_NAMES = range(2, 100)  # characters
SHOWN = re.compile(r"\(\s*(?:UTC|GMT)\s*(?:([+-−])(\d{1,2})[:.](\d{2}))?\s*\)\s*(.*)", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
BETWEEN_CITIES = re.compile(r"[,/;、،]")
MOST_CITIES = 12
LONGEST_SHOWN = 255  # characters


@dataclass(frozen=True)
class ZoneNames:
    """Zones by what people call them, and by cities in them."""

    zones: dict[str, str]
    cities: dict[str, list[str]]


def zone_called(name: str) -> str | None:
    """Returns the zone of IANA's list that people mean by this name; None where it says none, or several that
    differ."""
    if len(name) > LONGEST_SHOWN:
        return None
    return _zone_called(unicodedata.normalize("NFC", name.strip()))


@lru_cache(1_000)
def _zone_called(name: str) -> str | None:
    shown = SHOWN.fullmatch(name)
    offset = None
    if shown is not None:
        sign, hours, minutes, name = shown.groups()
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign in ("-", "−") else 1)
    for called in dict.fromkeys((name, IN_BRACKETS.sub("", name))):
        zone = _names().zones.get(spelled(called))
        if zone is not None and _may_be(zone, offset):
            return zone
        if (zone := _of_cities(called, offset)) is not None:
            return zone
    return None


def _of_cities(said: str, offset: timedelta | None) -> str | None:
    """Returns the zone that these cities are in, of which many are in no list: where no offset is said, half of them
    must be. None where they are in several."""
    cities = [spelled(city) for city in BETWEEN_CITIES.split(said)]
    if len(cities) > MOST_CITIES:
        return None
    known = [[zone for zone in _names().cities.get(city, ()) if _may_be(zone, offset)] for city in cities]
    found = list(dict.fromkeys(zone for zones in known for zone in zones))
    if not found or (offset is None and sum(map(bool, known)) * 2 < len(cities)):
        return None
    return found[0] if len({_clocks(zone) for zone in found}) == 1 else None


def _may_be(zone: str, offset: timedelta | None) -> bool:
    """Whether the clocks of a zone are ever so far from UTC; None: nobody says how far."""
    return offset is None or offset in _clocks(zone)


@lru_cache(1_000)
def _clocks(zone: str) -> tuple[timedelta | None, ...]:
    """How far the clocks of a zone are from UTC, every week of a year and the next."""
    begin = datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
    return tuple((begin + timedelta(weeks=week)).astimezone(ZoneInfo(zone)).utcoffset() for week in range(104))


def spelled(name: str) -> str:
    """Returns one spelling of all that differ in capitals, and in how spaces and accents are written."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().replace("’", "'").split())


@cache
def _names() -> ZoneNames:
    zones: dict[str, str] = {}
    cities: dict[str, list[str]] = defaultdict(list)
    here = available_timezones()
    for line in lzma.decompress(TABLE.read_bytes()).decode().splitlines()[1:]:
        kind, name, zone = line.split("\t")
        if zone not in here:
            continue
        if kind == NAME:
            zones[name] = zone
        else:
            cities[name].append(zone)
    return ZoneNames(zones, dict(cities))
