"""Looking for entries with SQLite: FTS5 leads from trigrams to places, from the last on, and each is looked at.

FTS5 goes only through the places of its range, so that other people's entries cost nothing, and stops when enough are
found.
"""

import time
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from importers.search.asked import PATIENCE, FoundPlaces, Narrowed
from importers.search.normal import AskedWord, source_mark
from importers.search.triggers import ENTRIES, FTS

STEPS = 20_000  # of SQLite's machine, after which it is seen how long it took


def find(database: BaseDatabaseWrapper, asked: Narrowed) -> FoundPlaces:
    """Returns the places of entries. What takes too long ends with those that were found by then."""
    match = _match(asked)
    conditions, values = _conditions(database, asked)
    one = (
        f"SELECT * FROM (SELECT e.place FROM {FTS} f CROSS JOIN {ENTRIES} e ON e.place = f.rowid "  # noqa: S608
        f"WHERE f.{FTS} MATCH %s AND f.rowid BETWEEN %s AND %s AND {conditions} ORDER BY f.rowid DESC LIMIT %s)"
    )
    parameters: list[Any] = []
    for places in asked.ranges:
        parameters += [match, places.first, places.last, *values, asked.most]
    found: list[int] = []
    with database.cursor() as cursor:
        until = time.monotonic() + PATIENCE
        database.connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        try:
            cursor.execute(" UNION ALL ".join([one] * len(asked.ranges)), parameters)
            while row := cursor.fetchone():
                found.append(row[0])
        except OperationalError as error:
            if "interrupted" not in str(error):
                raise
            return FoundPlaces(found, is_whole=False)
        finally:
            database.connection.set_progress_handler(None, 0)
    return FoundPlaces(found)


def _conditions(database: BaseDatabaseWrapper, asked: Narrowed) -> tuple[str, list[Any]]:
    """Trigrams may stand anywhere in a text, so each text is looked at."""
    conditions = ["e.owner_id = %s"]
    values: list[Any] = [asked.owner]
    for word in asked.words:
        column, part = ("beginnings", word.beginnings[0]) if word.is_short else ("text", word.letters)
        conditions.append(f"instr(e.{column}, %s) > 0")
        values.append(part)
    if asked.sources is not None:
        conditions.append(f"e.source IN ({', '.join(['%s'] * len(asked.sources))})")
        values += asked.sources
    for sign, moment in ((">=", asked.since), ("<", asked.until)):
        if moment is not None:
            conditions.append(f"e.at {sign} %s")
            values.append(database.ops.adapt_datetimefield_value(moment))
    return " AND ".join(conditions), values


def _match(asked: Narrowed) -> str:
    """The trigrams, for FTS5."""
    parts = [_all_of(part) for word in asked.words for part in _parts(word)]
    if asked.sources is not None:
        parts.append(f"({' OR '.join(f'({_all_of(source_mark(source))})' for source in asked.sources)})")
    return " AND ".join(parts)


def _parts(word: AskedWord) -> tuple[str, ...]:
    return word.beginnings if word.is_short else (word.letters,)


def _all_of(part: str) -> str:
    """Trigrams that cover a part: each letter is in one of them."""
    starts = [*range(0, len(part) - 2, 3), len(part) - 3]
    trigrams = dict.fromkeys(part[start : start + 3] for start in starts)
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)
