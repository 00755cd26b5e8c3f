"""Everything of one person as it was at one moment, read row by row, however much it is."""

from collections.abc import Iterator
from functools import cache, cached_property, lru_cache
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import DateTimeField, F, Func, Model, QuerySet, TextField
from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate

from accounts.models import User
from importers.models import Record, Revision, Transfer

ROWS_AT_ONCE = 2_000
TRANSFERS_KEPT = 1_000


class WrittenMoment(Func):
    """A column of moments as JSON has them, made of the text that SQLite has: both are of the same digits."""

    arity = 1
    output_field = TextField()
    template = "REPLACE(%(expressions)s, ' ', 'T') || '+00:00'"


Column = str | WrittenMoment


class Snapshot:
    """The rows of `owner`, read over the connection `using`, whose transaction is what makes them one moment's."""

    def __init__(self, owner: User, using: str = DEFAULT_DB_ALIAS) -> None:
        self.owner = owner
        self.using = using
        self.transfer = lru_cache(TRANSFERS_KEPT)(self._transfer)

    def of(self, model: type[Model], **narrowed: Any) -> QuerySet[Any]:
        """The rows of a model that are the owner's."""
        return model._default_manager.using(self.using).filter(**(narrowed or {"owner_id": self.owner.pk}))

    def has(self, kind: type[Record]) -> bool:
        """Whether there is any row of this kind, placeholders among them. Most people have few kinds of the many there
        are, and nobody has to be asked for what is not there."""
        return kind._meta.db_table in self._filled

    @cached_property
    def _filled(self) -> frozenset[str]:
        """The tables that have a record of this person: one question for all of them."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(_filled_tables(), {"owner": self.owner.pk})
            return frozenset(table for (table,) in cursor.fetchall())

    def rows(
        self, model: type[Model], columns: tuple[Column, ...], order: str = "doc_id", **narrowed: Any
    ) -> Iterator[tuple[Any, ...]]:
        """The columns of every row, one after the other, in the order of the code points of `order`."""
        found = self.of(model, **narrowed).order_by(self.by_code_points(order), "pk")
        return found.values_list(*columns).iterator(chunk_size=ROWS_AT_ONCE)

    def for_json(self, model: type[Model], names: tuple[str, ...]) -> tuple[Column, ...]:
        """These columns of a model, for `rows` that only go into JSON (see `as_json`): from SQLite, moments come as
        their texts. To make one, and a text of it again, took a quarter of the time of a document."""
        if connections[self.using].vendor != "sqlite":
            return names
        return tuple(WrittenMoment(name) if _is_moment(model, name) else name for name in names)

    def revisions(self, kind: str) -> Iterator[tuple[Any, ...]]:
        """What records of this kind said before: doc_id, payload, when it was replaced, by which transfer."""
        columns = ("doc_id", "payload", "replaced_at", "transfer_id")
        return self.rows(Revision, columns, owner_id=self.owner.pk, kind=kind)

    def by_code_points(self, column: str) -> OrderBy:
        """An order that is Python's and SQLite's; PostgreSQL would otherwise sort as people of its country do."""
        return OrderBy(self._compared(column))

    def from_the_end(self, column: str) -> OrderBy:
        """The same order, the other way round."""
        return OrderBy(self._compared(column), descending=True)

    def _compared(self, column: str) -> Collate | F:
        on_postgresql = connections[self.using].vendor == "postgresql"
        return Collate(column, "C") if on_postgresql else F(column)

    def _transfer(self, pk: int) -> dict[str, Any]:
        """Which transfer brought a record, in words that mean something elsewhere."""
        transfer = Transfer.objects.using(self.using).select_related("source").get(pk=pk)
        return {
            "client_id": transfer.source.client_id,
            "client_name": transfer.source.client_name,
            "service": transfer.source.service,
            "job_id": transfer.job_id,
            "recurring_job_id": transfer.recurring_job_id,
            "first_item_at": transfer.first_item_at.isoformat(),
            "last_item_at": transfer.last_item_at.isoformat(),
        }


@cache
def _is_moment(model: type[Model], name: str) -> bool:
    return isinstance(model._meta.get_field(name), DateTimeField)


@cache
def _filled_tables() -> str:
    """A query for the tables that have a record of `owner`."""
    tables = sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, Record))
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\" WHERE owner_id = %(owner)s)"  # noqa: S608  (of models)
        for table in tables
    )


class Beside:
    """Rows that belong to records, in step with them: both come in the order of the record's id, which is first."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, doc_id: str) -> list[tuple[Any, ...]]:
        """The rows of this record; records must be asked for in order."""
        found = []
        while self._next is not None and self._next[0] <= doc_id:
            if self._next[0] == doc_id:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found
