"""Periodic work on what came in."""

import logging

from celery import shared_task

from importers.maintenance import collection
from importers.rereading import job as rereading

log = logging.getLogger("wharf.purge")


@shared_task
def purge() -> None:
    """Every ten minutes; the same as `manage.py purge`."""
    done = collection.purge()
    if any(done.values()):
        log.info("purged", extra={name.replace(" ", "_"): number for name, number in done.items()})


@shared_task
def reread() -> None:
    """Every minute, for most of it; the same as `manage.py reread`."""
    read, changed = rereading.run(seconds=45)
    if read:
        log.info("records were read again", extra={"read": read, "changed": changed})
