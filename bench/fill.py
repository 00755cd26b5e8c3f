"""`python -m bench.fill NUMBER [FOLDER]`: that many posts more in a data folder that has one, in the same transfer; or
as many records of the vertical in that folder, of the kinds that hold no others, and of each kind as many.

They are copies of the newest one, which has been sent and saved as any other, each with an id of its own. Written
straight into the database: a million takes a minute, not hours.
"""

import os
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import F, UniqueConstraint  # noqa: E402

from accounts.models import User  # noqa: E402
from importers.digests import digest  # noqa: E402
from importers.models import Record, Transfer, TransferCount  # noqa: E402
from importers.models.record import new_doc_id  # noqa: E402
from importers.vertical import vertical  # noqa: E402
from importers.verticals.social_posts.models import SocialActivity  # noqa: E402

COMMITTED_TOGETHER = 20_000  # rows
CACHE = 256 * 1024  # KiB

Row = dict[str, Any]


def fill(record: Record, number: int) -> None:
    """Adds copies of a record, and brings everything to the disk."""
    rows = _copies(record, number)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA cache_size=-{CACHE}")
        cursor.execute("PRAGMA synchronous=OFF")
        while some := list(islice(rows, COMMITTED_TOGETHER)):
            with transaction.atomic():
                cursor.executemany(_insert(type(record), some[0]), [tuple(row.values()) for row in some])
                _count(record, len(some))
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.sync()


def _copies(record: Record, number: int) -> Iterator[Row]:
    original, told = _row(record), getattr(record, "identifier", "")
    with_identifier = {name: text for name, text in original.items() if told and told in str(text)}
    # Where a file is, no other one is: a copy is where no file ever was.
    unique = [constraint for constraint in record._meta.constraints if isinstance(constraint, UniqueConstraint)]
    places = ("place",) if any("place" in constraint.fields for constraint in unique) else ()
    for _ in range(number):
        identifier = uuid4().hex
        own_place = dict.fromkeys(places, identifier)
        own = {name: text.replace(told, identifier) for name, text in with_identifier.items()}
        yield original | own | own_place | {"identity": digest(identifier), "doc_id": new_doc_id()}


def _row(record: Record) -> Row:
    """The record as the database has it, without its key."""
    columns = [field.attname for field in record._meta.concrete_fields if not field.primary_key]
    with connection.cursor() as cursor:
        quoted = ", ".join(map(connection.ops.quote_name, columns))
        cursor.execute(
            f"SELECT {quoted} FROM {record._meta.db_table} WHERE id = %s",  # noqa: S608 - our names
            [record.pk],
        )
        return dict(zip(columns, cursor.fetchone(), strict=True))


def _insert(model: type[Record], row: Row) -> str:
    values, columns = ", ".join(["%s"] * len(row)), ", ".join(map(connection.ops.quote_name, row))
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({values})"  # noqa: S608 - our names


def _count(record: Record, number: int) -> None:
    size = number * len(record.payload)
    received = {"received_bytes": F("received_bytes") + size}
    Transfer.objects.filter(pk=record.transfer_id).update(items=F("items") + number, **received)
    TransferCount.objects.filter(transfer_id=record.transfer_id).update(created=F("created") + number, **received)
    User.objects.filter(pk=record.owner_id).update(used_bytes=F("used_bytes") + size)


def innermost(folder: str) -> list[type[Record]]:
    """The models of a vertical's records, without those that hold records of others."""
    models = [kind.model for kind in vertical(folder).kinds]
    holding = {field.related_model for model in models for field in model._meta.concrete_fields if field.many_to_one}
    return [model for model in models if model not in holding]


def main() -> None:
    number, *folder = sys.argv[1:]
    newest = [model._default_manager.order_by("pk").last() for model in innermost(folder[0])] if folder else []
    records = [one for one in newest if one is not None] or [SocialActivity.objects.latest("pk")]
    for record in records:
        fill(record, int(number) // len(records))


if __name__ == "__main__":
    main()
