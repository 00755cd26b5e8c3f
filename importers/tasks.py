"""Periodic work on what came in."""

import logging

from celery import shared_task

from importers.maintenance import collection

log = logging.getLogger("wharf.purge")


@shared_task
def purge() -> None:
    """Every ten minutes; the same as `manage.py purge`."""
    done = collection.purge()
    if any(done.values()):
        log.info("purged", extra={name.replace(" ", "_"): number for name, number in done.items()})
