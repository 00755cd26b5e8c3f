"""A connection of its own, in one transaction that only reads: everything it shows is as it was when it began."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.utils import load_backend

from accounts.models import User
from importers.documents.snapshot import Snapshot

ALIAS = "snapshot"


@contextmanager
def snapshot_of(owner: User) -> Iterator[Snapshot]:
    """Everything of a person, as it is now. Others go on writing; nothing of that shows.

    SQLite: a transaction that begins by reading (the server's begin by taking the write lock) sees one state of the
    write-ahead log. PostgreSQL: `REPEATABLE READ READ ONLY`, with the rows coming through server-side cursors.
    """
    facts = deepcopy(connections[DEFAULT_DB_ALIAS].settings_dict)
    options = facts["OPTIONS"]
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
    else:
        from psycopg import IsolationLevel  # SQLite does without it

        options.pop("pool", None)
        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    connection = load_backend(facts["ENGINE"]).DatabaseWrapper(facts, ALIAS)
    connections[ALIAS] = connection  # of this thread
    try:
        with transaction.atomic(using=ALIAS):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ ONLY")
            # The first question fixes the moment.
            yield Snapshot(User.objects.using(ALIAS).get(pk=owner.pk), ALIAS)
    finally:
        connection.close()
        del connections[ALIAS]
