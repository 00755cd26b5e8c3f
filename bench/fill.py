"""`python -m bench.fill NUMBER`: that many posts more in a data folder that has one, in the same transfer.

They are copies of the newest post, which has been sent and saved as any other, each with an id of its own. Written
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
from django.db.models import F  # noqa: E402

from accounts.models import User  # noqa: E402
from importers.digests import digest  # noqa: E402
from importers.models import Transfer, TransferCount  # noqa: E402
from importers.models.record import new_doc_id  # noqa: E402
from importers.verticals.social_posts.models import SocialActivity  # noqa: E402

COMMITTED_TOGETHER = 20_000  # rows
CACHE = 256 * 1024  # KiB

Row = dict[str, Any]


def fill(number: int) -> None:
    """Adds the posts, and brings everything to the disk."""
    post = SocialActivity.objects.latest("pk")
    rows = _copies(post, number)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA cache_size=-{CACHE}")
        cursor.execute("PRAGMA synchronous=OFF")
        while some := list(islice(rows, COMMITTED_TOGETHER)):
            with transaction.atomic():
                cursor.executemany(_insert(some[0]), [tuple(row.values()) for row in some])
                _count(post, len(some))
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.sync()


def _copies(post: SocialActivity, number: int) -> Iterator[Row]:
    original = _row(post)
    with_identifier = {name: text for name, text in original.items() if post.identifier in str(text)}
    for _ in range(number):
        identifier = uuid4().hex
        own = {name: text.replace(post.identifier, identifier) for name, text in with_identifier.items()}
        yield original | own | {"identity": digest(identifier), "doc_id": new_doc_id()}


def _row(post: SocialActivity) -> Row:
    """The post as the database has it, without its key."""
    columns = [field.attname for field in SocialActivity._meta.concrete_fields if not field.primary_key]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM {SocialActivity._meta.db_table} WHERE id = %s",  # noqa: S608 - our names
            [post.pk],
        )
        return dict(zip(columns, cursor.fetchone(), strict=True))


def _insert(row: Row) -> str:
    values = ", ".join(["%s"] * len(row))
    return f"INSERT INTO {SocialActivity._meta.db_table} ({', '.join(row)}) VALUES ({values})"  # noqa: S608 - our names


def _count(post: SocialActivity, number: int) -> None:
    size = number * len(post.payload)
    received = {"received_bytes": F("received_bytes") + size}
    Transfer.objects.filter(pk=post.transfer_id).update(items=F("items") + number, **received)
    TransferCount.objects.filter(transfer_id=post.transfer_id).update(created=F("created") + number, **received)
    User.objects.filter(pk=post.owner_id).update(used_bytes=F("used_bytes") + size)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
