"""What was refused is kept with its reason, so that the operator sees it and it can be taken in later."""

import hashlib
import logging

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Length
from django.utils import timezone

from accounts.models import User
from importers.content import quota
from importers.errors import SERVICE_ERRORS, Refusal
from importers.models import Rejection, Transfer
from importers.statements import StatementBatch
from importers.text import keepable
from importers.transfers.transfer import ExporterJob, count_rejection, transfer_of, uncount_rejection

log = logging.getLogger("wharf.import")

# Refused items don't count in anybody's use, so what is kept of them is bounded per person. Beyond it, the first
# bytes of each still tell what it was.
EXCERPT = 1024

# Asked for every item, so each half is one look into an index of what is open; an OR would read all of it.
MAYBE_THIS = (
    "SELECT id FROM importers_rejection WHERE made_good_at IS NULL AND item_sha256 = %s"
    " UNION SELECT id FROM importers_rejection WHERE made_good_at IS NULL AND body_size = %s"
)


def record(
    owner: User, job: ExporterJob, vertical: str, refusal: Refusal, item: bytes, body_size: int | None = None
) -> None:
    """Keeps a refused item in its transfer; the same one again only counts. A database that is gone keeps nothing.

    `body_size`: the request's Content-Length, where `item` is only the beginning of what it would have been.
    """
    try:
        with transaction.atomic():
            _record(quota.lock(owner), job, keepable(vertical)[:64], refusal, item, body_size)
    except SERVICE_ERRORS:
        log.warning("a rejection could not be recorded: %s", refusal.code, exc_info=True)


def _record(owner: User, job: ExporterJob, vertical: str, refusal: Refusal, item: bytes, body_size: int | None) -> None:
    transfer = transfer_of(owner, job)
    count_rejection(transfer, vertical, _outcome(refusal.code))
    sha256 = hashlib.sha256(item).hexdigest()
    same = Rejection.objects.filter(transfer=transfer, vertical=vertical, code=refusal.code, item_sha256=sha256)
    now = {"last_at": timezone.now(), "reason": keepable(refusal.description), "body_size": body_size}
    if same.filter(made_good_at=None).update(times=F("times") + 1, **now):
        return
    if same.update(times=1, made_good_at=None, **now):
        return
    kept = Rejection.objects.filter(transfer__owner=owner).aggregate(bytes=Sum(Length("item")))["bytes"] or 0
    Rejection.objects.create(
        transfer=transfer,
        vertical=vertical,
        status=refusal.status,
        code=refusal.code,
        reason=keepable(refusal.description),
        item=item if kept + len(item) <= settings.WHARF_REJECTED_BYTES_KEPT else item[:EXCERPT],
        item_size=len(item),
        item_sha256=sha256,
        body_size=body_size,
    )


def make_good(transfer: Transfer, item: bytes, body_size: int | None, batch: StatementBatch) -> None:
    """Marks what was refused of this item, in any job of its source, as made good: it has come in after all.

    `item`: its JSON as it came; `body_size`: the Content-Length of its request, by which one is known of whose JSON
    only the beginning had come. Runs, with the batch, in the transaction that saves the item and has locked the
    person's row.
    """

    def mark(found: list[tuple[int]]) -> None:
        if not found:
            return
        refused = Rejection.objects.filter(pk__in=[pk for (pk,) in found], transfer__source_id=transfer.source_id)
        for rejection in refused.select_related("transfer").defer("item"):
            if rejection.item_sha256 == hashlib.sha256(item[: rejection.item_size]).hexdigest():
                _make_good(rejection)

    batch.ask(MAYBE_THIS, [hashlib.sha256(item).hexdigest(), body_size], mark)


def _make_good(rejection: Rejection) -> None:
    rejection.made_good_at = timezone.now()
    rejection.save(update_fields=["made_good_at"])
    left = Rejection.objects.filter(transfer=rejection.transfer, made_good_at=None).order_by("-last_at")
    code = left.values_list("code", flat=True).first()
    outcome = _outcome(code) if code else Transfer.Outcome.COMPLETE
    uncount_rejection(rejection.transfer, rejection.vertical, rejection.times, outcome)


def _outcome(code: str) -> Transfer.Outcome:
    return Transfer.Outcome.FULL if code == "destination_full" else Transfer.Outcome.REFUSALS
