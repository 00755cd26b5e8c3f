"""The triggers are there after every migration, and what they count is right when they begin."""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.database_triggers import drop, installed
from importers.counting.counted import CountedModel, counted_models
from importers.counting.triggers import (
    COUNTS,
    MARK,
    NUMBERS,
    PREFIX,
    TAKEN,
    CountTrigger,
    counting,
    marks_anew,
    sizes_anew,
    taken_anew,
    triggers,
)


def before_migrations(sender: AppConfig, using: str, plan: list[tuple[Any, bool]] | None = None, **more: Any) -> None:
    """Takes the triggers away where migrations could not do with them: SQLite makes a table anew to change it, and can
    do so with none that a trigger names; and one that goes back may have nothing to count in."""
    database = connections[using]
    goes_back = any(backwards for _, backwards in plan or ())
    if plan and (database.vendor == "sqlite" or goes_back):
        for name, table in installed(database, PREFIX).items():
            drop(database, name, table)


def after_migrations(sender: AppConfig, using: str, **more: Any) -> None:
    """Makes those that are not there, and counts for them what stands."""
    install(connections[using])


def install(database: BaseDatabaseWrapper) -> list[str]:
    """Makes the triggers that are not there, and takes away those that are of another version. Returns the kinds for
    which there were some to make."""
    tables = set(database.introspection.table_names())
    if COUNTS not in tables:
        return []
    there = installed(database, PREFIX)
    wanted = [
        trigger
        for trigger in triggers(database.vendor)
        if trigger.counted.table in tables and _has_columns(database, trigger)
    ]
    names = {trigger.name for trigger in wanted}
    for name, table in there.items():
        if name not in names:
            drop(database, name, table)
    mended = []
    for counted in counted_models():
        lacking = [one for one in wanted if one.counted == counted and one.name not in there]
        if not lacking:
            continue
        with transaction.atomic(using=database.alias), database.cursor() as cursor:
            for trigger in lacking:
                for statement in trigger.statements(database.vendor):
                    cursor.execute(statement)  # nobody writes to the table from here on to the end
            count_anew(database, counted)
            for statement in _kept_anew(counted, {one.event.partition("_")[0] for one in lacking}):
                cursor.execute(statement)
        mended.append(counted.kind)
    return mended


def _kept_anew(counted: CountedModel, events: set[str]) -> Iterator[str]:
    """Yields the statements that put what triggers of these events keep in the rows themselves."""
    if counted.keeps_size:
        yield sizes_anew(counted)
    if counted.to_do is not None and MARK in events:
        yield marks_anew(counted, counted.to_do)
    if counted.keeps_taken and TAKEN in events:
        yield taken_anew(counted)


def _has_columns(database: BaseDatabaseWrapper, trigger: CountTrigger) -> bool:
    """Whether the table has the column that it keeps: migrations may stop before they have made it."""
    kept = {TAKEN: "taken_at", MARK: trigger.counted.to_do.column if trigger.counted.to_do else ""}
    column = kept.get(trigger.event.partition("_")[0])
    if not column:
        return True
    with database.cursor() as cursor:
        described = database.introspection.get_table_description(cursor, trigger.counted.table)
    return column in {one.name for one in described}


def lacking(database: BaseDatabaseWrapper) -> list[str]:
    """Returns the names of triggers that should be there and are not."""
    there = installed(database, PREFIX)
    return [trigger.name for trigger in triggers(database.vendor) if trigger.name not in there]


def count_anew(database: BaseDatabaseWrapper, counted: CountedModel, owner: int | None = None) -> None:
    """Counts the rows of one kind that stand: everybody's, or those of one person, who is locked."""
    mine, values = ("", []) if owner is None else ("AND r.owner_id = %s", [owner])
    whose = mine.replace("r.", "")
    names = ", ".join(NUMBERS)
    with database.cursor() as cursor:
        cursor.execute(f"DELETE FROM {COUNTS} WHERE kind = %s {whose}", [counted.kind, *values])  # noqa: S608
        cursor.execute(
            f"INSERT INTO {COUNTS} (owner_id, kind, {names}) {counting(counted, database.vendor, mine)}", values
        )


def count_of(database: BaseDatabaseWrapper, counted: CountedModel, owner: int) -> tuple[int, ...]:
    """Returns the numbers of the rows of one kind that stand and are of this person, in the order of `NUMBERS`."""
    with database.cursor() as cursor:
        cursor.execute(counting(counted, database.vendor, "AND r.owner_id = %s"), [owner])
        found = cursor.fetchone()
    return tuple(found[2:]) if found else (0,) * len(NUMBERS)
