"""What was deleted for good stays so, for the job, or the recurring job, that brought it.

Mostly nobody has deleted anything, which the person's row says that every item's transaction has locked.
"""

from collections.abc import Iterable

from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus
from importers.models import Deletion, Record


class StaysDeleted(Exception):
    """An item means a record that was deleted for good, and this is the job that brought it. `doc_id`: the id that the
    record had. The transaction that it is raised in is to leave nothing behind."""

    def __init__(self, doc_id: str) -> None:
        super().__init__(doc_id)
        self.doc_id = doc_id

    @property
    def answer(self) -> ItemAnswer:
        return deleted_answer(self.doc_id)


def deleted_answer(doc_id: str) -> ItemAnswer:
    """Returns what is answered about an item whose record stays deleted, or in the bin."""
    return ItemAnswer(doc_id, ItemStatus.UNCHANGED, is_thrown_away=True)


def require_not_deleted(model: type[Record], arrival: IncomingItem, identity: str, *, later: bool = False) -> None:
    """Raises `StaysDeleted` where the record of this kind and identity was deleted for good, and this is the job, or
    the recurring job, that brought it. `later`: only where another run of it did."""
    for doc_id in stay_deleted(model, arrival, [identity], later=later).values():
        raise StaysDeleted(doc_id)


def stay_deleted(
    model: type[Record], arrival: IncomingItem, identities: Iterable[str], *, later: bool = False
) -> dict[str, str]:
    """Returns the ids that records had which stay deleted, by those of these identities, and of the former ones of the
    item, that mean them: a former one only means what was deleted while items were identified so."""
    if not arrival.owner.has_deleted:
        return {}
    named, former = set(identities), arrival.former_identities
    mine = {"source_id": arrival.source.pk, "kind": str(model._meta.model_name), "identity__in": [*named, *former]}
    rows = Deletion.objects.filter(**mine).values_list(
        "identity", "doc_id", "reading", "transfer_id", "transfer__recurring_job_id"
    )
    recurring, this = arrival.transfer.recurring_job_id, arrival.transfer.pk
    return {
        identity: doc_id
        for identity, doc_id, reading, transfer, job in rows
        if (identity in named or (reading or 0) < former[identity])
        and not (later and transfer == this and arrival.transfer.job_id)
        and (transfer == this or (bool(recurring) and recurring == job))
    }
