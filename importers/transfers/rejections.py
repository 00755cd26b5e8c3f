"""What was refused is kept with its reason, so that the operator sees it and it can be taken in later.

An item that comes in after all makes its rejection good. One that stays open costs a line; one that were closed for
another item would cost an item, since nobody would send it again: where it is not sure, it stays open.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from importers.content import quota
from importers.errors import SERVICE_ERRORS, Refusal
from importers.models import Rejection, Source, Transfer
from importers.statements import StatementBatch
from importers.text import keepable
from importers.transfers import budget
from importers.transfers.late_rejections import LateRejection, LateRejections
from importers.transfers.refused_item import RefusedItem
from importers.transfers.told import tell_of_refusal
from importers.transfers.transfer import ExporterJob, any_transfer_of, count_rejection, uncount_rejection

log = logging.getLogger("wharf.import")

# Refused items don't count in anybody's use, so what is kept of them whole is bounded per person. Beyond it, the first
# bytes of each still tell what it was, until the budget of the audit trail is used up (see budget.py).
EXCERPT = 1024
LONGEST_PATH_KEPT = 64  # characters
LONGEST_REASON_KEPT = 200

# Asked with every item, in the batch that it has anyhow, and answered by an index of what misses something.
IS_ANYTHING_MISSING = "SELECT 1 FROM importers_transfer WHERE source_id = %s AND rejected > 0 LIMIT 1"
# Each part is one look into an index of what is open; an OR would read all of it.
MAYBE_THIS = (
    "SELECT id FROM importers_rejection WHERE made_good_at IS NULL AND item_sha256 = %s"
    " UNION SELECT id FROM importers_rejection WHERE made_good_at IS NULL AND item_digest = %s"
    " UNION SELECT id FROM importers_rejection WHERE made_good_at IS NULL AND body_size = %s AND item_digest = ''"
)

_missing_something: set[int] = set()  # sources, by their keys


@dataclass(frozen=True)
class TakenItem:
    """An item that is taken: its JSON as it came, its request's length in bytes, and the size and SHA-256 of its file,
    None and empty where it has none.

    Asked only where the source misses something: `says`, for the digest of what its JSON says; `file_beginning`, for
    the SHA-256 of its file's first 16 KiB; and `is_told_by`, whether bytes that its JSON begins with can have been the
    beginning of no other item.
    """

    json: bytes
    body_size: int | None
    file_size: int | None
    file_sha256: str
    says: Callable[[], str]
    file_beginning: Callable[[], str]
    is_told_by: Callable[[bytes], bool]

    @cached_property
    def digest(self) -> str:
        return self.says()


def record(owner: User, job: ExporterJob, vertical: str, refusal: Refusal, item: RefusedItem) -> None:
    """Keeps a refused item in its transfer; the same one again only counts. What the database has no time for is kept
    as soon as it has."""
    late = LateRejection(owner, job, keepable(vertical)[:LONGEST_PATH_KEPT], refusal, item)
    try:
        _record(late)
    except SERVICE_ERRORS as error:
        if not late_ones.put(late):
            log.warning("a rejection could not be recorded: %s (%s)", refusal.code, error)


@transaction.atomic
def _record(late: LateRejection) -> None:
    owner, refusal, item = quota.lock(late.owner), late.refusal, late.item
    transfer = any_transfer_of(owner, late.job)
    count_rejection(transfer, late.vertical, _outcome(refusal.code))
    tell_of_refusal(transfer, late.vertical, refusal.status, refusal.code, refusal.description)
    this = {"transfer": transfer, "vertical": late.vertical, "code": refusal.code, **_exactly(item)}
    same = Rejection.objects.filter(**this)
    known = _known(item)
    reason = keepable(refusal.description)[:LONGEST_REASON_KEPT]
    now = {"last_at": timezone.now(), "reason": reason, **known}
    if same.filter(made_good_at=None).update(times=F("times") + 1, **now):
        return
    if same.update(times=1, made_good_at=None, **now):
        return
    size = len(item.read)
    kept = item.read if budget.has_room_for_item(owner, size) else item.read[:EXCERPT]
    if not budget.take(owner, len(reason) + len(late.vertical), of_item=len(kept)):
        budget.count_by_cause(transfer, refusal.code)
        return
    Rejection.objects.create(**this, **known, status=refusal.status, reason=reason, item=kept, item_size=size)


def _exactly(item: RefusedItem) -> dict[str, Any]:
    """The columns by which a rejection of the same item is found."""
    return {
        "item_sha256": hashlib.sha256(item.read).hexdigest(),
        "body_size": item.body_size,
        "file_sha256": item.file_sha256,
        "file_begins": item.file_begins,
    }


def _known(item: RefusedItem) -> dict[str, Any]:
    return {"item_digest": item.digest, "has_file": item.has_file, "file_size": item.file_size}


late_ones = LateRejections(_record)


def make_good(transfer: Transfer, item: TakenItem, batch: StatementBatch) -> None:
    """Marks what was refused of this item, in any job of its source, as made good: it has come in after all.

    Runs, with the batch, in the transaction that saves the item and has locked the person's row.
    """

    def look(missing: list[tuple[int]]) -> None:
        if not missing:
            _missing_something.discard(transfer.source_id)
            return
        _missing_something.add(transfer.source_id)
        for rejection in _candidates(transfer, item):
            make_good_if_of(rejection, item)

    batch.ask(IS_ANYTHING_MISSING, [transfer.source_id], look)
    for late in late_ones.of(transfer.owner_id):
        refused = Rejection(item_size=len(late.item.read), **_exactly(late.item), **_known(late.item))
        if _is_source(transfer.source, late.job) and _is_of(refused, item):
            late_ones.forget(late)  # if the item is not saved after all, that is recorded


def make_good_if_of(rejection: Rejection, item: TakenItem) -> bool:
    """Marks a rejection as made good if it was this item that was refused; returns whether it was. The caller has
    locked the person's row, in a transaction."""
    is_of = _is_of(rejection, item)
    if is_of:
        _make_good(rejection)
    return is_of


def is_known_to_miss(transfer: Transfer) -> bool:
    """Returns whether something of this transfer's source was missing when this process asked last, so that it will
    mostly be missing still."""
    return transfer.source_id in _missing_something


def _candidates(transfer: Transfer, item: TakenItem) -> list[Rejection]:
    with connection.cursor() as cursor:
        # An item always has a digest; without one, NULL finds nothing.
        cursor.execute(MAYBE_THIS, [hashlib.sha256(item.json).hexdigest(), item.digest or None, item.body_size])
        found = [pk for (pk,) in cursor.fetchall()]
    refused = Rejection.objects.filter(pk__in=found, transfer__source_id=transfer.source_id)
    return list(refused.select_related("transfer").defer("item"))


def _is_source(source: Source, job: ExporterJob) -> bool:
    return (source.client_id, source.service) == (job.client_id, job.service)


def _is_of(rejection: Rejection, item: TakenItem) -> bool:
    """Returns whether it was this item that was refused."""
    if rejection.item_digest and rejection.item_digest == item.digest:
        return _has_same_file(rejection, item)
    if rejection.item_digest and rejection.item_size != len(item.json):  # else it may be the same text, read otherwise
        return False
    if rejection.item_sha256 != hashlib.sha256(item.json[: rejection.item_size]).hexdigest():
        return False
    if rejection.item_size == len(item.json):
        return _has_same_file(rejection, item)
    return rejection.body_size == item.body_size is not None and item.is_told_by(item.json[: rejection.item_size])


def _has_same_file(rejection: Rejection, item: TakenItem) -> bool:
    """Returns whether the item's file is that of the rejection, as far as that is known, or that came without one."""
    if rejection.has_file is False:
        return True
    if rejection.file_sha256:
        return rejection.file_sha256 == item.file_sha256
    if rejection.file_begins and rejection.file_begins != item.file_beginning():
        return False
    if rejection.body_size is not None and rejection.body_size == item.body_size:
        return True
    if rejection.has_file is None and rejection.body_size is None:
        return item.file_size is None
    return rejection.file_size is not None and rejection.file_size == item.file_size


def _make_good(rejection: Rejection) -> None:
    rejection.made_good_at = timezone.now()
    rejection.save(update_fields=["made_good_at"])
    left = Rejection.objects.filter(transfer=rejection.transfer, made_good_at=None).order_by("-last_at")
    code = (
        left.values_list("code", flat=True).first()
        or rejection.transfer.counted_refusals.values_list("code", flat=True).first()
    )
    outcome = _outcome(code) if code else Transfer.Outcome.COMPLETE
    uncount_rejection(rejection.transfer, rejection.vertical, rejection.times, outcome)


def _outcome(code: str) -> Transfer.Outcome:
    return Transfer.Outcome.FULL if code == "destination_full" else Transfer.Outcome.REFUSALS
