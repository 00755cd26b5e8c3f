"""What happens to the trail in the background."""

import logging

from celery import shared_task
from django.utils import timezone

from audit import checkpoints, copies, repeats, retention

log = logging.getLogger("wharf.audit")


@shared_task
def close_repeats() -> None:
    """Every minute: what was counted in minutes that are over becomes events."""
    repeats.close(timezone.now())


@shared_task
def make_checkpoint() -> None:
    """Every ten minutes: signs what stands in all chains, and sends copies elsewhere."""
    checkpoints.make()
    copies.send()


@shared_task
def forget_details() -> None:
    """Every six hours: deletes details that have been kept for as long as they are to be."""
    if forgotten := retention.forget():
        log.info("details of the audit trail were deleted", extra={"details": forgotten})
