"""Wakes a worker for what items leave to be done after their answer."""

import time
from dataclasses import dataclass

from django.conf import settings

from accounts import periodic, waking

WORK_OFF = "importers.tasks.work_off"
WAKE_AGAIN = "importers.tasks.wake_again"
WORK_IN_BINS = "importers.tasks.work_in_bins"
MAKE_THUMBNAILS = "importers.tasks.make_thumbnails"
INDEX_SEARCH = "importers.tasks.index_search"
SOON = 1.0  # seconds, after which a message comes that tells of all that came until then

_told_until = 0.0  # on the monotonic clock: a message is under way that comes later than this


@dataclass
class WokenSecond:
    """The second after this process has woken a worker. `until`: on the monotonic clock; `has_more`: items have left
    something to be done since, and a message is under way that comes when it is over."""

    until: float = 0.0
    has_more: bool = False


_woken = WokenSecond()


def wake() -> None:
    """Has `Vertical.work_off` done now, or when a second is over since that was last said: events come by the hundred,
    and to say it took longer than all the rest of one. Without this, it would be within a minute."""
    global _woken
    if (now := time.monotonic()) >= _woken.until:
        _woken = WokenSecond(now + SOON)
        periodic.wake(WORK_OFF)
    elif not _woken.has_more:
        _woken.has_more = True
        waking.tell(WAKE_AGAIN, after=_woken.until - now)


def wake_for_bins() -> None:
    """Has what somebody wants to be done with many records gone on with. Without this, it would be within a minute."""
    periodic.wake(WORK_IN_BINS)


def wake_to_draw() -> None:
    """Has what came drawn in a moment. Photos come by the hundred: one message tells of all that come until then.
    Without this, it would be within seconds as well (see `job.look`)."""
    global _told_until
    if settings.WHARF_THUMBNAILS and (now := time.monotonic()) > _told_until:
        _told_until = now + SOON
        waking.tell(MAKE_THUMBNAILS, after=SOON)
