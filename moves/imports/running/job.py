"""Importing archives: fetched part by part, checked, placed, and proven; killed or cut off at any moment, it goes on.

What can't be fetched now is tried again, less and less often, for hours; each bit of progress begins that anew. In the
end an import is done or an error, with a sentence, and whoever waits for that is told.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts.texts import kept_text
from importers.errors import SERVICE_ERRORS, Refusal
from moves import jobs
from moves.background import BackgroundTask
from moves.imports.running.ending import IMPORTING, Failed, end, end_as_error
from moves.imports.running.pace import ImportTooSlow, TurnOver, longest
from moves.imports.running.run import ImportRun, ImportWatch
from moves.imports.sources.links import NoArchive
from moves.imports.sources.parts import StreamInterrupted
from moves.jobs import Fenced, tell
from moves.models import ArchiveImport, Event
from moves.shares import may_have_archive_worker, wake_next

READERS_DIED = kept_text("%(workers)s workers died while they read it. The operator of this server can find out why.")
ANOTHER_RUN = kept_text("run %(run)s")
MAKE_ROOM = kept_text(
    "What has arrived stays. Make room, or ask the operator for more, and import it again: it goes on from here."
)
GIVEN_UP = kept_text("%(why)s It was tried again and again, and given up. What has arrived stays.", sentences=["why"])

log = logging.getLogger("wharf.imports")

IMPORT_PAUSES = jobs.PAUSES  # without any progress between them
MOST_TRIES = len(IMPORT_PAUSES) + 1


def run(pk: int, watch: ImportWatch | None = None, *, at_once: bool = False) -> bool:
    """Imports, unless somebody else does, it is not yet time to try again (but `at_once`), or its account or the other
    server has its share of the workers. `watch`: of a command, which is no worker.

    Returns whether this run has ended the import, as done or as error.
    """
    archive_import = _claim(pk, at_once=at_once, is_worker=watch is None)
    if archive_import is None:
        return False
    try:
        return _run(archive_import, watch)
    finally:
        wake_next()


def _run(archive_import: ArchiveImport, watch: ImportWatch | None) -> bool:
    """Does one run of an import that was claimed. Returns what `run` does."""
    pk = archive_import.pk
    try:
        with ImportRun(archive_import, watch) as this:
            this.go()
    except Fenced:
        log.info("a run of import %s was overtaken", archive_import.doc_id)
        return False
    except (StreamInterrupted, NoArchive) as cut:
        return _interrupted(archive_import, cut)
    except Failed as failed:
        return end_as_error(pk, str(failed), epoch=archive_import.epoch)
    except Refusal as refusal:
        if refusal.status == 503:
            return _wait(archive_import, refusal.description)
        return end_as_error(pk, _no_room(refusal), epoch=archive_import.epoch)
    except SERVICE_ERRORS as cause:
        log.error("import %s was interrupted", archive_import.doc_id, exc_info=cause)
        return _wait(archive_import, jobs.failure(cause))
    except Exception as fault:  # whatever it is, the import must not stay as if it were still going on
        log.error("import %s failed by a fault of this program", archive_import.doc_id, exc_info=fault)
        sentence = jobs.fault(fault)
        return end_as_error(pk, sentence, epoch=archive_import.epoch)
    return True


def _interrupted(archive_import: ArchiveImport, cut: StreamInterrupted | NoArchive) -> bool:
    """What comes no more now is tried again later, but for what never will. Returns whether the import has ended."""
    match cut:
        case TurnOver():
            jobs.let_go(archive_import, IMPORTING, waiting_for=cut.sentence)
            return False
        case ImportTooSlow() | NoArchive(temporary=False):
            return end_as_error(archive_import.pk, cut.sentence, epoch=archive_import.epoch)
    return _wait(archive_import, cut.sentence)


def _claim(pk: int, *, at_once: bool, is_worker: bool) -> ArchiveImport | None:
    """Begins a run, if no other one lives and it need not wait. Returns the row with the run's epoch, or None."""
    with transaction.atomic():
        row = ArchiveImport.objects.select_for_update().filter(IMPORTING, pk=pk).first()
        if row is None or not jobs.is_free(row):
            return None
        if row.retry_at is not None and row.retry_at > timezone.now() and not at_once:
            return None
        if is_worker and not may_have_archive_worker(row.owner_id, site=row.site, but=row):
            return None
        if row.tries >= MOST_TRIES:
            sentence = READERS_DIED % {"workers": row.tries}
            end(row, ArchiveImport.State.ERROR, Event.Kind.FAILED, sentence)
            return None
        jobs.take(
            row,
            tries=F("tries") + 1,
            retry_at=None,
            waiting_for=row.waiting_for if row.retry_at is not None else "",  # until it goes on
            started_at=Coalesce("started_at", Now()),
        )
        Event.objects.create(
            archive_import=row,
            kind=Event.Kind.RESTARTED if row.epoch else Event.Kind.STARTED,
            detail=ANOTHER_RUN % {"run": row.epoch + 1} if row.epoch else "",
        )
        return ArchiveImport.objects.select_related("owner", "move").get(pk=pk)


def _no_room(refusal: Refusal) -> str:
    return f"{refusal.description.rstrip('.')}. {MAKE_ROOM}"


def _wait(archive_import: ArchiveImport, sentence: str) -> bool:
    """Puts the import off after an interruption, or gives it up after too many. Returns whether it has ended."""
    with transaction.atomic():
        mine = ArchiveImport.objects.select_for_update().filter(
            IMPORTING, pk=archive_import.pk, epoch=archive_import.epoch
        )
        row = mine.first()
        if row is None:
            return False
        brought = max(row.tally.get("unpacked", 0), row.bytes_read)
        too_long = (row.started_at or row.created_at) < timezone.now() - longest(brought)
        if row.tries >= MOST_TRIES or too_long:
            given_up = GIVEN_UP % {"why": sentence}
            end(row, ArchiveImport.State.ERROR, Event.Kind.FAILED, given_up)
            return True
        pause = IMPORT_PAUSES[max(0, row.tries - 1)]
        mine.update(
            heartbeat_at=None,
            process="",
            retry_at=timezone.now() + timedelta(seconds=pause),
            waiting_for=sentence,
            tries=max(1, row.tries),
        )
        again = jobs.TRIED_AGAIN_IN % {"why": sentence, "seconds": pause}
        Event.objects.create(archive_import=row, kind=Event.Kind.INTERRUPTED, detail=again)
    return False


# Waking workers


def wake(pk: int) -> None:
    """Tells a worker, if any listens. If none does, `revive` finds the row later."""
    tell(BackgroundTask.IMPORT_ARCHIVE, pk)


def revive() -> int:
    """Wakes a worker for every import that nobody works on and whose time has come. Returns their number."""
    importing = ArchiveImport.objects.filter(IMPORTING)
    rows = jobs.left_alone(importing.filter(retry_at=None))
    due = importing.filter(retry_at__lte=timezone.now()).filter(Q(woken_at__lt=F("retry_at")) | jobs.untold("retry_at"))
    rows |= set(due.values_list("pk", flat=True))
    for pk in jobs.mark_told(ArchiveImport, rows):
        wake(pk)
    return len(rows)
