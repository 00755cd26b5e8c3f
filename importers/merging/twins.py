"""Two rows that stand for one record become one."""

from datetime import datetime
from typing import Any

from importers.items.unsaid import unsaid
from importers.merging.deciding import deciding
from importers.models import Alias, Record, Revision
from importers.models.record import NEVER

# What every record has, besides what it says.
OF_EVERY_RECORD = frozenset(field.attname for field in Record._meta.fields) | {"id"}


def unite(kept: Record, other: Record) -> int:
    """Lets the row `kept` stand for both. `other` is a row of the same kind, which is deleted, or has never been saved.

    It says what the one says that was changed later, and what the other one said becomes a revision. Id, transfer and
    time are those of the one that came first, before one that was only named; the other's id becomes an alias, and what
    is in it, or belongs to it, moves. The caller has locked the owner. Returns by how many bytes the account's use
    grows.
    """
    first, second = sorted((kept, other), key=lambda one: (one.is_placeholder, one.received_at, one.pk or 0))
    earlier, later = sorted((kept, other), key=_age)
    revision = Revision(
        owner_id=kept.owner_id,
        transfer_id=later.transfer_id,
        kind=_kind(kept),
        doc_id=first.doc_id,
        payload=earlier.payload,
        replaced_at=later.changed_at,
    )
    values = {name: getattr(later, name) for name in ("payload", "changed_at", *_own_columns(later))}
    values |= {name: getattr(first, name) for name in ("doc_id", "transfer_id", "received_at")}
    values["trashed_at"] = trashed_at(first, second)
    alias = second.doc_id
    lost = unsaid(earlier, values)
    growth = -_size(kept) - (_size(other) if other.pk else 0)
    if other.pk:
        growth += kept.adopt(other)
        other.delete()
    for name, value in values.items():
        setattr(kept, name, value)
    kept.save(update_fields=list(values))
    rename(_kind(kept), alias, kept)
    if revision.payload and revision.payload != kept.payload:
        revision.save()
        growth += len(revision.payload.encode())
    if lost:
        revision.pk, revision.payload = None, lost
        revision.save(force_insert=True)
        growth += len(lost.encode())
    return growth + _size(kept)


def rename(kind: str, doc_id: str, record: Record) -> None:
    """From now on, the id of a record of this kind means this record, and what was kept of the former one belongs to
    it."""
    if (kind, doc_id) == (_kind(record), record.doc_id):
        return
    named: dict[str, Any] = {"owner_id": record.owner_id, "kind": kind}
    Revision.objects.filter(**named, doc_id=doc_id).update(kind=_kind(record), doc_id=record.doc_id)
    Alias.objects.filter(**named, of=doc_id).update(of=record.doc_id)
    Alias.objects.filter(owner_id=record.owner_id, kind=_kind(record), doc_id=record.doc_id).delete()  # it is no alias
    Alias.objects.update_or_create(**named, doc_id=doc_id, defaults={"of": record.doc_id})


def _kind(record: Record) -> str:
    return str(record._meta.model_name)


def _size(record: Record) -> int:
    return len(record.payload.encode())


def _age(record: Record) -> tuple[bool, datetime, int]:
    """Returns what is greater for what was changed later. What has not come says nothing."""
    changed = deciding(record.changed_at) or NEVER
    return bool(record.payload) and not record.is_placeholder, changed, record.pk or 0


def _own_columns(record: Record) -> list[str]:
    """Returns the columns of what it says, but for references that it lacks: the other's stay."""
    own = [field for field in record._meta.concrete_fields if field.attname not in OF_EVERY_RECORD]
    return [field.attname for field in own if not (field.is_relation and getattr(record, field.attname) is None)]


def trashed_at(first: Record, second: Record) -> datetime | None:
    """Returns since when the one record is in the bin: where both were, or where the first one was when the second
    came, with the same job or recurring job, which does not bring back what a person has deleted."""
    if first.trashed_at is None or second.trashed_at is not None or second.is_placeholder:
        return first.trashed_at
    recurring = first.transfer.recurring_job_id
    same_job = first.transfer_id == second.transfer_id or (
        bool(recurring) and recurring == second.transfer.recurring_job_id
    )
    return first.trashed_at if same_job and first.trashed_at <= second.received_at else None
