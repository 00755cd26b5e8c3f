"""Is every byte there that should be, and none that should not? Every byte is read and its hash compared."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Func, IntegerField, Model, QuerySet, Sum

from accounts.models import User
from importers import collection, quota
from importers.models import (
    AlbumPhoto,
    AlbumVideo,
    Content,
    FileVersion,
    Holding,
    Record,
    Revision,
    Upload,
)
from importers.storage import CHUNK, stored_keys


@dataclass(frozen=True)
class Finding:
    """Something that is wrong. `mended`: it was, and is not any more."""

    what: str
    mended: bool = False


def verify_contents(read: bool) -> Iterator[Finding | Content]:
    """Gives every content after looking at its bytes, and before it a finding where they are not what they should be.

    `read`: read them and compare the SHA-256, not only the size.
    """
    for content in Content.objects.order_by("pk").iterator(chunk_size=1000):
        problem = _problem(content, read)
        if problem:
            yield Finding(f"content {content.sha256} ({content.storage_key}): {problem}")
        yield content


def _problem(content: Content, read: bool) -> str:
    try:
        size = default_storage.size(content.storage_key)
        if size != content.size:
            return f"{size} bytes are stored instead of {content.size}"
        if read and _sha256(content.storage_key) != content.sha256:
            return "the stored bytes are not those that were received"
    except FileNotFoundError:
        return "its bytes are missing"
    return ""


def _sha256(key: str) -> str:
    with default_storage.open(key) as stored:
        running = hashlib.sha256()
        while chunk := stored.read(CHUNK):
            running.update(chunk)
    return running.hexdigest()


def verify_keys(repair: bool) -> Iterator[Finding]:
    """Finds stored bytes that no content and no upload on its way knows."""
    batch: list[str] = []
    for key in stored_keys(default_storage):
        batch.append(key)
        if len(batch) == 500:
            yield from _strangers(batch, repair)
            batch = []
    yield from _strangers(batch, repair)


def _strangers(keys: list[str], repair: bool) -> Iterator[Finding]:
    # Uploads are asked first: one that ends between the two questions is content by the second.
    known = set(Upload.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= set(Content.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= {key for keeper in collection.KEEPERS for key in keeper.knows(keys)}
    for key in keys:
        if key in known:
            continue
        if repair:
            default_storage.delete(key)
        yield Finding(f"{key}: bytes that nothing refers to", mended=repair)


def verify_use(repair: bool) -> Iterator[Finding]:
    """Compares what each person is said to use with what they hold."""
    for pk in User.objects.values_list("pk", flat=True).order_by("pk").iterator():
        with transaction.atomic():
            owner = quota.lock(User(pk=pk))
            held = bytes_held(owner)
            if held == owner.used_bytes:
                continue
            if repair:
                User.objects.filter(pk=pk).update(used_bytes=held)
            yield Finding(f"{owner}: {owner.used_bytes} bytes are counted, {held} are held", mended=repair)


# What upper floors keep that counts in a person's use, in bytes; they add theirs when they start.
HELD_ABOVE: list[Callable[[User], int]] = []


def bytes_held(owner: User) -> int:
    """Content, once each, and received JSON, from the rows themselves."""
    total: int = Holding.objects.filter(owner=owner).aggregate(bytes=Sum("content__size"))["bytes"] or 0
    owned: list[type[Model]] = [*record_models(), FileVersion, Revision]
    total += sum(_json_bytes(model, owner=owner) for model in owned)
    total += _json_bytes(AlbumPhoto, item__owner=owner) + _json_bytes(AlbumVideo, item__owner=owner)
    return total + sum(held(owner) for held in HELD_ABOVE)


class Utf8Length(Func):
    """The bytes of a text, which is what counts in a quota."""

    function = "OCTET_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)


def record_models() -> list[type[Record]]:
    """The model of every kind of record."""
    return [model for model in apps.get_app_config("importers").get_models() if issubclass(model, Record)]


def _json_bytes(model: type[Model], **owned: User) -> int:
    rows: QuerySet[Model] = model._default_manager.filter(**owned)
    size: int | None = rows.aggregate(bytes=Sum(Utf8Length("payload")))["bytes"]
    return size or 0
