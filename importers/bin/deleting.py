"""Records are deleted for good, with all that belongs to them, in the transaction that has locked their person's row.

What they took of the room comes free: their JSON, what they said before, and content that no other record of the
person has. The bytes themselves are collected when nobody holds them any more.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db.models import Model, Sum

from accounts.models import User
from importers.content import quota
from importers.content.quota import Utf8Length
from importers.counting.counted import counted_models
from importers.models import Alias, Content, Deletion, Holding, Record, Rereading, Revision
from importers.vertical import verticals


def delete(owner: User, records: list[Any]) -> int:
    """Deletes records of one kind, and remembers that for the jobs which brought them. Returns how many bytes came
    free. Nothing may be in them that must be in something."""
    if not records:
        return 0
    model: type[Record] = type(records[0])
    keys, ids, kind = [one.pk for one in records], [one.doc_id for one in records], str(model._meta.model_name)
    _remember(owner, records)
    contents = _contents(model, keys)
    free = _bytes(model, pk__in=keys) + _bytes(Revision, owner=owner, kind=kind, doc_id__in=ids)
    for beside, lookup in _beside(model):
        free += _bytes(beside, **{lookup: keys})
    for inside, name in _inside(model):
        inside._default_manager.filter(**{f"{name}__in": keys}).update(**{name: None})
    Revision.objects.filter(owner=owner, kind=kind, doc_id__in=ids).delete()
    Alias.objects.filter(owner=owner, kind=kind, of__in=ids).delete()
    model._default_manager.filter(pk__in=keys).delete()
    free += _let_go(owner, contents)
    quota.charge(owner, -free)
    return free


def _remember(owner: User, records: list[Record]) -> None:
    rows = [
        Deletion(
            owner=owner,
            source_id=record.source_id,
            transfer_id=record.transfer_id,
            kind=str(record._meta.model_name),
            identity=identity,
            doc_id=record.doc_id,
            reading=Rereading.reading_of(record),
        )
        for record in records
        for identity in dict.fromkeys(record.remembered_as())
    ]
    Deletion.objects.bulk_create(rows, ignore_conflicts=True)
    if rows and not owner.has_deleted:
        User.objects.filter(pk=owner.pk).update(has_deleted=True)
        owner.has_deleted = True


def _bytes(model: type[Model], **which: Any) -> int:
    rows = model._default_manager.filter(**which)
    size: int | None = rows.aggregate(bytes=Sum(Utf8Length("payload")))["bytes"]
    return size or 0


def _contents(model: type[Record], keys: list[int]) -> set[int]:
    """The keys of the content that these records, and what goes with them, have."""
    found: set[int] = set()
    with_content = {counted.model for counted in counted_models() if counted.has_bytes}
    if model in with_content:
        found |= set(model._default_manager.filter(pk__in=keys).values_list("content_id", flat=True))
    for relation in model._meta.related_objects:
        rows: Any = relation.related_model
        if rows in with_content and not issubclass(rows, Record):
            of_these = rows._default_manager.filter(**{f"{relation.field.name}__in": keys})
            found |= set(of_these.values_list("content_id", flat=True))
    return found - {None}  # where a record may be without


@cache
def _beside(model: type[Record]) -> tuple[tuple[type[Model], str], ...]:
    """The rows that are no records, count in a use, and go with records of a kind, each with the lookup of these."""
    counting = {one for vertical in verticals() for one in vertical.beside}
    return tuple(
        (relation.related_model, f"{relation.field.name}__in")
        for relation in model._meta.related_objects
        if relation.related_model in counting
    )


@cache
def _inside(model: type[Record]) -> tuple[tuple[type[Model], str], ...]:
    """The records that may be in records of a kind, and stay when these go, each with the name of what points there."""
    found: Iterator[Any] = (relation for relation in model._meta.related_objects if relation.field.null)
    return tuple((one.related_model, one.field.name) for one in found if issubclass(one.related_model, Record))


def _let_go(owner: User, contents: set[int]) -> int:
    """Lets go of the content that no record of the person has any more. Returns its bytes."""
    for counted in counted_models():
        if counted.has_bytes and contents:
            rows = counted.model._default_manager.filter(owner=owner, content__in=contents)
            contents = contents - set(rows.values_list("content_id", flat=True))
    held = Holding.objects.filter(owner=owner, content__in=contents)
    size: int = Content.objects.filter(pk__in=held.values("content")).aggregate(bytes=Sum("size"))["bytes"] or 0
    held.delete()
    return size
