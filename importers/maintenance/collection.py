"""Removing bytes that nobody needs: what killed uploads left, and content that no record holds any more."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from importers import above
from importers.content import md5, processes
from importers.content.storage import delete_keys
from importers.errors import SERVICE_ERRORS
from importers.maintenance import unfinished
from importers.models import Content, Holding, PreparedKey, RunningBackup, Thumbnail, Upload
from importers.models.content import COLLECTION_GRACE
from importers.thumbnails import keeping

log = logging.getLogger("wharf.purge")

MD5_SECONDS = 30.0  # that a purge may read content of which no MD5 is known; the next one goes on
ROWS_PER_TRANSACTION = 500  # rows per transaction, so that uploads never wait long


class LeftBytes(NamedTuple):
    """How many stored files were removed: `uploads` that were on their way to somebody when their process died, and
    what had been `let_go`: replaced thumbnails, collected content, what lay under unused keys."""

    uploads: int = 0
    let_go: int = 0


def remove_left_bytes() -> LeftBytes:
    """Deletes the bytes of uploads whose process died or that show no sign of life, and of what was let go of.
    Returns their numbers. While a backup runs, none: its database may name them."""
    processes.expire_dead(Upload)
    uploads = let_go = 0
    while dead := list(Upload.objects.filter(expires_at__lt=timezone.now()).order_by("id")[:ROWS_PER_TRANSACTION]):
        # After they were read: the database of a backup that begins now knows that they are nobody's.
        if RunningBackup.is_there():
            break
        delete_keys(default_storage, _claim(dead))
        Upload.objects.filter(pk__in=[upload.pk for upload in dead], expires_at__lt=timezone.now()).delete()
        uploads += sum(upload.owner_id is not None for upload in dead)
        let_go += sum(upload.owner_id is None for upload in dead)
    return LeftBytes(uploads, let_go)


def release_keys() -> int:
    """Removes prepared keys that no process will use any more, and what may lie under them. Returns their number."""
    processes.expire_dead(PreparedKey)
    released = 0
    while number := _release_some():
        released += number
    remove_left_bytes()
    return released


@transaction.atomic
def _release_some() -> int:
    """Makes dead uploads of some. Who makes content of the bytes under one has taken its row, or comes too late."""
    expired = PreparedKey.objects.select_for_update().filter(expires_at__lt=timezone.now()).order_by("id")
    keys = list(expired[:ROWS_PER_TRANSACTION])
    Upload.objects.bulk_create(Upload(storage_key=key.storage_key, expires_at=key.expires_at) for key in keys)
    PreparedKey.objects.filter(pk__in=[key.pk for key in keys]).delete()
    return len(keys)


@transaction.atomic
def _claim(dead: list[Upload]) -> list[str]:
    """Makes dead bytes the collector's: an upload that was only slow can't settle on them any more. Returns their keys.

    Not those of one that has settled. So has one whose commit was answered by nobody, whose bytes are content, or a
    thumbnail, for good.
    """
    mine = Upload.objects.select_for_update().filter(
        pk__in=[upload.pk for upload in dead], expires_at__lt=timezone.now()
    )
    keys = {upload.storage_key: upload.pk for upload in mine.order_by("id")}
    for rows in (Content.objects, Thumbnail.objects):
        for settled in rows.filter(storage_key__in=list(keys)).values_list("storage_key", flat=True):
            keys.pop(settled, None)
    Upload.objects.filter(pk__in=keys.values()).update(owner=None)
    return list(keys)


def mark_unneeded() -> int:
    """Notes since when nobody holds some content. Returns how many were marked."""
    holdings = Holding.objects.filter(content=OuterRef("pk"))
    unneeded = Content.objects.filter(~Exists(holdings), unneeded_since=None).order_by("pk")
    marked, seen = 0, 0
    # All content is looked through: without a lock, for which others would wait.
    while some := list(unneeded.filter(pk__gt=seen).values_list("pk", flat=True)[:ROWS_PER_TRANSACTION]):
        marked += unneeded.order_by().filter(pk__in=some).update(unneeded_since=timezone.now())
        seen = some[-1]
    return marked


def collect() -> int:
    """Deletes content that nobody has held for a grace of a day. Returns how many were deleted."""
    collected, seen = 0, 0
    too_old = timezone.now() - COLLECTION_GRACE
    unneeded = Content.objects.filter(unneeded_since__lt=too_old).order_by("pk")
    while some := list(unneeded.filter(pk__gt=seen).values_list("pk", flat=True)[:ROWS_PER_TRANSACTION]):
        collected += _collect(some)
        seen = some[-1]
    return collected


@transaction.atomic
def _collect(some: list[int]) -> int:
    # The same lock as an upload takes that finds this content: one of the two is first.
    locked = Content.objects.select_for_update().filter(pk__in=some, unneeded_since__isnull=False).order_by("pk")
    held = set(Holding.objects.filter(content__in=some).values_list("content_id", flat=True))
    free = [content for content in locked if content.pk not in held]
    needed = set().union(*(keeper.needed(free) for keeper in above.keepers)) if free else set()
    going = [content for content in free if content.pk not in needed]
    keys = [content.pk for content in going]
    # The row goes first and leaves its key as nobody's upload: bytes without a row are found, a row without bytes not.
    Upload.objects.bulk_create(Upload(storage_key=content.storage_key, expires_at=timezone.now()) for content in going)
    keeping.leave_to_collector(keys)
    Content.objects.filter(pk__in=keys).delete()
    return len(keys)


def purge() -> dict[str, int]:
    """Takes each of these steps, even where one fails, which is raised at the end. Returns what was done, by name."""
    steps: list[Callable[[], dict[str, int]]] = [
        *(keeper.purge for keeper in above.keepers),
        _remove_what_stands_left,
        lambda: {"unused keys released": release_keys()},
        lambda: {"content marked as unneeded": mark_unneeded()},
        lambda: {"unneeded content collected": collect()},
        lambda: {"bytes of it removed": sum(remove_left_bytes())},  # an upload that died meanwhile is among them
        lambda: {"unfinished uploads to S3 removed": unfinished.remove()},
        lambda: {"MD5s computed": md5.compute_missing(MD5_SECONDS)},
    ]
    done: dict[str, int] = {}
    failures: list[Exception] = []
    for step in steps:
        try:
            done |= step()
        except SERVICE_ERRORS as failure:
            log.exception("a step of the purge failed; the others go on")
            failures.append(failure)
    if failures:
        raise failures[0]
    return done


def _remove_what_stands_left() -> dict[str, int]:
    removed = remove_left_bytes()
    return {
        "dead uploads removed": removed.uploads,
        "replaced thumbnails, and what an earlier purge left, removed": removed.let_go,
    }
