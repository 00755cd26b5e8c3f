"""`python -m bench.fill NUMBER`: that many posts into the newest transfer of a data folder.

The rows are those that a server would have made of posts that were sent, each with an id of its own. Written straight
into the database: a million takes a minute, not an hour.
"""

import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from uuid import uuid4

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import F  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.items import post  # noqa: E402
from importers.digests import digest  # noqa: E402
from importers.models import SocialActivity, Transfer, TransferCount  # noqa: E402
from importers.verticals.social_posts import SocialActivityItem  # noqa: E402

COMMITTED_TOGETHER = 20_000  # rows
INSERTED_TOGETHER = 500
CACHE = 256 * 1024  # KiB


def fill(number: int) -> None:
    """Adds posts to the newest transfer, which must be there, and brings everything to the disk."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA cache_size=-{CACHE}")
        cursor.execute("PRAGMA synchronous=OFF")
    transfer = Transfer.objects.latest("last_item_at")
    posts = _posts(transfer, number)
    while rows := list(islice(posts, COMMITTED_TOGETHER)):
        with transaction.atomic():
            SocialActivity.objects.bulk_create(rows, batch_size=INSERTED_TOGETHER)
            _count(transfer, rows)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.sync()


def _posts(transfer: Transfer, number: int) -> Iterator[SocialActivity]:
    for _ in range(number):
        payload = post(uuid4().hex)
        item = SocialActivityItem.model_validate(json.loads(payload)["payload"])
        yield SocialActivity(
            owner_id=transfer.owner_id,
            source_id=transfer.source_id,
            transfer_id=transfer.pk,
            identity=digest(item.id),
            payload=payload.decode(),
            identifier=item.id,
            activity_type=item.activity_type,
            actor_name=item.actor_name,
            title=item.title,
            content=item.content,
            url=item.url,
            published_at=item.published,
        )


def _count(transfer: Transfer, rows: list[SocialActivity]) -> None:
    size = sum(len(row.payload) for row in rows)
    received = {"received_bytes": F("received_bytes") + size}
    Transfer.objects.filter(pk=transfer.pk).update(items=F("items") + len(rows), **received)
    TransferCount.objects.filter(transfer=transfer).update(created=F("created") + len(rows), **received)
    User.objects.filter(pk=transfer.owner_id).update(used_bytes=F("used_bytes") + size)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
