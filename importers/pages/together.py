"""Some rows of many kinds, or of many days, asked for by one statement: an index leads to the few of each."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

BEGIN, END = datetime(1, 2, 1, tzinfo=UTC), datetime(1, 2, 2, tzinfo=UTC)  # stand for others (see `for_each`)


def rows_together(queries: Sequence[QuerySet[Any, Any]]) -> list[tuple[int, Any]]:
    """Returns the rows of these queries, each with the number of its query. Each names as many columns by
    `values_list`, of texts, numbers and moments (which SQLite gives as texts), and says itself how many it wants:
    no database but PostgreSQL takes Django's own `union` of such."""
    return rows_of([query.query.sql_with_params() for query in queries])


def rows_of(statements: Iterable[tuple[str, Sequence[Any]]], using: str = DEFAULT_DB_ALIAS) -> list[tuple[int, Any]]:
    """Returns the rows of these statements in the same way, asked for over the connection `using`."""
    parts: list[str] = []
    values: list[Any] = []
    for number, (sql, parameters) in enumerate(statements):
        parts.append(f"SELECT {number} AS part, p{number}.* FROM ({sql}) AS p{number}")  # noqa: S608 (Django's own)
        values += parameters
    if not parts:
        return []
    with connections[using].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return [(number, row) for number, *row in cursor.fetchall()]


def for_each(
    query: QuerySet[Any, Any], spans: Sequence[tuple[datetime, datetime]]
) -> list[tuple[str, tuple[Any, ...]]]:
    """Returns statements that ask a query for each of these spans of time: it names `BEGIN` and `END` where the span
    begins and ends. Django takes a while to write one, and PostgreSQL to plan one, so each does it once; SQLite has no
    LATERAL, and plans quickly."""
    connection = connections[query.db]
    sql, parameters = query.query.sql_with_params()
    begin, end = (connection.ops.adapt_datetimefield_value(moment) for moment in (BEGIN, END))
    if connection.vendor == "postgresql":
        named = {begin: "span.begins", end: "span.ends"}
        texts = sql.split("%s")
        marks = [named.get(value, "%s") for value in parameters]
        inner = "".join(f"{text}{mark}" for text, mark in zip(texts, [*marks, ""], strict=True))
        rows = ", ".join(["(%s::timestamptz, %s::timestamptz)"] * len(spans))
        listed = f"(VALUES {rows}) AS span (begins, ends)"
        values = [*chain.from_iterable(spans), *(value for value in parameters if value not in named)]
        return [(f"SELECT found.* FROM {listed} CROSS JOIN LATERAL ({inner}) AS found", tuple(values))]  # noqa: S608
    found = []
    for span in spans:
        adapted = dict(zip((begin, end), map(connection.ops.adapt_datetimefield_value, span), strict=True))
        found.append((sql, tuple(adapted.get(value, value) for value in parameters)))
    return found
