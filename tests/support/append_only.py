"""What no production database does: the audit trail is emptied between two tests, or changed by somebody who owns the
database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Model

from audit import append_only, database_triggers


def empty_trail(tables: list[str]) -> None:
    """Deletes all rows of these tables of the trail, in the transaction that is under way."""
    if not tables:
        return
    with changeable_trail(tables), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 (from the models)


@contextmanager
def changed_trail(*models: type[Model]) -> Iterator[None]:
    """In one transaction, the database refuses nothing of what is done to the tables of these models."""
    with transaction.atomic(), changeable_trail([model._meta.db_table for model in models]):
        yield


@contextmanager
def changeable_trail(tables: list[str]) -> Iterator[None]:
    """The database refuses nothing meanwhile of what is done to these tables. Runs in a transaction.

    PostgreSQL lets a superuser do without triggers; SQLite's are taken away and made again.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
        return
    guards = [one for one in append_only.triggers("sqlite") if one.table in tables and one.action != "INSERT"]
    for one in guards:
        database_triggers.drop(connection, one.name, one.table)
    yield
    with connection.cursor() as cursor:
        for one in guards:
            for statement in one.statements("sqlite"):
                cursor.execute(statement)
