"""Making an export: the row says what has to be done, whoever is woken does it, and only the last one who began counts.

A run that is killed leaves its row as it was; `revive` finds it by its dead process or by its heartbeat, and another
run begins from nothing, with a snapshot of its own time. After some runs that died the export ends as `error`. While
the database or the storage is away it is tried again, less and less often, for hours.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone

from accounts.texts import kept_plural, kept_text
from importers.errors import SERVICE_ERRORS, may_pass
from importers.text import MAX_NAME_BYTES
from moves import counted, jobs
from moves.archives.entry import EntryMissing
from moves.background import BackgroundTask
from moves.exports import contents
from moves.exports.archiver import Archiver, TooManyParts
from moves.exports.counts import ExportProgress
from moves.exports.snapshot import snapshot_of
from moves.exports.spools import SpoolWriter
from moves.jobs import Fenced, Heart, tell
from moves.models import Event, Export, Spool
from moves.shares import HASHING_SILENCE, may_have_archive_worker, wake_next

STORAGE_SILENT = kept_text("The storage of this server does not answer.")
EARLIER_UNREADABLE = kept_text("An earlier archive can't be read: %(name)s is missing.")
WORKERS_DIED = kept_text("%(workers)s workers died while they made it. Its operator can find out why.")
AFTER_A_CUT = kept_text("run %(run)s: the one before was cut off")
AFTER_A_DEATH = kept_text("run %(run)s: the one before died")
EXPORT_MADE = kept_text("%(parts)s, %(documents)s, %(files)s", sentences=counted.KEPT)
EXPORT_MADE_ONE_CUT, EXPORT_MADE_CUT = kept_plural(
    "%(parts)s, %(documents)s, %(files)s; %(names)s name has more than %(most)s bytes, and was cut",
    "%(parts)s, %(documents)s, %(files)s; %(names)s names have more than %(most)s bytes, and were cut",
    by="names",
    sentences=counted.KEPT,
)

log = logging.getLogger("wharf.exports")

MOST_RUNS = 5  # that may die before the export is given up
EXPORTING = Q(state=Export.State.EXPORTING)

WatchDocuments = Callable[[int, int], None]  # is told how many documents there are already, and how many there will be


export_ended = Signal()  # the export with this `pk` is done, or an error; may be sent twice


def run(pk: int, watch: WatchDocuments | None = None) -> bool:
    """Makes the export, unless somebody else does or it has to wait. Returns whether this run has ended it, as done or
    as error. `watch`: of a command, which is no worker."""
    export = _claim(pk, is_worker=watch is None)
    if export is None:
        return False
    try:
        return _run(export, watch)
    finally:
        wake_next()


def _run(export: Export, watch: WatchDocuments | None) -> bool:
    """Makes an export that was claimed. Returns what `run` does."""
    progress = ExportProgress()
    try:
        with _heart(export, progress, watch) as heart:
            _make(export, progress, heart)
    except Fenced:
        log.info("a run of export %s was overtaken", export.doc_id)
        return False
    except SERVICE_ERRORS as cause:
        log.error("export %s failed", export.doc_id, exc_info=cause)
        if may_pass(cause) and _wait(export, jobs.failure(cause)):
            return False
        return fail(export, jobs.failure(cause))
    except EntryMissing as missing:
        log.error("export %s can't read the earlier one", export.doc_id, exc_info=missing)
        if missing.may_pass and _wait(export, STORAGE_SILENT):
            return False
        return fail(export, EARLIER_UNREADABLE % {"name": missing.name})
    except TooManyParts as many:
        return fail(export, str(many))
    except (KeyboardInterrupt, SystemExit):  # it was told to stop, and did not die
        jobs.let_go(export, EXPORTING, let_go=F("let_go") + 1)
        raise
    except Exception as fault:  # whatever it is, the export must not stay as if it were still being made
        log.error("export %s failed by a fault of this program", export.doc_id, exc_info=fault)
        return fail(export, jobs.fault(fault))
    return True


def _claim(pk: int, *, is_worker: bool) -> Export | None:
    """Begins a run, if no other one lives, and the account's share of the workers is not used up. Returns the row with
    the run's epoch, or None."""
    with transaction.atomic():
        row = Export.objects.select_for_update().filter(pk=pk, state=Export.State.EXPORTING).first()
        if row is None or not jobs.is_free(row):
            return None
        if row.retry_at is not None and row.retry_at > timezone.now():
            return None
        if is_worker and not may_have_archive_worker(row.owner_id, but=row):
            return None
        restarted = row.epoch > 0
        if row.epoch - row.let_go >= MOST_RUNS:
            died = row.epoch - row.let_go
            _end_as_error(row, WORKERS_DIED % {"workers": died})
            return None
        jobs.take(
            row, documents=0, total_size=0, files_count=0, files_size=0, doctypes={}, snapshot_at=None, retry_at=None
        )
        export = Export.objects.select_related("owner").get(pk=pk)
        Event.objects.create(
            export=export,
            kind=Event.Kind.RESTARTED if restarted else Event.Kind.STARTED,
            detail=(AFTER_A_CUT if row.waiting_for else AFTER_A_DEATH) % {"run": export.epoch} if restarted else "",
        )
    return export


def _make(export: Export, progress: ExportProgress, heart: Heart) -> None:
    began = time.monotonic_ns()
    keys = {kind: _new_spool(export, kind) for kind in Spool.Kind.values}
    spool = SpoolWriter()
    try:
        with snapshot_of(export.owner) as snapshot:
            taken_at = timezone.now()
            _update(export, snapshot_at=taken_at, kinds=contents.count(snapshot, export.wants))
            Event.objects.create(export=export, kind=Event.Kind.SNAPSHOT, detail=taken_at.isoformat())
            Archiver(export, snapshot, taken_at, progress, heart.still_mine, spool).run()
        heart.still_mine()
        spool.store(keys)
        _finish(export, spool, progress, time.monotonic_ns() - began)
    except Fenced:
        for key in keys.values():  # nobody else may know of them any more
            default_storage.delete(key)
        raise
    finally:
        spool.close()


def _new_spool(export: Export, kind: str) -> str:
    """A key to store under, known to the database before a byte is there."""
    return Spool.objects.create(export=export, epoch=export.epoch, kind=kind).storage_key


def _finish(export: Export, spool: SpoolWriter, progress: ExportProgress, took: int) -> None:
    """Everything is stored: in one transaction the export is done, or nothing has changed."""
    now = timezone.now()
    with transaction.atomic():
        _update(
            export,
            **_columns(progress),
            state=Export.State.DONE,
            waiting_for="",
            revision=F("revision") + 1,
            finished_at=now,
            creation_duration=took,
            expires_at=_expiry(export, now),
        )
        export.parts.all().delete()
        for part in spool.parts:
            part.export = export
        export.parts.bulk_create(spool.parts, batch_size=500)
        made = {
            "parts": counted.parts(len(spool.parts)),
            "documents": counted.things(progress.documents),
            "files": counted.files(progress.files_count),
            "names": f"{progress.cut_names:,}",
            "most": MAX_NAME_BYTES,
        }
        cut = EXPORT_MADE_ONE_CUT if progress.cut_names == 1 else EXPORT_MADE_CUT
        detail = (cut if progress.cut_names else EXPORT_MADE) % made
        Event.objects.create(export=export, kind=Event.Kind.DONE, detail=detail)
        transaction.on_commit(lambda: wake_after(export.pk))


def _expiry(export: Export, ended_at: datetime) -> datetime:
    """Until when the export, or the reason why there is none, can be had."""
    return ended_at + timedelta(microseconds=export.max_age // 1000)


def _wait(export: Export, sentence: str) -> bool:
    """Puts the export off. Returns False where it has been put off so often that it is given up. Raises what the
    database raises: then the row has no sign of life any more, and another run begins."""
    tries = export.tries
    if tries >= len(jobs.PAUSES):
        return False
    pause = jobs.PAUSES[tries]
    due = timezone.now() + timedelta(seconds=pause)
    with transaction.atomic():
        jobs.let_go(export, EXPORTING, let_go=F("let_go") + 1, tries=tries + 1, retry_at=due, waiting_for=sentence)
        Event.objects.create(
            export=export, kind=Event.Kind.INTERRUPTED, detail=jobs.TRIED_AGAIN_IN % {"why": sentence, "seconds": pause}
        )
    return True


@transaction.atomic
def cancel(pk: int, why: str) -> bool:
    """Ends an export that is being made, whoever makes it: that run finds out and writes no more. Returns whether it
    was being made."""
    row = Export.objects.select_for_update().filter(pk=pk, state=Export.State.EXPORTING).first()
    if row is None:
        return False
    _end_as_error(row, why, Event.Kind.CANCELLED)
    return True


def fail(export: Export, cause: str) -> bool:
    """Ends the export as error, unless another run has taken over."""
    with transaction.atomic():
        row = (
            Export.objects.select_for_update()
            .filter(pk=export.pk, epoch=export.epoch, state=Export.State.EXPORTING)
            .first()
        )
        if row is None:
            return False
        _end_as_error(row, cause)
    return True


def _end_as_error(export: Export, cause: str, kind: Event.Kind = Event.Kind.FAILED) -> None:
    now = timezone.now()
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.ERROR,
        waiting_for="",
        retry_at=None,
        revision=F("revision") + 1,
        error=cause,
        finished_at=now,
        expires_at=_expiry(export, now),
    )
    Event.objects.create(export=export, kind=kind, detail=cause)
    transaction.on_commit(lambda: wake_after(export.pk))


def _update(export: Export, **columns: object) -> None:
    """Changes the row, if this run still is the one. Raises `Fenced`."""
    jobs.update(export, EXPORTING, **columns)


def _columns(progress: ExportProgress) -> dict[str, object]:
    return {
        "documents": progress.documents,
        "unchanged": progress.unchanged,
        "documents_expected": max(progress.expected, progress.documents + progress.unchanged),
        "total_size": progress.total_size,
        "files_count": progress.files_count,
        "files_size": progress.files_size,
        "cut_names": progress.cut_names,
        "doctypes": {name: list(counts) for name, counts in list(progress.doctypes.items())},
    }


def _heart(export: Export, progress: ExportProgress, watch: WatchDocuments | None) -> Heart:
    """Writes progress down with every sign of life, and shows it to whoever watches."""

    def beat() -> None:
        if watch is not None:
            watch(progress.documents, progress.expected)
        _update(export, **_columns(progress))

    return Heart(beat, lambda: (progress.documents + progress.unchanged, progress.files_count))


# Waking workers


def wake(pk: int) -> None:
    """Tells a worker, if any listens. If none does, `revive` finds the row later."""
    tell(BackgroundTask.MAKE_EXPORT, pk)


def wake_after(pk: int) -> None:
    """Tells a worker that an export has ended: somebody waits for a mail, and its parts have no hash yet."""
    export_ended.send(Export, pk=pk)
    tell(BackgroundTask.SEND_EXPORT_MAIL, pk)
    tell(BackgroundTask.HASH_PARTS, pk)


def revive() -> int:
    """Wakes a worker for every export that nobody makes or hashes. Returns how many are not made."""
    for pk in jobs.mark_told(Export, _unhashed()):
        tell(BackgroundTask.HASH_PARTS, pk)
    exporting = Export.objects.filter(EXPORTING)
    rows = jobs.left_alone(exporting.filter(retry_at=None))
    due = exporting.filter(retry_at__lte=timezone.now()).filter(Q(woken_at__lt=F("retry_at")) | jobs.untold("retry_at"))
    rows |= set(due.values_list("pk", flat=True))
    for pk in jobs.mark_told(Export, rows):
        wake(pk)
    return len(rows)


def revive_mails() -> None:
    """Wakes a worker for the mail of every export that has ended, and whose person was not told."""
    unmailed = Export.objects.exclude(state=Export.State.EXPORTING).filter(mailed_at=None, removed_at=None)
    late = unmailed.filter(jobs.untold("finished_at")).values_list("pk", flat=True)
    for pk in jobs.mark_told(Export, late):
        export_ended.send(Export, pk=pk)
        tell(BackgroundTask.SEND_EXPORT_MAIL, pk)


def _unhashed() -> list[int]:
    """Exports whose parts should have their hashes, and nobody is at it. Where an entry is missing there will never be
    one."""
    done = Export.objects.filter(state=Export.State.DONE, removed_at=None, parts__sha256="")
    late = done.filter(jobs.untold("finished_at"))
    left = late.filter(Q(hashing_at=None) | Q(hashing_at__lt=timezone.now() - HASHING_SILENCE))
    return list(left.exclude(events__kind=Event.Kind.MISSING).values_list("pk", flat=True).distinct())
