"""Is every byte there that should be, and none that should not? Every byte is read and its hash compared."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Model, QuerySet, Sum

from accounts.models import User
from importers import above
from importers.content import md5, quota
from importers.content.quota import Utf8Length
from importers.content.storage import STORAGE_CHUNK, stored_keys
from importers.models import Content, Holding, PreparedKey, Revision, Upload
from importers.vertical import record_models, verticals


@dataclass(frozen=True)
class StorageFinding:
    """Something that is wrong. `mended`: it was, and is not any more."""

    what: str
    mended: bool = False


def verify_contents(read: bool) -> Iterator[StorageFinding | Content]:
    """Yields every content after looking at its bytes, and before it a finding where they are not what they should be.

    `read`: read them and compare the SHA-256, not only the size.
    """
    for content in Content.objects.order_by("pk").iterator(chunk_size=1000):
        problem = _problem(content, read)
        if problem:
            yield StorageFinding(f"content {content.sha256} ({content.storage_key}): {problem}")
        yield content


def _problem(content: Content, read: bool) -> str:
    try:
        size = default_storage.size(content.storage_key)
        if size != content.size:
            return f"{size} bytes are stored instead of {content.size}"
        if read and _sha256(content) != content.sha256:
            return "the stored bytes are not those that were received"
    except FileNotFoundError:
        return "its bytes are missing"
    return ""


def _sha256(content: Content) -> str:
    with default_storage.open(content.storage_key) as stored:
        running, beside = hashlib.sha256(), md5.Md5()
        while chunk := stored.read(STORAGE_CHUNK):
            running.update(chunk)
            if not content.md5:
                beside.update(chunk)
    if not content.md5 and running.hexdigest() == content.sha256:
        md5.note(content.storage_key, beside)
    return running.hexdigest()


def verify_keys(repair: bool) -> Iterator[StorageFinding]:
    """Finds stored bytes that no content and no upload on its way knows."""
    batch: list[str] = []
    for key in stored_keys(default_storage):
        batch.append(key)
        if len(batch) == 500:
            yield from _strangers(batch, repair)
            batch = []
    yield from _strangers(batch, repair)


def _strangers(keys: list[str], repair: bool) -> Iterator[StorageFinding]:
    # Uploads are asked first: one that ends between the two questions is content by the second. So is what lies under a
    # prepared key, which may become an upload before that.
    known = set(PreparedKey.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= set(Upload.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= set(Content.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= {key for keeper in above.keepers for key in keeper.knows(keys)}
    for key in keys:
        if key in known:
            continue
        if repair:
            default_storage.delete(key)
        yield StorageFinding(f"{key}: bytes that nothing refers to", mended=repair)


def verify_use(repair: bool) -> Iterator[StorageFinding]:
    """Compares what each person is said to use with what they hold."""
    for pk in User.objects.values_list("pk", flat=True).order_by("pk").iterator():
        with transaction.atomic():
            owner = quota.lock(User(pk=pk))
            held = bytes_held(owner)
            if held == owner.used_bytes:
                continue
            if repair:
                User.objects.filter(pk=pk).update(used_bytes=held)
            yield StorageFinding(f"{owner}: {owner.used_bytes} bytes are counted, {held} are held", mended=repair)


def bytes_held(owner: User) -> int:
    """Content, once each, and received JSON, from the rows themselves."""
    total: int = Holding.objects.filter(owner=owner).aggregate(bytes=Sum("content__size"))["bytes"] or 0
    owned: list[tuple[type[Model], str]] = [(model, "owner") for model in record_models()]
    owned.append((Revision, "owner"))
    owned += [(model, whose) for one in verticals() for model, whose in one.beside.items()]
    total += sum(_json_bytes(model, **{whose: owner}) for model, whose in owned)
    return total + sum(kept(owner) for kept in above.kept_bytes)


def _json_bytes(model: type[Model], **owned: User) -> int:
    rows: QuerySet[Model] = model._default_manager.filter(**owned)
    size: int | None = rows.aggregate(bytes=Sum(Utf8Length("payload")))["bytes"]
    return size or 0
