"""Which stored bytes exports need, and the end of those that have expired."""

import logging
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from importers.content import stored
from importers.errors import SERVICE_ERRORS
from importers.models import Content
from moves.models import Event, Export, Spool

log = logging.getLogger("wharf.exports")

EARLIER = timedelta(hours=1)  # by which the clocks of two machines never differ
ROWS_REMOVED_AT_ONCE = 500
LATE_RUN = timedelta(hours=1)  # a run that was overtaken may still write its spool; it is removed once nobody can


class ExportKeeper:
    """What the collector of bytes asks (see importers/above.py).

    An export needs what its person held when its snapshot was taken. While it is made, that is everything that
    somebody let go of since it began; afterwards, the list that the run has stored: eight bytes per content, in order.
    So nothing is written per content into the database, and what no export needs goes when its grace ends.
    """

    def needed(self, contents: list[Content]) -> set[int]:
        """The keys of those that an export needs which has not expired. Mostly there is none, which is one question."""
        exporting, done = Q(state=Export.State.EXPORTING), Q(state=Export.State.DONE, removed_at=None)
        let_go = [content.unneeded_since for content in contents if content.unneeded_since is not None]
        begun = Export.objects.filter(created_at__lt=max(let_go) + EARLIER) if let_go else Export.objects.none()
        if len(let_go) == len(contents) and not begun.filter(exporting | done).exists():
            return set()
        return {content.pk for content in contents if self._needs(content)}

    def _needs(self, content: Content) -> bool:
        if content.unneeded_since is None:
            return True
        begun = Export.objects.filter(created_at__lt=content.unneeded_since + EARLIER)
        if begun.filter(state=Export.State.EXPORTING).exists():
            return True
        done = begun.filter(state=Export.State.DONE, removed_at=None)
        return any(_needs(export, content.pk) for export in done.iterator())

    def knows(self, keys: list[str]) -> set[str]:
        """Which keys are of spools."""
        return set(Spool.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))

    def purge(self) -> dict[str, int]:
        """Removes the bytes of what has expired, failed or been overtaken."""
        return {"expired exports removed": remove_expired(), "spools of exports removed": remove_spools()}


def _needs(export: Export, pk: int) -> bool:
    """Whether the content is on the export's list, or that can't be known: then it stays until the export expires."""
    try:
        return _lists(export, pk)
    except DatabaseError:  # nothing can be asked any more in the collector's transaction
        raise
    except (stored.Incomplete, Spool.DoesNotExist, *SERVICE_ERRORS):
        log.exception("it can't be read what export %s needs, so nothing is collected that it may need", export.doc_id)
        return True


def _lists(export: Export, pk: int) -> bool:
    """Whether the content is on the list that the export's run has stored."""
    needed = Spool.objects.filter(export=export, epoch=export.epoch, kind=Spool.Kind.NEEDED).get().storage_key
    low, high = 0, default_storage.size(needed) // 8
    while low < high:
        middle = (low + high) // 2
        found = int.from_bytes(stored.read_at(needed, middle * 8, 8), "big")
        if found == pk:
            return True
        low, high = (middle + 1, high) if found < pk else (low, middle)
    return False


def remove_expired() -> int:
    """Notes which exports have expired. From then on nothing of them can be fetched. Returns their number."""
    ended = Export.objects.filter(expires_at__lt=timezone.now(), removed_at=None)
    expired = list(ended.exclude(state=Export.State.EXPORTING))
    for export in expired:
        with transaction.atomic():
            if Export.objects.filter(pk=export.pk, removed_at=None).update(removed_at=timezone.now()):
                Event.objects.create(export=export, kind=Event.Kind.EXPIRED)
    return len(expired)


def remove_spools() -> int:
    """Deletes the bytes of spools that no export needs. Returns their number."""
    removed = 0
    overtaken = ~Q(epoch=F("export__epoch")) & Q(export__created_at__lt=timezone.now() - LATE_RUN)
    unneeded = Q(export=None) | Q(export__removed_at__isnull=False) | Q(export__state=Export.State.ERROR) | overtaken
    for spool in list(Spool.objects.filter(unneeded).order_by("pk")[:ROWS_REMOVED_AT_ONCE]):
        default_storage.delete(spool.storage_key)
        spool.delete()
        removed += 1
    return removed
