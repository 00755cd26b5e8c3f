"""Makes `accounts/zone_cities.tsv` of what Unicode's CLDR says, as Babel has it: `make zone-names`, when that is newer.

The data is Unicode's (Unicode License v3); the file's first line says so.
"""

from zoneinfo import available_timezones

import babel
from babel import localedata
from babel.core import get_global

from accounts.zone_cities import REGIONS, SAME, TABLE, place
from importers.formats.make_zone_names import HEAD
from translations.rooms import LANGUAGES


def lines() -> list[str]:
    """Returns the lines of the table, each with its tabs and without its end. Where a zone is called as its name says,
    there is none."""
    formerly = get_global("zone_aliases")
    offered = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in REGIONS)
    found = [(SAME, zone, formerly[zone]) for zone in offered if zone in formerly]
    for language in ("en", *LANGUAGES):
        cities = {
            zone: said["city"] for zone, said in localedata.load(language)["time_zones"].items() if "city" in said
        }
        cities = {formerly.get(zone, zone): called for zone, called in cities.items()} | cities
        found += [
            (language, zone, cities[zone])
            for zone in offered
            if zone not in formerly and cities.get(zone, place(zone)) != place(zone)
        ]
    return [HEAD.format(babel.__version__), *("\t".join(one) for one in found)]


if __name__ == "__main__":
    TABLE.write_text("\n".join([*lines(), ""]), encoding="utf-8")
