"""Periodic work on what came in."""

import logging

from celery import shared_task

from importers.maintenance import collection
from importers.rereading import job as rereading
from importers.vertical import verticals
from importers.waking import WORK_OFF, wake

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


@shared_task(name=WORK_OFF)
def work_off() -> None:
    """Every minute, and when an item has left something to be done: what is long, and must not keep its sender
    waiting. After a while others have their turn, and it goes on behind them."""
    done = {one.folder: one.work_off(seconds=20) for one in verticals()}
    if any(done.values()):
        log.info("what items had left was done", extra={"pieces": done})
        wake()
