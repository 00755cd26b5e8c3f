"""The index and the triggers are there after every migration, and what they did not see is looked at again."""

import hashlib
import sys
from contextlib import suppress
from functools import cache
from typing import Any

from django.apps import AppConfig
from django.db import Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.database_triggers import drop, installed
from importers.documents.kind import RecordKind
from importers.models import SearchFill
from importers.search.places import WITHIN_BITS
from importers.search.triggers import (
    ENTRIES,
    FTS,
    PREFIX,
    SearchTrigger,
    searched_kinds,
    triggers_of,
    triggers_of_index,
)

INDEXING = 1  # raised when the same record is searched by other texts, or by other words of them
EXTENSIONS = ("btree_gin", "pg_trgm")
MAKE_FTS = (
    f"CREATE VIRTUAL TABLE {FTS} USING fts5(text, beginnings, content='{ENTRIES}', content_rowid='place', "
    "tokenize='trigram case_sensitive 1', detail='none')"
)
# What is not sorted in yet is read by every search, so it must not be much.
OF_TRIGRAMS = (
    f"ON {ENTRIES} USING gin ((place >> {WITHIN_BITS}), source, text gin_trgm_ops, beginnings gin_trgm_ops) "
    "WITH (gin_pending_list_limit = 256)"
)
# It is named by what it is made of, as the triggers are, so that one of another version is known as such.
ANY_TRIGRAMS = "importers_search_trigrams"
TRIGRAMS = f"{ANY_TRIGRAMS}_{hashlib.sha256(OF_TRIGRAMS.encode()).hexdigest()[:8]}"
MAKE_TRIGRAMS = f"CREATE INDEX {TRIGRAMS} {OF_TRIGRAMS}"


def before_migrations(sender: AppConfig, using: str, plan: list[tuple[Any, bool]] | None = None, **more: Any) -> None:
    """Takes the triggers away where migrations could not do with them, as those that count (see importers/counting).
    SQLite's index goes on following its entries: to make it anew takes long."""
    database = connections[using]
    goes_back = any(backwards for _, backwards in plan or ())
    if plan and (database.vendor == "sqlite" or goes_back):
        for name, table in installed(database, PREFIX).items():
            if goes_back or table != ENTRIES:
                drop(database, name, table)
    if goes_back and database.vendor == "sqlite":
        with database.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {FTS}")


def after_migrations(sender: AppConfig, using: str, **more: Any) -> None:
    """Makes what is not there. Where the database does not let it, says what an operator has to type."""
    database = connections[using]
    install(database)
    if advice := lacking(database):
        print(f"  {advice}", file=more.get("stdout") or sys.stdout)


def install(database: BaseDatabaseWrapper) -> None:
    """Makes the index and the triggers, where they are not there or are of another version. Records that came or
    changed without them are compared with the index by a worker."""
    tables = set(database.introspection.table_names())
    if ENTRIES not in tables or SearchFill._meta.db_table not in tables:
        return
    _make_index(database)
    there = installed(database, PREFIX)
    wanted = {kind: triggers_of(kind, database.vendor) for kind in searched_kinds()}
    beside = _of_index(database)
    names = {trigger.name for trigger in (*beside, *(one for some in wanted.values() for one in some))}
    for name, table in there.items():
        if name not in names:
            drop(database, name, table)
    if any(trigger.name not in there for trigger in beside):
        _make(database, beside, there)
        index_anew(database)
    for kind, triggers in wanted.items():
        if kind.model._meta.db_table in tables and any(one.name not in there for one in triggers):
            with transaction.atomic(using=database.alias):
                _make(database, triggers, there)
                _look_again(database, kind)


def lacking(database: BaseDatabaseWrapper) -> str:
    """Returns what an operator has to do so that searching is quick and complete; empty where nothing is."""
    if database.vendor == "sqlite":
        return "" if FTS in database.introspection.table_names() else "Searching needs SQLite 3.34 or later, with FTS5."
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_class WHERE relname = %s AND pg_table_is_visible(oid)", [TRIGRAMS])
        if cursor.fetchone():
            return ""
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
    typed = " ".join(f"CREATE EXTENSION IF NOT EXISTS {extension};" for extension in EXTENSIONS)
    return (
        "Searching is slow and does not reach far back: this role may not make PostgreSQL’s extensions. As a superuser"
        f' type psql -d {name} -c "{typed}" and then manage.py migrate.'
    )


def missing_triggers(database: BaseDatabaseWrapper) -> list[str]:
    """Returns the names of triggers that should be there and are not."""
    there = installed(database, PREFIX)
    wanted = _of_index(database)
    for kind in searched_kinds():
        wanted += triggers_of(kind, database.vendor)
    return [trigger.name for trigger in wanted if trigger.name not in there]


@cache
def version_of(kind: RecordKind) -> str:
    """Returns what stands for what is searched of a kind, and how."""
    said = (
        str(INDEXING),
        kind.at,
        *kind.searched,
        *kind.searched_with,
        *map(".".join, kind.searched_within),
        str(kind.search_number),
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


def _make_index(database: BaseDatabaseWrapper) -> None:
    """Makes what there is to find words by, if the database can and this role may; `lacking` says it otherwise."""
    if not lacking(database):
        return
    made = [f"CREATE EXTENSION IF NOT EXISTS {extension}" for extension in EXTENSIONS] + [MAKE_TRIGRAMS]
    with suppress(Error), transaction.atomic(using=database.alias), database.cursor() as cursor:
        for statement in [MAKE_FTS] if database.vendor == "sqlite" else [*_drop_outdated(cursor), *made]:
            cursor.execute(statement)


def _drop_outdated(cursor: Any) -> list[str]:
    """The statements that take PostgreSQL's index of another version away."""
    named = "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE %s AND pg_table_is_visible(oid)"
    cursor.execute(named, [f"{ANY_TRIGRAMS}%"])
    return [f"DROP INDEX {name}" for (name,) in cursor.fetchall()]


def _of_index(database: BaseDatabaseWrapper) -> list[SearchTrigger]:
    has_index = database.vendor != "sqlite" or FTS in database.introspection.table_names()
    return triggers_of_index(database.vendor) if has_index else []


def _make(database: BaseDatabaseWrapper, triggers: list[SearchTrigger], there: dict[str, str]) -> None:
    with database.cursor() as cursor:
        for trigger in triggers:
            if trigger.name not in there:
                for statement in trigger.statements(database.vendor):
                    cursor.execute(statement)


def index_anew(database: BaseDatabaseWrapper) -> None:
    """Makes the database's own index of all entries anew. SQLite lets nobody write meanwhile."""
    anew = f"INSERT INTO {FTS} ({FTS}) VALUES ('rebuild')"  # noqa: S608 (our name)
    with database.cursor() as cursor:
        cursor.execute(anew if database.vendor == "sqlite" else f"REINDEX INDEX {TRIGRAMS}")


def _look_again(database: BaseDatabaseWrapper, kind: RecordKind) -> None:
    start = {"version": version_of(kind), "position": 0, "through_at": None}
    SearchFill.objects.using(database.alias).update_or_create(kind=kind.name, defaults=start)
