"""Periodic work on what came in."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts import periodic
from importers.bin import job as bins
from importers.maintenance import collection
from importers.rereading import job as rereading
from importers.search import index as search
from importers.telling import ended, room
from importers.thumbnails import job as thumbnails
from importers.transfers import told
from importers.transfers.transfer import PAUSE
from importers.vertical import verticals
from importers.waking import INDEX_SEARCH, MAKE_THUMBNAILS, WAKE_AGAIN, WORK_IN_BINS, WORK_OFF, wake, wake_for_bins

log = logging.getLogger("wharf.purge")


@shared_task
def purge() -> None:
    """Every ten minutes; the same as `manage.py purge`."""
    done = collection.purge()
    if any(done.values()):
        log.info("purged", extra={name.replace(" ", "_"): number for name, number in done.items()})


@shared_task
def tell_of_ended_transfers() -> None:
    """Every ten minutes: the audit trail is told of transfers of which nothing has come for an hour, and so are the
    people who want to know."""
    now = timezone.now()
    told.tell_of_ends(now, PAUSE)
    ended.tell_people(now, PAUSE)


@shared_task
def tell_of_room() -> None:
    """Every minute: people whose room runs out are told, before something is refused."""
    room.tell_people(timezone.now())


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


@shared_task(name=WAKE_AGAIN)
def wake_again() -> None:
    """A second after an item has left something to be done, when more of them have."""
    periodic.wake(WORK_OFF)


@shared_task(name=WORK_IN_BINS)
def work_in_bins() -> None:
    """Every minute, and when somebody throws away, brings back or deletes more than a page waits for. After a while
    others have their turn, and it goes on behind them."""
    if done := bins.run(seconds=20):
        log.info("records were thrown away, brought back or deleted", extra={"records": done})
    if bins.is_waiting():
        wake_for_bins()


@shared_task(name=INDEX_SEARCH)
def index_search() -> None:
    """When a worker has seen that something came, changed or stood here before: writes what is searched of it."""
    if written := search.run(seconds=10):
        log.info("entries of the search were written", extra={"entries": written})
        search.look()


@shared_task(name=MAKE_THUMBNAILS)
def make_thumbnails() -> None:
    """When a picture or a video has come, or a worker has seen that something waits: draws what has to be drawn. After
    a while it lets the worker stop, if that is to, and goes on."""
    done = thumbnails.run(seconds=10)
    if done.seen:
        log.info("thumbnails were made", extra={"seen": done.seen, "made": done.made})
    thumbnails.look()
