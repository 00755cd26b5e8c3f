"""Several statements at a time."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import DataError, models

from importers.statements.rows import adding, database_here, deleting
from importers.statements.sql import insert_sql, or_add_sql, settled_sql
from importers.statements.values import row_values

Otherwise = Callable[[], Exception]
IN_TRANSACTION = 2  # of libpq's PGTransactionStatusType
DIVISION_BY_ZERO = "22012"  # of the SQLSTATEs in PostgreSQL's appendix A


class StatementBatch:
    """Changes at the end of a transaction whose outcome nobody waits for, and what is asked then.

    The database is told of all of them at once, if it takes several statements at a time: each costs a way there and
    back. `otherwise`: what is raised where there was no row to change.
    """

    def __init__(self) -> None:
        self._held: list[tuple[str, list[Any], Otherwise | None]] = []
        self._asked: dict[int, Callable[[list[Any]], None]] = {}

    def add(
        self,
        model: type[models.Model],
        where: Mapping[str, Any],
        by: Mapping[str, int],
        *,
        otherwise: Otherwise | None = None,
        **set_to: Any,
    ) -> None:
        """Adds to columns of a row, and sets others."""
        self._held.append((*adding(model, where, by, set_to, database_here()), otherwise))

    def add_or_insert(self, model: type[models.Model], where: Mapping[str, Any], by: Mapping[str, int]) -> None:
        """Adds to columns of the row that has these unique columns, which is made if it is not there."""
        database = database_here()
        statement = insert_sql(model, database.vendor) + or_add_sql(model, database.vendor, tuple(where), tuple(by))
        self._held.append((statement, row_values(model(**where, **by), database), None))

    def insert(self, row: models.Model) -> None:
        """Inserts a row as it stands, whose key nobody needs."""
        database = database_here()
        self._held.append((insert_sql(type(row), database.vendor), row_values(row, database), None))

    def delete(
        self, model: type[models.Model], where: Mapping[str, Any], *, otherwise: Otherwise | None = None
    ) -> None:
        """Deletes a row, to which no other one refers."""
        self._held.append((*deleting(model, where, database_here()), otherwise))

    def ask(self, statement: str, values: list[Any], then: Callable[[list[Any]], None]) -> None:
        """Asks for rows, with which `then` is called when the database has been told of everything."""
        self._asked[len(self._held)] = then
        self._held.append((statement, values, None))

    def run(self) -> None:
        """Tells the database. Raises what it says, and what stands for a row that was not there."""
        held, asked = self._held, self._asked
        self._held, self._asked = [], {}
        answers = self._tell(held, asked.keys())
        for number, then in asked.items():
            then(answers[number])

    def commit(self) -> None:
        """Tells the database and ends the transaction in the same breath, where `ends_at_once`.

        Raises `Unsettled`, with nothing changed, where a row was not there, or what is asked has an answer.
        """
        database = database_here()
        told = [
            settled_sql(statement, must_change=otherwise is not None, must_be_none=number in self._asked)
            for number, (statement, _, otherwise) in enumerate(self._held)
        ]
        values = [value for _, of_one, _ in self._held for value in of_one]
        try:
            with database.cursor() as cursor:
                cursor.execute("; ".join([*told, "COMMIT"]), values)
        except DataError as error:
            if getattr(error.__cause__, "sqlstate", "") == DIVISION_BY_ZERO:
                raise Unsettled from error
            raise

    def _tell(
        self, held: list[tuple[str, list[Any], Otherwise | None]], asked: Collection[int]
    ) -> dict[int, list[Any]]:
        """Returns the rows of those that ask, by their numbers."""
        answers: dict[int, list[Any]] = {}
        database = database_here()
        together = database.vendor == "postgresql" and bool(held)
        with database.cursor() as cursor:
            if together:
                values = [value for _, of_one, _ in held for value in of_one]
                cursor.execute("; ".join(statement for statement, _, _ in held), values)
            for number, (statement, of_one, otherwise) in enumerate(held):
                if not together:
                    cursor.execute(statement, of_one)
                elif number:
                    cursor.nextset()
                if otherwise is not None and not cursor.rowcount:
                    raise otherwise()
                if number in asked:
                    answers[number] = cursor.fetchall()
        return answers


class Unsettled(Exception):
    """A transaction was told to the database to its end, and something was otherwise than it mostly is: all is undone,
    and must be done again step by step."""


def ends_at_once() -> bool:
    """Returns whether the database can be told of the rest of a transaction together with its end."""
    database = database_here()
    return (
        database.vendor == "postgresql"
        and len(database.atomic_blocks) == 1
        and not database.needs_rollback
        and not database.run_commit_hooks_on_set_autocommit_on
        and database.connection.pgconn.transaction_status == IN_TRANSACTION
    )
