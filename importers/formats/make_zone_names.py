"""Makes `zone_names.tsv.xz` of what Unicode's CLDR says, as Babel carries it: `make zone-names`, when that is newer.

The data is Unicode's (Unicode License v3); the file's first line says so.
"""

import lzma
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import babel
from babel import localedata
from babel.core import get_global

from importers.formats.zone_names import CITY, LENGTH_OF_NAMES, NAME, TABLE, spelled

HEAD = "# Unicode CLDR, by Babel {}. Copyright © Unicode, Inc.; Unicode License v3, https://www.unicode.org/license.txt"
NO_CITIES = ("Etc/", "SystemV/", "US/", "Canada/", "Mexico/", "Brazil/", "Chile/")  # what begins so names a region
HERE = frozenset(available_timezones())
# The zone that CLDR itself takes for a group (`mapZone`, territory 001) whose zones differ, where nearly all who say
# its name have clocks as that one has: in Eastern Europe all but its neighbours by the sea.
MEANT = {"Europe_Eastern": "Europe/Bucharest"}
# Two zones are the same for who names one today if their clocks were alike in these years.
COMPARED = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=days) for days in range(0, 730, 7)]


def lines() -> list[str]:
    """Returns the lines of the table, in order, each with its tabs and without its end."""
    of_metazones = _zones_of_metazones()
    told: dict[str, set[str]] = defaultdict(set)
    cities = {(_city(zone), zone) for zone in HERE if "/" in zone and not zone.startswith(NO_CITIES)}
    for identifier in localedata.locale_identifiers():
        data = localedata.load(identifier, merge_inherited=False)
        zones = {zone: said for zone, said in data.get("time_zones", {}).items() if zone in HERE}
        cities |= {(spelled(said["city"]), zone) for zone, said in zones.items() if "city" in said}
        meant = [(of_metazones.get(metazone), said) for metazone, said in data.get("meta_zones", {}).items()]
        for zone, said in [*meant, *zones.items()]:
            for name in _long(said) if zone else ():
                told[name].add(zone)
    named = {(name, zone) for name, zones in told.items() if (zone := one_of(zones)) is not None}
    found = [(CITY, *one) for one in cities if _is_name(one[0])] + [(NAME, *one) for one in named]
    return [HEAD.format(babel.__version__), *sorted("\t".join(one) for one in found)]


def _city(zone: str) -> str:
    return spelled(zone.rpartition("/")[2].replace("_", " "))


def one_of(zones: Iterable[str]) -> str | None:
    """Returns the first of these zones where all set their clocks alike; None where nobody can tell which is meant."""
    names = sorted(zones)
    alike = {_clocks(name) for name in names}
    return names[0] if len(alike) == 1 else None


@cache
def _clocks(zone: str) -> tuple[timedelta | None, ...]:
    return tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in COMPARED)


def _zones_of_metazones() -> dict[str, str]:
    """Returns the zone that stands for each of CLDR's groups of zones: the one that Windows has under the same name, or
    else any one, where all of them set their clocks alike."""
    windows = get_global("windows_zone_mapping")
    english = localedata.load("en")["meta_zones"]
    members: dict[str, set[str]] = defaultdict(set)
    for zone, metazone in get_global("meta_zones").items():
        if zone in HERE:
            members[metazone].add(zone)
    found: dict[str, str] = {}
    for metazone, zones in members.items():
        named: str | None = windows.get(english.get(metazone, {}).get("long", {}).get("standard", ""))
        called_so = [zone for zone in zones if zone.rpartition("/")[2] == metazone]
        alike = one_of(zones & set(windows.values()) or zones)
        meant = named if named in zones else called_so[0] if alike and called_so else alike or MEANT.get(metazone)
        if meant is not None:
            found[metazone] = meant
    return found


def _long(said: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yields the long names; the short ones are of several zones each."""
    for name in said.get("long", {}).values():
        if isinstance(name, str) and _is_name(name := spelled(name)):
            yield name


def _is_name(name: str) -> bool:
    return len(name) in LENGTH_OF_NAMES and "\t" not in name and any(letter.isalpha() for letter in name)


if __name__ == "__main__":
    TABLE.write_bytes(lzma.compress("\n".join(lines()).encode()))
