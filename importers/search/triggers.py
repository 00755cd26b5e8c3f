"""What the database does by itself when a record comes, changes or goes: so no way in or out can forget the index.

A mark is written where a record has come or says something else; its entry goes where a record goes, or is thrown
away. Both in the transaction, and by the statement, that does so. On SQLite the index follows its entries by triggers
as well.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from importers.documents.kind import RecordKind
from importers.models import Container, SearchEntry, SearchMark
from importers.vertical import kinds

PREFIX = "search_"
ENTRIES, MARKS = SearchEntry._meta.db_table, SearchMark._meta.db_table
FTS = "importers_search"  # SQLite's table of words
NEVER = {"sqlite": "'1970-01-01 00:00:00'", "postgresql": "TIMESTAMPTZ '1970-01-01 00:00:00+00'"}
DIFFERS = {"sqlite": "{0}.{2} IS NOT {1}.{2}", "postgresql": "{0}.{2} IS DISTINCT FROM {1}.{2}"}


@dataclass(frozen=True)
class SearchTrigger:
    """One trigger. `table`: whose; `when`: `INSERT`, `DELETE`, or `UPDATE OF` some columns; `condition`: of which rows,
    of all if empty; `body`: a statement. `about`: what its name says besides."""

    about: str
    table: str
    when: str
    condition: str
    body: str

    @property
    def name(self) -> str:
        """Ends with a digest of what it says, so that one of another version is known as such."""
        said = "\n".join((self.when, self.condition, self.body))
        return f"{PREFIX}{self.about}_{hashlib.sha256(said.encode()).hexdigest()[:8]}"

    def statements(self, vendor: str) -> list[str]:
        """Returns the SQL that makes it."""
        when = f"WHEN ({self.condition})" if self.condition else ""
        head = f"CREATE TRIGGER {self.name} AFTER {self.when} ON {self.table} FOR EACH ROW {when}"
        if vendor == "sqlite":
            return [f"{head} BEGIN {self.body}; END"]
        function = (
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {self.body}; RETURN NULL; END $$"
        )
        return [function, f"{head} EXECUTE FUNCTION {self.name}()"]


@cache
def searched_kinds() -> tuple[RecordKind, ...]:
    """Returns every kind of which something is searched."""
    return tuple(kind for kind in kinds() if kind.searched)


def triggers_of(kind: RecordKind, vendor: str) -> list[SearchTrigger]:
    """Returns those on the table of one kind."""
    table = kind.model._meta.db_table
    came = "arrived_at" if issubclass(kind.model, Container) else "changed_at"
    here = {row: _is_found(row, came, vendor) for row in ("OLD", "NEW")}
    said = tuple(dict.fromkeys((*kind.searched, kind.at, "received_at", "trashed_at", "source_id", "owner_id")))
    columns = tuple(dict.fromkeys((*said, came)))
    differs = [DIFFERS[vendor].format("OLD", "NEW", name) for name in said]
    changed = " OR ".join((f"NOT ({here['OLD']})", *differs))
    mark = f"INSERT INTO {MARKS} (owner_id, kind, record) VALUES (NEW.owner_id, '{kind.name}', NEW.id)"  # noqa: S608
    gone = f"DELETE FROM {ENTRIES} WHERE kind = '{kind.name}' AND record = OLD.id"  # noqa: S608
    update = f"UPDATE OF {', '.join(columns)}"
    return [
        SearchTrigger(f"{kind.name}_came", table, "INSERT", here["NEW"], mark),
        SearchTrigger(f"{kind.name}_changed", table, update, f"({here['NEW']}) AND ({changed})", mark),
        SearchTrigger(f"{kind.name}_left", table, update, f"({here['OLD']}) AND NOT ({here['NEW']})", gone),
        SearchTrigger(f"{kind.name}_gone", table, "DELETE", "", gone),
        *(_trigger_within(kind, *one, vendor) for one in kind.searched_within),
    ]


def _trigger_within(kind: RecordKind, reference: str, column: str, lacking: str, vendor: str) -> SearchTrigger:
    """Returns the one by which records are marked that lack something, when what they are in says something else in a
    column."""
    field = kind.model._meta.get_field(reference)
    related: Any = field.related_model
    table = kind.model._meta.db_table
    inside = (
        f"INSERT INTO {MARKS} (owner_id, kind, record) "  # noqa: S608 (our names)
        f"SELECT owner_id, '{kind.name}', id FROM {table} WHERE {reference}_id = NEW.id AND {lacking}"
    )
    differs = DIFFERS[vendor].format("OLD", "NEW", column)
    return SearchTrigger(f"{kind.name}_in", related._meta.db_table, f"UPDATE OF {column}", differs, inside)


def triggers_of_index(vendor: str) -> list[SearchTrigger]:
    """Returns those by which SQLite's index follows its entries; PostgreSQL's does so itself."""
    if vendor != "sqlite":
        return []
    added = f"INSERT INTO {FTS} (rowid, text, beginnings) VALUES (NEW.place, NEW.text, NEW.beginnings)"  # noqa: S608
    taken = (
        f"INSERT INTO {FTS} ({FTS}, rowid, text, beginnings) VALUES "  # noqa: S608
        "('delete', OLD.place, OLD.text, OLD.beginnings)"
    )
    return [
        SearchTrigger("added", ENTRIES, "INSERT", "", added),
        SearchTrigger("taken", ENTRIES, "DELETE", "", taken),
    ]


def _is_found(row: str, came: str, vendor: str) -> str:
    """A condition: whether this row has come, and is not in the bin."""
    has_come = f"{row}.arrived_at IS NOT NULL" if came == "arrived_at" else f"{row}.changed_at <> {NEVER[vendor]}"
    return f"{has_come} AND {row}.trashed_at IS NULL"
