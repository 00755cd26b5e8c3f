"""Triggers that a database has, by their names."""

from django.db.backends.base.base import BaseDatabaseWrapper

INSTALLED = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
    "postgresql": "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = ANY (current_schemas(false)) WHERE t.tgname LIKE %s",
}

# What the database will do, as it has it.
MADE_OF = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
    "postgresql": "SELECT t.tgname, t.tgtype || ' ' || (t.tgqual IS NOT NULL)::text || ' ' || p.proname || ' '"
    " || t.tgattr::text || p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = c.relnamespace "
    "AND n.nspname = ANY (current_schemas(false)) WHERE t.tgname LIKE %s",
}


def installed(database: BaseDatabaseWrapper, prefix: str) -> dict[str, str]:
    """Returns those whose names begin so, each with its table."""
    with database.cursor() as cursor:
        cursor.execute(INSTALLED[database.vendor], [f"{prefix}%"])
        return {name: table for name, table in cursor.fetchall() if name.startswith(prefix)}


def made_of(database: BaseDatabaseWrapper, prefix: str) -> dict[str, str]:
    """Returns what each of them was made of: on SQLite its statement; on PostgreSQL its type (`tgtype`), whether it has
    a condition, its function's name, and the columns and the text of that."""
    with database.cursor() as cursor:
        cursor.execute(MADE_OF[database.vendor], [f"{prefix}%"])
        return dict(cursor.fetchall())


def switched_off(database: BaseDatabaseWrapper, prefix: str) -> set[str]:
    """Returns the names of those that stand there and do nothing (PostgreSQL's ALTER TABLE … DISABLE TRIGGER)."""
    if database.vendor != "postgresql":
        return set()
    with database.cursor() as cursor:
        cursor.execute(f"{INSTALLED[database.vendor]} AND t.tgenabled NOT IN ('O', 'A')", [f"{prefix}%"])
        return {name for name, _ in cursor.fetchall()}


def drop(database: BaseDatabaseWrapper, name: str, table: str) -> None:
    """Takes one away, with the function of the same name that it has on PostgreSQL."""
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {name}()")
        else:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
