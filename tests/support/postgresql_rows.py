"""Rows of a PostgreSQL, as tests that were written for SQLite read them."""

from contextlib import closing
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads


class NamedRow(tuple[Any, ...]):
    """A row whose columns are found by place and by name, as of SQLite."""

    names: list[str]

    def keys(self) -> list[str]:
        return self.names

    def __getitem__(self, which: Any) -> Any:
        return super().__getitem__(self.names.index(which) if isinstance(which, str) else which)


def rows_of_postgresql(url: str, sql: str, parameters: tuple[object, ...]) -> list[NamedRow]:
    """What a PostgreSQL says now, asked as SQLite is: JSON is text there, and a time without a zone is UTC."""
    with closing(psycopg.connect(url, options="-c timezone=UTC", autocommit=True)) as database:
        set_json_loads(lambda text: text.decode() if isinstance(text, bytes) else text, database)
        asked = database.execute(sql.replace("?", "%s").encode(), parameters or None)
        names = [column.name for column in asked.description or ()]
        found = []
        for values in asked.fetchall():
            row = NamedRow(values)
            row.names = names
            found.append(row)
        return found
