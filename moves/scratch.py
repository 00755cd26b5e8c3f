"""Tables that are needed for a while, and may be larger than memory."""

import sqlite3


def scratch_database(*tables: str) -> sqlite3.Connection:
    """Returns a database on the disk with these tables, each named with its columns as in `CREATE TABLE`.

    It is a file without a name, so it is gone when it is closed, and when its process ends. All that is written
    belongs to one transaction, which nobody commits: nothing of it has to survive anything.
    """
    scratch = sqlite3.connect("", isolation_level=None)
    scratch.execute("PRAGMA journal_mode=OFF")
    for table in tables:
        scratch.execute(f"CREATE TABLE {table}")
    scratch.execute("BEGIN")
    return scratch
