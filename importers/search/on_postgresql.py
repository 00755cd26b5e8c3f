"""Looking for entries with PostgreSQL: first among the last ones of each kind, where what is frequent is found, and
further back where something was; then by an index of trigrams, which leads to what is rare.

That index (GIN) always brings all that it finds, in no order; so it is asked for those kinds alone of which too little
was found, and not for long.
"""

from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from importers.search.asked import PATIENCE, FoundPlaces, Narrowed
from importers.search.places import WITHIN_BITS, PlaceRange, is_beside
from importers.search.triggers import ENTRIES

QUERY_CANCELED = "57014"  # its SQLSTATE: what takes too long
LOOKED_AT = 8_000  # entries, of all kinds together, that are looked at one by one
FURTHER = 10  # times as many, where some were found among those


@dataclass
class _Looked:
    """How far entries of one kind have been looked at. `found`: places, the last ones first; `rest`: the last place
    that has not been looked at, None where all have been."""

    places: PlaceRange
    found: list[int]
    rest: int | None


def find(database: BaseDatabaseWrapper, asked: Narrowed) -> FoundPlaces:
    """Returns the places of entries. What takes too long is left out."""
    each = max(asked.most, LOOKED_AT // len(asked.ranges))
    where = _conditions(asked)
    looked = [_Looked(places, [], places.last) for places in asked.ranges]
    is_inside, is_whole = database.in_atomic_block, True

    def poor() -> list[_Looked]:
        return [one for one in looked if one.rest is not None and len(one.found) < asked.most]

    try:
        with transaction.atomic(using=database.alias), database.cursor() as cursor:
            # To compile takes longer than any of these.
            cursor.execute(f"SET LOCAL jit = off; SET LOCAL statement_timeout = {int(PATIENCE * 1000)}")
            _look(cursor, asked, looked, each, *where)
            if further := [one for one in poor() if one.found]:
                _look(cursor, asked, further, each * FURTHER, *where)
            if rare := poor():
                _ask_index(cursor, asked, rare, *where)
            if is_inside:
                cursor.execute("SET LOCAL jit TO DEFAULT; SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != QUERY_CANCELED:
            raise
        is_whole = False
    return FoundPlaces([place for one in looked for place in one.found], is_whole)


def _look(cursor: Any, asked: Narrowed, looked: list[_Looked], each: int, conditions: str, values: list[Any]) -> None:
    """Looks at so many entries more of each kind, one by one."""
    between = f"FROM {ENTRIES} WHERE place BETWEEN %s AND %s ORDER BY place DESC"
    queries: list[str] = []
    parameters: list[Any] = []
    for number, one in enumerate(looked):
        last = f"SELECT * {between} LIMIT {each}"
        wanted = asked.most - len(one.found)
        queries += [
            f"(SELECT {number}, place, false FROM ({last}) e WHERE {conditions} ORDER BY place DESC LIMIT {wanted})",  # noqa: S608
            f"(SELECT {number}, place, true {between} OFFSET {each} LIMIT 1)",
        ]
        ends = [one.places.first, one.rest]
        parameters += [*ends, *values, *ends]
        one.rest = None
    cursor.execute(" UNION ALL ".join(queries), parameters)
    for number, place, is_rest in cursor.fetchall():
        if is_rest:
            looked[number].rest = place
        else:
            looked[number].found.append(place)


def _ask_index(cursor: Any, asked: Narrowed, looked: list[_Looked], conditions: str, values: list[Any]) -> None:
    """Finds the last places among those that were not looked at."""
    # The sums keep PostgreSQL from walking over the places instead of asking the index.
    places = " OR ".join(["place + 0 BETWEEN %s AND %s"] * len(looked))
    ends = [end for one in looked for end in (one.places.first, one.rest)]
    kind = f"place >> {WITHIN_BITS}"
    ranked = (
        f"SELECT place, row_number() OVER (PARTITION BY {kind} ORDER BY place DESC) AS rank FROM {ENTRIES} "  # noqa: S608
        f"WHERE ({kind}) = ANY(%s::bigint[]) AND {conditions} AND ({places})"
    )
    of_kinds = [one.places.first >> WITHIN_BITS for one in looked]
    cursor.execute(
        f"SELECT place FROM ({ranked}) ranked WHERE rank <= {asked.most} ORDER BY place DESC",  # noqa: S608
        [of_kinds, *values, *ends],
    )
    found = [place for (place,) in cursor.fetchall()]
    for one in looked:
        mine = [place for place in found if is_beside(place, one.places.first)]
        one.found += mine[: asked.most - len(one.found)]


def _conditions(asked: Narrowed) -> tuple[str, list[Any]]:
    conditions = ["owner_id = %s"]
    values: list[Any] = [asked.owner]
    for word in asked.words:
        parts = [("beginnings", part) for part in word.beginnings]
        for column, part in parts if word.is_short else [("text", word.letters), *parts]:
            conditions.append(f"{column} LIKE %s")
            values.append(f"%{_literally(part)}%")
    if asked.sources is not None:
        conditions.append("source = ANY(%s)")
        values.append(list(asked.sources))
    for sign, moment in ((">=", asked.since), ("<", asked.until)):
        if moment is not None:
            conditions.append(f"at {sign} %s")
            values.append(moment)
    return " AND ".join(conditions), values


def _literally(part: str) -> str:
    """A part of a pattern that stands for itself."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
