"""The statements that every item runs, written once per process.

Building each of them anew through the ORM took longer than all the rest of a small item. Numbers are added by the
database, so that they are exact whoever adds at the same time.
"""

from importers.statements.batch import StatementBatch, Unsettled, ends_at_once
from importers.statements.rows import NO_TRANSACTION, add, delete, first, insert, insert_all

__all__ = [
    "NO_TRANSACTION",
    "StatementBatch",
    "Unsettled",
    "add",
    "delete",
    "ends_at_once",
    "first",
    "insert",
    "insert_all",
]
