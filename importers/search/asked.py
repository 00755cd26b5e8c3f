"""What both databases are asked for, and what they answer."""

from dataclasses import dataclass
from datetime import datetime

from importers.search.normal import AskedWord
from importers.search.places import PlaceRange

PATIENCE = 1.0  # seconds for which either looks for what is hard to find


@dataclass(frozen=True)
class Narrowed:
    """Which entries are looked for: in these places, each range of one kind, those of this person that have all the
    words, come from one of the sources, if any are named, and are of this time, the end not in it; in each range the
    last ones, so many at most."""

    owner: int
    ranges: tuple[PlaceRange, ...]
    words: tuple[AskedWord, ...]
    most: int
    sources: tuple[int, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class FoundPlaces:
    """`is_whole`: nothing was left out because to look further would have taken too long."""

    places: list[int]
    is_whole: bool = True
