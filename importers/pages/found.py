"""What a search shows of the records that it has found: each with what matched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from accounts.models import User
from importers.models import Content
from importers.models.content import Drawn
from importers.pages.kinds import RecordPages, pages_of
from importers.pages.shown import shown_column
from importers.search.highlight import TextPiece, extract, marked
from importers.search.normal import AskedWord
from importers.search.triggers import searched_kinds

BETWEEN = "\ufdd0\x1f"  # columns, as they are read together
MOST_READ = 20_000  # characters of a column in which is shown what matched
NO_COLUMNS = ("payload",)  # what is searched and has no words that people use
MOST_SHOWN = 3  # columns of a record that say what matched


@dataclass(frozen=True)
class FoundIn:
    """What a column says around what matched. `words`: what the column is called; empty for a text that is no
    column's."""

    words: str
    pieces: list[TextPiece]


@dataclass(frozen=True)
class FoundRecord:
    """A record that was found. `record`: it, with nothing of it but what it is called and what is said of a thumbnail;
    `at`: the moment that lists sort it by; `service`: where it came from."""

    record: Any
    address: str
    title: list[TextPiece]
    at: datetime
    service: str
    found_in: list[FoundIn]


def found_records(
    person: User, entries: Mapping[str, list[Any]], words: list[AskedWord], services: Mapping[int, str]
) -> dict[str, list[FoundRecord]]:
    """Returns what is shown of these entries, by the name of their kind, in one query. What is not there any more is
    left out."""
    read = _columns_of(person, entries)
    found: dict[str, list[FoundRecord]] = {}
    for name, some in entries.items():
        pages = _pages(name)
        for entry in some:
            record = read.get((name, entry.record))
            if record is None:
                continue
            title = marked(pages.title(record), words)
            inside = list(_found_in(pages, record, words))[:MOST_SHOWN]
            if not inside and not any(piece.is_found for piece in title):
                inside = [FoundIn("", extract(entry.said, words))]
            service = services.get(entry.source, "")
            shown = FoundRecord(record, pages.address(record), title, entry.at, service, inside)
            found.setdefault(name, []).append(shown)
    return found


@cache
def _pages(name: str) -> RecordPages:
    return pages_of(next(kind.model for kind in searched_kinds() if kind.name == name))


@cache
def _columns(pages: RecordPages) -> tuple[str, ...]:
    names = dict.fromkeys((*pages.titles, *pages.kind.searched))
    return tuple(name for name in names if name not in NO_COLUMNS)


def _columns_of(person: User, entries: Mapping[str, list[Any]]) -> dict[tuple[str, int], Any]:
    """Reads the records, of all kinds in one statement."""
    queries: list[str] = []
    parameters: list[Any] = []
    for name, some in entries.items():
        pages = _pages(name)
        columns = f" || '{BETWEEN}' || ".join(
            f"COALESCE(SUBSTR({column}, 1, {MOST_READ}), '')" for column in _columns(pages)
        )
        keys = ", ".join(["%s"] * len(some))
        table = pages.kind.model._meta.db_table
        drawn = "''"
        if pages.has_content:
            of_content = f"FROM {Content._meta.db_table} AS c WHERE c.id = {table}.content_id"
            drawn = f"COALESCE((SELECT c.sha256 {of_content} AND c.drawn = '{Drawn.MADE}'), '')"
        queries.append(
            f"SELECT '{name}', id, doc_id, {drawn}, {columns} FROM {table} "  # noqa: S608 (our names)
            f"WHERE id IN ({keys}) AND owner_id = %s AND trashed_at IS NULL"
        )
        parameters += [*(entry.record for entry in some), person.pk]
    if not queries:
        return {}
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(queries), parameters)
        for name, pk, doc_id, drawn, said in cursor.fetchall():
            pages = _pages(name)
            read = dict(zip(_columns(pages), said.split(BETWEEN), strict=False))
            model: Any = pages.kind.model
            if pages.has_content:
                read["content"] = Content(sha256=drawn, drawn=Drawn.MADE) if drawn else None
            found[name, pk] = model(pk=pk, doc_id=doc_id, **read)
    return found


def _found_in(pages: RecordPages, record: Any, words: list[AskedWord]) -> Iterable[FoundIn]:
    title = pages.title(record)
    for name in pages.kind.searched:
        if name in NO_COLUMNS or (text := getattr(record, name)) == title:
            continue
        if pieces := extract(text, words):
            shown = shown_column(pages.kind.model, name, text, pages.words)
            yield FoundIn(str(shown.words) if shown else "", pieces)
