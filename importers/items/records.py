"""Saving an item once, however often it comes.

Everything here runs in one transaction that has locked the person's row, so two connections that send the same
item at once are one after the other.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone

from importers import errors, statements
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus
from importers.items.deletions import deleted_answer, require_not_deleted
from importers.items.unsaid import unsaid
from importers.items.wire import canonical
from importers.models import Container, Record, Revision

R = TypeVar("R", bound=Record)
C = TypeVar("C", bound=Container)

Says = Callable[[str], str]


def save_once(
    model: type[R],
    arrival: IncomingItem,
    identity: str,
    columns: dict[str, Any],
    says: Says = canonical,
    *,
    needs_key: bool = False,
) -> tuple[R, ItemAnswer]:
    """Creates the record of this identity, or brings it up to date, or leaves it as it is; returns it, and the answer.
    `says`: what is compared of two payloads (see `same_item`). `needs_key`: something is to refer to it at once.

    A record that says something else now keeps what it said as a `Revision`. A record that the person has deleted
    stays deleted for the job (and the recurring job) that brought it; any other transfer brings it back. Raises
    `StaysDeleted` where it is not even in the bin any more.
    """
    record = find(model, arrival, identity)
    if record is None:
        record = create(model, arrival, identity, columns, needs_key=needs_key)
        return record, ItemAnswer(record.doc_id, ItemStatus.CREATED)
    # The root, and directories that exports make anew, are no placeholders, since nobody misses them; but the first
    # item of such a one makes it all the same.
    if isinstance(record, Container) and (record.is_placeholder or not record.payload):
        if stays_deleted(record, arrival):
            return record, deleted_answer(record.doc_id)
        require_not_deleted(model, arrival, identity)
        now = timezone.now()
        replace(record, arrival, columns | {"arrived_at": now, "received_at": now, "trashed_at": None})
        return record, ItemAnswer(record.doc_id, ItemStatus.CREATED)
    if stays_deleted(record, arrival):
        return record, deleted_answer(record.doc_id)
    same = same_item(record.payload, arrival, says)
    if record.trashed_at is None and same:
        return record, ItemAnswer(record.doc_id, ItemStatus.UNCHANGED)
    if not same:
        remember(record, arrival)
        replace(record, arrival, columns)
    bring_back(record)
    return record, ItemAnswer(record.doc_id, ItemStatus.UPDATED)


def find(model: type[R], arrival: IncomingItem, identity: str) -> R | None:
    """The record of this identity at its source. Mostly there is none yet, so first only its key is looked for."""
    key = statements.first(model, ("id",), {"source_id": arrival.source.pk, "identity": identity})
    return model._default_manager.get(pk=key[0]) if key else None


def create(
    model: type[R], arrival: IncomingItem, identity: str, columns: dict[str, Any], *, needs_key: bool = True
) -> R:
    """A new record of this arrival. One that `needs_key` is there at once, others at the end of the transaction.
    Raises `StaysDeleted` for what the person has deleted, and the same job brings."""
    require_not_deleted(model, arrival, identity)
    if issubclass(model, Container):
        columns = columns | {"arrived_at": timezone.now()}
    record = model(
        owner_id=arrival.owner.pk,
        source_id=arrival.source.pk,
        transfer_id=arrival.transfer.pk,
        identity=identity,
        payload=arrival.keep_json(),
        **columns,
    )
    if needs_key:
        statements.insert(record)
    else:
        arrival.batch.insert(record)
    return record


def replace(record: Record, arrival: IncomingItem, columns: dict[str, Any]) -> None:
    """Lets the record say what this arrival says. What only its columns said is kept."""
    if lost := unsaid(record, columns | {"payload": arrival.payload}):
        remember(record, arrival, lost)
        arrival.new_json_bytes += len(lost.encode())
    values = columns | {
        "payload": arrival.keep_json(),
        "transfer_id": arrival.transfer.pk,
        "changed_at": timezone.now(),
    }
    for name, value in values.items():
        setattr(record, name, value)
    record.save(update_fields=list(values))


def bring_back(record: Record) -> None:
    """Lets a record leave the bin if it is there. That is a change of it: another server has it in its bin by what an
    earlier archive said, and knows by the time that this is later."""
    if record.trashed_at is not None:
        record.trashed_at, record.changed_at = None, timezone.now()
        record.save(update_fields=["trashed_at", "changed_at"])


def remember(record: Record, arrival: IncomingItem, payload: str | None = None) -> None:
    """Keeps what the record (or `payload`, which stands beside it) says before something else replaces it."""
    Revision.objects.create(
        owner_id=record.owner_id,
        transfer_id=arrival.transfer.pk,
        kind=str(record._meta.model_name),
        doc_id=record.doc_id,
        payload=record.payload if payload is None else payload,
    )


def container_for(model: type[C], arrival: IncomingItem, identity: str, identifier: str, **known: Any) -> C:
    """The container an item names: as it came, or, until it does, a row with its identifier and what else is known."""
    named = {"source_id": arrival.source.pk, "identity": identity}
    if row := statements.first(model, ("id", "trashed_at"), named):
        return model.from_db(connection.alias, ("id", "trashed_at"), row)  # the others are read when asked for
    container = model(
        **named, owner_id=arrival.owner.pk, transfer_id=arrival.transfer.pk, identifier=identifier, **known
    )
    statements.insert(container)
    return container


def same_item(payload: str, arrival: IncomingItem, says: Says = canonical) -> bool:
    """Returns whether a kept payload and the one that came say the same, in whatever envelope, names and spelling.

    `says`: what a payload says in one spelling. What is kept may be another server's document, which is no item.
    """
    if payload == arrival.payload:
        return True
    try:
        kept = says(payload)
    except errors.Refusal:
        return False
    return kept == says(arrival.payload)


def stays_deleted(record: Record, arrival: IncomingItem) -> bool:
    """Whether the person has deleted the record, and this is the same job, or the same recurring job, as brought it."""
    if record.trashed_at is None:
        return False
    if record.transfer_id == arrival.transfer.pk:
        return True
    recurring = arrival.transfer.recurring_job_id
    return bool(recurring) and recurring == record.transfer.recurring_job_id
