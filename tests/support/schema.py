"""What a database is made of, so that two of them can be compared. The order of columns in a table says nothing: it is
that of their coming."""

import re

from django.db.backends.base.base import BaseDatabaseWrapper

# What Django's introspection does not tell: conditions and expressions of indexes, actions of foreign keys, triggers.
DEFINITIONS = {
    "sqlite": """
        SELECT type, name, sql FROM sqlite_master WHERE type != 'table' AND sql IS NOT NULL
        UNION ALL SELECT DISTINCT table_list.name, key."from", key."table" || '.' || key."to" || ' ' || key.on_delete
        FROM pragma_table_list AS table_list, pragma_foreign_key_list(table_list.name) AS key
    """,
    "postgresql": """
        SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'sequence', sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'
    """,
}


# Names that SQLite's have in no file: numbers, in the order of their coming.
NUMBERED = re.compile(r"__unnamed_constraint_\d+__|fk_\d+")


def schema_of(connection: BaseDatabaseWrapper) -> list[str]:
    """Returns a line for each column, constraint and index."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = connection.introspection.get_table_description(cursor, table)
            found += [f"{table}: {column}" for column in columns]
            for name, constraint in connection.introspection.get_constraints(cursor, table).items():
                named = "" if NUMBERED.fullmatch(name) else name
                found.append(f"{table}: {named} {sorted(constraint.items())}")
        cursor.execute(DEFINITIONS[connection.vendor])
        found += [": ".join(row) for row in cursor.fetchall()]
    return sorted(found)
