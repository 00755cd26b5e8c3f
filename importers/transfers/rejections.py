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
from importers.text import keepable
from importers.transfers.transfer import ExporterJob, count_rejection, transfer_of

log = logging.getLogger("wharf.import")

# Refused items don't count in anybody's use, so what is kept of them is bounded per person. Beyond it, the first
# bytes of each still tell what it was.
EXCERPT = 1024


def record(owner: User, job: ExporterJob, vertical: str, refusal: Refusal, item: bytes) -> None:
    """Keeps a refused item in its transfer; the same one again only counts. A database that is gone keeps nothing."""
    try:
        with transaction.atomic():
            _record(quota.lock(owner), job, keepable(vertical)[:64], refusal, item)
    except SERVICE_ERRORS:
        log.warning("a rejection could not be recorded: %s", refusal.code, exc_info=True)


def _record(owner: User, job: ExporterJob, vertical: str, refusal: Refusal, item: bytes) -> None:
    transfer = transfer_of(owner, job)
    full = refusal.code == "destination_full"
    count_rejection(transfer, vertical, Transfer.Outcome.FULL if full else Transfer.Outcome.REFUSALS)
    sha256 = hashlib.sha256(item).hexdigest()
    same = Rejection.objects.filter(transfer=transfer, vertical=vertical, code=refusal.code, item_sha256=sha256)
    if same.update(times=F("times") + 1, last_at=timezone.now(), reason=keepable(refusal.description)):
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
    )
