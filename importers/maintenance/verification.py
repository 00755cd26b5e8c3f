"""Is every byte there that should be, and none that should not? Every byte is read and its hash compared."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F, Model, OuterRef, QuerySet, Subquery, Sum

from accounts.models import User
from importers import above
from importers.content import md5, quota
from importers.content.quota import Utf8Length
from importers.content.storage import STORAGE_CHUNK
from importers.counting import installing
from importers.counting.counted import counted_models
from importers.counting.triggers import NUMBERS
from importers.maintenance.listing import ExpectedBytes, ListedRows, Listing, remove
from importers.models import Content, Holding, RecordCount, Revision, Thumbnail
from importers.thumbnails import keeping
from importers.vertical import record_models, verticals


@dataclass(frozen=True)
class StorageFinding:
    """Something that is wrong. `mended`: it was, and is not any more."""

    what: str
    mended: bool = False


def verify_contents(read: bool, listing: Listing | None = None) -> Iterator[StorageFinding | Content]:
    """Yields every content after looking at its bytes, and before it a finding where they are not what they should be.

    `read`: read them and compare the SHA-256, not only the size that the listing has.
    """
    listing = listing or Listing()
    for content in Content.objects.order_by("pk").iterator(chunk_size=1000):
        note = None if content.md5 else content.storage_key
        expected = ExpectedBytes(content.pk, content.storage_key, content.size, content.sha256)
        problem = _read_problem(expected, note) if read else _size_problem(expected, listing.contents)
        if problem:
            yield StorageFinding(f"content {content.sha256} ({content.storage_key}): {problem}")
        yield content


def verify_thumbnails(read: bool, repair: bool, listing: Listing | None = None) -> Iterator[StorageFinding]:
    """Finds thumbnails whose bytes are not what they should be. They are mended by being drawn anew."""
    listing = listing or Listing()
    for one in Thumbnail.objects.order_by("pk").iterator(chunk_size=1000):
        expected = ExpectedBytes(one.pk, one.storage_key, one.bytes, one.sha256)
        problem = _read_problem(expected) if read else _size_problem(expected, listing.thumbnails)
        if problem:
            if repair:
                keeping.draw_anew(one)
            yield StorageFinding(f"{one} ({one.storage_key}): {problem}", mended=repair)


def _size_problem(expected: ExpectedBytes, listed: ListedRows) -> str:
    try:
        size = listed.size_of(expected) if listed.has(expected.pk) else default_storage.size(expected.key)
    except FileNotFoundError:
        return "its bytes are missing"
    return "" if size == expected.size else f"{size} bytes are stored instead of {expected.size}"


def _read_problem(expected: ExpectedBytes, note_md5: str | None = None) -> str:
    """`note_md5`: the key of content of which the MD5 is not known, and is noted."""
    try:
        with default_storage.open(expected.key) as stored:
            running, beside, size = hashlib.sha256(), md5.Md5(), 0
            while chunk := stored.read(STORAGE_CHUNK):
                size += len(chunk)
                running.update(chunk)
                if note_md5:
                    beside.update(chunk)
    except FileNotFoundError:
        return "its bytes are missing"
    if size != expected.size:
        return f"{size} bytes are stored instead of {expected.size}"
    if running.hexdigest() != expected.sha256:
        return "the stored bytes are not those that were received"
    if note_md5:
        md5.note(note_md5, beside)
    return ""


def verify_keys(repair: bool, listing: Listing | None = None) -> Iterator[StorageFinding]:
    """Finds stored bytes of this installation that nothing refers to."""
    strays = (listing or Listing()).strays
    keys = remove(strays) if repair else iter(strays)
    for key in keys:
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


def verify_counts(repair: bool) -> Iterator[StorageFinding]:
    """Compares how many records of each kind each person is said to have with those that stand, after looking whether
    the database still counts."""
    names = ", ".join(installing.lacking(connection))
    if names:
        if repair:
            installing.install(connection)
        yield StorageFinding(f"the database does not count records any more, it lacks {names}", mended=repair)
    for pk in User.objects.values_list("pk", flat=True).order_by("pk").iterator():
        with transaction.atomic():
            owner = quota.lock(User(pk=pk))
            yield from _verify_sizes(owner, repair)
            said = {row.kind: row for row in RecordCount.objects.filter(owner=owner)}
            for counted in counted_models():
                row = said.get(counted.kind)
                noted = tuple(getattr(row, name) for name in NUMBERS) if row else (0,) * len(NUMBERS)
                stand = installing.count_of(connection, counted, owner.pk)
                if noted == stand:
                    continue
                if repair:
                    installing.count_anew(connection, counted, owner.pk)
                yield StorageFinding(
                    f"{owner}: of {counted.kind}, {noted[0]} are counted and {noted[2]} in the bin, {stand[0]} and "
                    f"{stand[2]} are there, or their bytes differ",
                    mended=repair,
                )


def _verify_sizes(owner: User, repair: bool) -> Iterator[StorageFinding]:
    for counted in counted_models():
        if counted.keeps_size:
            rows = counted.model._default_manager.filter(owner=owner)
            wrong = rows.exclude(size=F("content__size"))
            if (number := wrong.count()) and repair:
                rows.update(size=Subquery(Content.objects.filter(pk=OuterRef("content")).values("size")[:1]))
            if number:
                yield StorageFinding(f"{owner}: the sizes of {number} of {counted.kind} are wrong", mended=repair)


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
