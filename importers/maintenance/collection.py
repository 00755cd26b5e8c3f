"""Removing bytes that nobody needs: what killed uploads left, and content that no record holds any more."""

import logging
from collections.abc import Callable

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from importers import above
from importers.content import md5, processes
from importers.errors import SERVICE_ERRORS
from importers.models import Content, Holding, Upload
from importers.models.content import COLLECTION_GRACE

log = logging.getLogger("wharf.purge")

MD5_SECONDS = 30.0  # that a purge may read content of which no MD5 is known; the next one goes on
ROWS_PER_TRANSACTION = 500  # rows per transaction, so that uploads never wait long


def remove_dead_uploads() -> int:
    """Deletes the bytes of uploads whose process died or that show no sign of life. Returns their number."""
    processes.expire_dead_uploads()
    removed = 0
    while dead := list(Upload.objects.filter(expires_at__lt=timezone.now()).order_by("id")[:ROWS_PER_TRANSACTION]):
        for upload in dead:
            if _claim(upload.pk):
                default_storage.delete(upload.storage_key)
            Upload.objects.filter(pk=upload.pk).delete()
            removed += 1
    return removed


@transaction.atomic
def _claim(pk: int) -> bool:
    """Makes dead bytes the collector's: an upload that was only slow can't settle on them any more.

    False where it has settled. So has one whose commit was answered by nobody, whose bytes are content for good.
    """
    upload = Upload.objects.select_for_update().filter(pk=pk, expires_at__lt=timezone.now()).first()
    if upload is None or Content.objects.filter(storage_key=upload.storage_key).exists():
        return False
    Upload.objects.filter(pk=pk).update(owner=None)
    return True


def mark_unneeded() -> int:
    """Notes since when nobody holds some content. Returns how many were marked."""
    holdings = Holding.objects.filter(content=OuterRef("pk"))
    unneeded = Content.objects.filter(~Exists(holdings), unneeded_since=None)
    return unneeded.update(unneeded_since=timezone.now())


def collect() -> int:
    """Deletes content that nobody has held for a grace of a day. Returns how many were deleted."""
    collected = 0
    too_old = timezone.now() - COLLECTION_GRACE
    for pk in list(Content.objects.filter(unneeded_since__lt=too_old).values_list("pk", flat=True)):
        collected += _collect(pk)
    return collected


@transaction.atomic
def _collect(pk: int) -> int:
    # The same lock as an upload takes that finds this content: one of the two is first.
    content = Content.objects.select_for_update().filter(pk=pk, unneeded_since__isnull=False).first()
    if content is None or content.holdings.exists() or any(keeper.needs(content) for keeper in above.keepers):
        return 0
    # The row goes first and leaves its key as a dead upload: bytes without a row are found, a row without bytes not.
    Upload.objects.create(storage_key=content.storage_key, expires_at=timezone.now())
    content.delete()
    return 1


def purge() -> dict[str, int]:
    """Takes each of these steps, even where one fails, which is raised at the end. Returns what was done, by name."""
    steps: list[Callable[[], dict[str, int]]] = [
        *(keeper.purge for keeper in above.keepers),
        lambda: {"dead uploads removed": remove_dead_uploads()},
        lambda: {"content marked as unneeded": mark_unneeded()},
        lambda: {"unneeded content collected": collect()},
        lambda: {"bytes of it removed": remove_dead_uploads()},
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
