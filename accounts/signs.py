"""Which processes work in the background, and what nobody works at any more: for readiness and the admin."""

import os
import socket
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import ProcessSign

SILENCE = timedelta(seconds=60)  # after which a process is dead
EVERY = timedelta(seconds=10)  # how often one is given
FORGOTTEN = timedelta(days=1)  # when the row of one that was killed is removed


class Sign:
    """The sign of life of this process; `queues`: what it takes its work from."""

    def __init__(self, kind: ProcessSign.Kind, queues: Iterable[str] = ()) -> None:
        now = timezone.now()
        self._row = ProcessSign(
            kind=kind,
            host=socket.gethostname(),
            process=os.getpid(),
            queues=",".join(sorted(queues)),
            started_at=now,
            seen_at=now,
        )

    def give(self) -> None:
        """Says that it lives, if that was not said just now."""
        now = timezone.now()
        if self._row.pk is not None and self._row.seen_at > now - EVERY:
            return
        self._row.seen_at = now
        if self._row.pk is None or not ProcessSign.objects.filter(pk=self._row.pk).update(seen_at=now):
            self._row.pk = None
            self._row.save(force_insert=True)
            ProcessSign.objects.filter(seen_at__lt=now - FORGOTTEN).delete()

    def end(self) -> None:
        """Says that it ends, as it was told to."""
        if self._row.pk is not None:
            ProcessSign.objects.filter(pk=self._row.pk).delete()


def missing() -> list[str]:
    """Returns what nobody does now, a sentence each."""
    return missing_beat() + missing_workers()


def missing_beat() -> list[str]:
    """Says that no beat lives, if none does."""
    if _living().filter(kind=ProcessSign.Kind.BEAT).exists():
        return []
    return [
        gettext("No beat lives: nobody tells workers of what is due again, and they find it themselves a little later.")
    ]


def missing_workers() -> list[str]:
    """Says of each queue that no living worker takes it."""
    taken = {queue for queues in _living().values_list("queues", flat=True) for queue in queues.split(",")}
    left = [queue for queue in settings.WHARF_LANE_OF if queue not in taken]
    words = gettext("No worker lives that takes the queue %(queue)s: what belongs there waits.")
    return [words % {"queue": queue} for queue in left]


def _living() -> QuerySet[ProcessSign]:
    return ProcessSign.objects.filter(seen_at__gte=timezone.now() - SILENCE)
