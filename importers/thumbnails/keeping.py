"""What was drawn is stored and noted, in place of what was drawn before."""

import hashlib
import logging
import math
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from importers import statements
from importers.content.prepared_keys import prepared_keys
from importers.content.storage import DurableFileSystemStorage
from importers.models import Content, Picture, PreparedKey, Record, Thumbnail, Upload
from importers.models.content import Drawn
from importers.models.picture import no_facts
from importers.thumbnails.drawer import Drawing
from importers.vertical import record_models

log = logging.getLogger("wharf.thumbnails")

NUMBERS = {
    "width": (1, 1_000_000),
    "height": (1, 1_000_000),
    "orientation": (1, 8),
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "seconds": (0, 10_000_000),
}
MOST_OFFSET = 14 * 60  # minutes


class Collected(Exception):
    """The content is gone, or the bytes that were just stored are: what was drawn belongs to nobody."""


def keep(content: Content, drawing: Drawing) -> None:
    """Stores the thumbnails of some content, and notes what came of drawing them.

    The bytes lie under prepared keys until their rows are committed, so what a kill leaves is found; those that had
    been drawn before become the collector's. Raises `Collected`, and what storage and database raise.
    """
    keys = [prepared_keys.take() for _ in drawing.thumbnails]
    _store([(key.storage_key, one.picture) for key, one in zip(keys, drawing.thumbnails, strict=True)])
    rows = [
        Thumbnail(
            content_id=content.pk,
            size=one.size,
            storage_key=key.storage_key,
            sha256=hashlib.sha256(one.picture).hexdigest(),
            bytes=len(one.picture),
            width=one.width,
            height=one.height,
        )
        for key, one in zip(keys, drawing.thumbnails, strict=True)
    ]
    with transaction.atomic():
        _lock(content)
        for key in keys:
            if not statements.delete(PreparedKey, {"storage_key": key.storage_key}):
                prepared_keys.forget()
                raise Collected
        leave_to_collector([content.pk])
        Thumbnail.objects.bulk_create(rows)
        _note(content, drawing.outcome, **_facts(drawing.facts))


@transaction.atomic
def give_up(content: Content, outcome: Drawn) -> None:
    """Notes why there are no thumbnails of some content. Raises `Collected`."""
    _lock(content)
    leave_to_collector([content.pk])
    _note(content, outcome)


def leave_to_collector(contents: list[int]) -> None:
    """Removes the rows of the thumbnails of these contents, in the transaction that has locked them. The bytes are left
    as those of nobody's upload: bytes without a row are found, a row without bytes would be shown to somebody."""
    standing = list(Thumbnail.objects.filter(content_id__in=contents))
    if standing:
        now = timezone.now()
        Upload.objects.bulk_create(Upload(storage_key=one.storage_key, expires_at=now) for one in standing)
        Thumbnail.objects.filter(pk__in=[one.pk for one in standing]).delete()


@transaction.atomic
def draw_anew(thumbnail: Thumbnail) -> None:
    """Has one drawn anew whose bytes are not what they should be. What lies there is the collector's."""
    Upload.objects.create(storage_key=thumbnail.storage_key, expires_at=timezone.now())
    Thumbnail.objects.filter(pk=thumbnail.pk).delete()
    Content.objects.filter(pk=thumbnail.content_id).update(to_draw=True, drawn="")


def _store(pictures: list[tuple[str, bytes]]) -> None:
    if not isinstance(default_storage, DurableFileSystemStorage):
        for key, picture in pictures:
            default_storage.save(key, ContentFile(picture))
        return
    for key, picture in pictures:
        default_storage.save_before_sync(key, ContentFile(picture))
    default_storage.sync([key for key, _ in pictures])


def _lock(content: Content) -> None:
    """The same lock as the collector takes, so that one of the two is first."""
    if not Content.objects.select_for_update().filter(pk=content.pk).exists():
        raise Collected


def _note(content: Content, outcome: Drawn, **facts: Any) -> None:
    known = no_facts() | facts | {"tries": 0, "busy_until": None}
    Picture.objects.update_or_create(content_id=content.pk, defaults=known)
    for model in _dated():
        model._default_manager.filter(content_id=content.pk).update(taken_at=known["taken_at"])
    Content.objects.filter(pk=content.pk).update(to_draw=False, drawn=outcome)


@cache
def _dated() -> list[type[Record]]:
    """The records in whose rows stands when their file was taken; of those that come later, triggers see to it."""
    return [model for model in record_models() if any(field.name == "taken_at" for field in model._meta.fields)]


def _facts(said: dict[str, Any]) -> dict[str, Any]:
    """Returns columns of a `Picture`: what the child says is what a stranger's file says, so nothing else gets in."""
    found: dict[str, Any] = {name: _number(said.get(name), *between) for name, between in NUMBERS.items()}
    for name in ("width", "height", "orientation"):
        found[name] = None if found[name] is None else int(found[name])
    if found["latitude"] is None or found["longitude"] is None:
        found |= {"latitude": None, "longitude": None}
    offset = _number(said.get("offset"), -MOST_OFFSET, MOST_OFFSET)
    try:
        clock = datetime.fromisoformat(str(said.get("taken", ""))).replace(tzinfo=UTC)
        return found | {
            "taken_at": clock - timedelta(minutes=int(offset or 0)),
            "taken_offset": int(offset) if offset is not None else None,
        }
    except (ValueError, OverflowError):
        return found


def _number(said: Any, least: float, most: float) -> float | None:
    is_one = isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said)
    return said if is_one and least <= said <= most else None
