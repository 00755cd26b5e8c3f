"""What somebody looks for, and which records it is found in: the newest of each kind."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models.functions import Left

from accounts.models import User
from importers.documents.kind import RecordKind
from importers.models import RecordCount, SearchEntry
from importers.search import on_postgresql, on_sqlite
from importers.search.asked import FoundPlaces, Narrowed
from importers.search.normal import AskedWord
from importers.search.places import PlaceRange, places_of
from importers.search.triggers import searched_kinds

MOST_SHOWN = 20_000  # characters of a text in which it is shown what matched


@dataclass(frozen=True)
class Search:
    """What somebody looks for. `words`: all of which a record must have; `kind`: of this kind alone; `sources`: from
    these; `since` and `until`: of this time, the end not in it; `most`: so many of each kind; `before`: those of the
    kind that come behind this place (see `places.place_within`)."""

    person: User
    words: list[AskedWord]
    most: int
    kind: RecordKind | None = None
    sources: tuple[int, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True)
class FoundEntries:
    """What was found. `entries`: by the name of their kind, the newest first, each with the beginning of its text as
    `said`. `is_whole`: nothing was left out because to look further would have taken too long."""

    entries: dict[str, list[Any]] = field(default_factory=dict)
    is_whole: bool = True


def find(search: Search) -> FoundEntries:
    """Returns what is found, in three queries on SQLite, and nine statements on PostgreSQL at most."""
    ranges = _ranges(search)
    if not search.words or not ranges or search.sources == ():
        return FoundEntries()
    narrowed = Narrowed(
        search.person.pk,
        tuple(ranges),
        tuple(search.words),
        search.most,
        search.sources,
        search.since,
        search.until,
    )
    on: Any = on_sqlite if connection.vendor == "sqlite" else on_postgresql
    found: FoundPlaces = on.find(connection, narrowed)
    rows = SearchEntry.objects.filter(place__in=found.places, owner=search.person).order_by("-place")
    entries: dict[str, list[Any]] = {}
    for entry in rows.defer("text", "beginnings").annotate(said=Left("text", MOST_SHOWN)):
        entries.setdefault(entry.kind, []).append(entry)
    return FoundEntries(entries, found.is_whole)


def _ranges(search: Search) -> list[PlaceRange]:
    """Where entries may be: of the kinds of which the person has any."""
    owner = search.person.pk
    if search.kind is not None:
        places = places_of(owner, search.kind.search_number, search.since, search.until)
        last = places.last if search.before is None else min(places.last, places.base + search.before - 1)
        return [PlaceRange(places.base, places.first, last)]
    here = set(RecordCount.objects.filter(owner=search.person, records__gt=0).values_list("kind", flat=True))
    return [
        places_of(owner, kind.search_number, search.since, search.until)
        for kind in searched_kinds()
        if kind.name in here
    ]
