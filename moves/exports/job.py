"""Making an export: the row says what has to be done, whoever is woken does it, and only the last one who began counts.

A run that is killed leaves its row as it was; `revive` finds it by its dead process or by its heartbeat, and another
run begins from nothing, with a snapshot of its own time. After some runs that died the export ends as `error`.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from celery import current_app
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from importers import processes
from importers.errors import SERVICE_ERRORS
from moves.exports.archiver import Archiver, Progress
from moves.exports.snapshot import snapshot_of
from moves.models import Event, Export, Spool

log = logging.getLogger("wharf.exports")

BEAT = 1.0  # seconds between two signs of life
LEASE = timedelta(seconds=60)  # after so long without one, a run is dead
STALLED = 1800.0  # seconds without any progress, after which a run gives no more signs of life
MOST_RUNS = 5  # that may die before the export is given up
WAKE_AGAIN = timedelta(minutes=5)  # when a message may have been lost
HASH_AGAIN = timedelta(hours=1)


class Fenced(Exception):
    """Another run has taken over, or the export or its account is gone: this one must end, and change nothing."""


Watch = Callable[[int, int], None]  # is told how many documents there are already, and how many there will be


def run(pk: int, watch: Watch | None = None) -> bool:
    """Makes the export unless somebody else does. Gives whether this run has ended it, as done or as error."""
    export = _claim(pk)
    if export is None:
        return False
    try:
        with _Heart(export, watch) as heart:
            _make(export, heart)
    except Fenced:
        log.info("a run of export %s was overtaken", export.doc_id)
        return False
    except SERVICE_ERRORS as cause:
        log.error("export %s failed", export.doc_id, exc_info=cause)
        return fail(export, f"{_service(cause)} of this server failed: {cause}")
    except Exception as fault:  # whatever it is, the export must not stay as if it were still being made
        log.error("export %s failed by a fault of this program", export.doc_id, exc_info=fault)
        return fail(
            export, f"This server made a mistake ({type(fault).__name__}). Its operator can find it in the log."
        )
    return True


def _claim(pk: int) -> Export | None:
    """Begins a run, if no other one lives. Gives the row with the run's epoch, or None."""
    with transaction.atomic():
        row = Export.objects.select_for_update().filter(pk=pk, state=Export.State.EXPORTING).first()
        if row is None or not _is_free(row):
            return None
        restarted = row.epoch > 0
        if row.epoch >= MOST_RUNS:
            _end_as_error(row, f"{row.epoch} workers died while they made it. Its operator can find out why.")
            return None
        Export.objects.filter(pk=pk).update(
            epoch=F("epoch") + 1,
            heartbeat_at=Now(),
            process=processes.current(),
            documents=0,
            total_size=0,
            files_count=0,
            files_size=0,
            doctypes={},
            snapshot_at=None,
        )
        export = Export.objects.select_related("owner").get(pk=pk)
        Event.objects.create(
            export=export,
            kind=Event.Kind.RESTARTED if restarted else Event.Kind.STARTED,
            detail=f"run {export.epoch}: the one before died" if restarted else "",
        )
    return export


def _is_free(export: Export) -> bool:
    """Whether no run of it lives: none has begun, its process has ended, or its signs of life have."""
    if export.heartbeat_at is None or processes.is_dead(export.process):
        return True
    return Export.objects.filter(pk=export.pk, heartbeat_at__lt=Now() - LEASE).exists()


def _make(export: Export, heart: "_Heart") -> None:
    began = time.monotonic_ns()
    keys = {kind: _new_spool(export, kind) for kind in Spool.Kind.values}
    archiver = None
    try:
        with snapshot_of(export.owner) as snapshot:
            taken_at = timezone.now()
            _update(export, snapshot_at=taken_at)
            Event.objects.create(export=export, kind=Event.Kind.SNAPSHOT, detail=taken_at.isoformat())
            archiver = Archiver(export, snapshot, taken_at, heart.progress, heart.still_mine)
            archiver.run()
        heart.still_mine()
        archiver.spool.store(keys)
        _finish(export, archiver, heart.progress, time.monotonic_ns() - began)
    except Fenced:
        for key in keys.values():  # nobody else may know of them any more
            default_storage.delete(key)
        raise
    finally:
        if archiver is not None:
            archiver.spool.close()


def _new_spool(export: Export, kind: str) -> str:
    """A key to store under, known to the database before a byte is there."""
    return Spool.objects.create(export=export, epoch=export.epoch, kind=kind).storage_key


def _finish(export: Export, archiver: Archiver, progress: Progress, took: int) -> None:
    """Everything is stored: in one transaction the export is done, or nothing has changed."""
    now = timezone.now()
    with transaction.atomic():
        _update(
            export,
            **_columns(progress),
            state=Export.State.DONE,
            revision=F("revision") + 1,
            finished_at=now,
            creation_duration=took,
            expires_at=now + timedelta(microseconds=export.max_age // 1000),
        )
        export.parts.all().delete()
        for part in archiver.spool.parts:
            part.export = export
        export.parts.bulk_create(archiver.spool.parts, batch_size=500)
        detail = f"{len(archiver.spool.parts)} parts, {progress.documents} documents, {progress.files_count} files"
        Event.objects.create(export=export, kind=Event.Kind.DONE, detail=detail)
        transaction.on_commit(lambda: wake_after(export.pk))


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


def _end_as_error(export: Export, cause: str) -> None:
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.ERROR, revision=F("revision") + 1, error=cause, finished_at=timezone.now()
    )
    Event.objects.create(export=export, kind=Event.Kind.FAILED, detail=cause)
    transaction.on_commit(lambda: wake_after(export.pk))


def _update(export: Export, **columns: object) -> None:
    """Changes the row, if this run still is the one. Raises `Fenced`."""
    mine = Export.objects.filter(pk=export.pk, epoch=export.epoch, state=Export.State.EXPORTING)
    if not mine.update(heartbeat_at=Now(), **columns):
        raise Fenced


def _columns(progress: Progress) -> dict[str, object]:
    return {
        "documents": progress.documents,
        "documents_expected": max(progress.expected, progress.documents),
        "total_size": progress.total_size,
        "files_count": progress.files_count,
        "files_size": progress.files_size,
        "doctypes": {name: list(counts) for name, counts in list(progress.doctypes.items())},
    }


def _service(cause: Exception) -> str:
    return "The disk or the storage" if isinstance(cause, OSError) else "The database or the storage"


class _Heart:
    """Writes progress and a sign of life down every second, in a thread: a single question may take minutes."""

    def __init__(self, export: Export, watch: Watch | None) -> None:
        self.progress = Progress()
        self._watch = watch
        self._export = export
        self._done = threading.Event()
        self._fenced = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def still_mine(self) -> None:
        """Raises `Fenced` when this run must end."""
        if self._fenced.is_set():
            raise Fenced

    def _beat(self) -> None:
        seen, moved = (-1, -1), time.monotonic()
        while not self._done.wait(BEAT):
            if self._watch is not None:
                self._watch(self.progress.documents, self.progress.expected)
            now = (self.progress.documents, self.progress.files_count)
            if now != seen:
                seen, moved = now, time.monotonic()
            if time.monotonic() - moved > STALLED:
                continue  # it hangs: let another one take over
            try:
                _update(self._export, **_columns(self.progress))
            except Fenced:
                self._fenced.set()
                return
            except SERVICE_ERRORS:
                log.warning("export %s could give no sign of life", self._export.doc_id, exc_info=True)
            finally:
                connection.close()


# Waking workers


def wake(pk: int) -> None:
    """Tells a worker, if any listens. If none does, `revive` finds the row later."""
    _tell("moves.tasks.make_export", pk)


def wake_after(pk: int) -> None:
    """Tells a worker that an export has ended: somebody waits for a mail, and its parts have no hash yet."""
    _tell("moves.tasks.send_export_mail", pk)
    _tell("moves.tasks.hash_parts", pk)


def _tell(task: str, pk: int) -> None:
    """Sends a message. One that is lost loses nothing."""
    try:
        current_app.send_task(task, [pk])
    except (BrokerError, OSError):
        log.warning("no worker could be told; the periodic task will find the row", exc_info=True)


def revive() -> int:
    """Wakes a worker for every export that nobody makes. Gives their number."""
    woken = 0
    waiting = Q(heartbeat_at=None, woken_at__lt=Now() - WAKE_AGAIN)
    silent = Q(heartbeat_at__lt=Now() - LEASE, woken_at__lt=Now() - LEASE)
    exporting = Export.objects.filter(state=Export.State.EXPORTING)
    rows = set(exporting.filter(waiting | silent).values_list("pk", flat=True))
    running = exporting.filter(heartbeat_at__isnull=False).values_list("pk", "process", "woken_at")
    for pk, process, woken_at in running:
        if processes.is_dead(process) and woken_at < _a_moment_ago():
            rows.add(pk)
    untold = Export.objects.exclude(state=Export.State.EXPORTING).filter(mailed_at=None, removed_at=None)
    untold = untold.filter(finished_at__lt=Now() - WAKE_AGAIN, woken_at__lt=Now() - WAKE_AGAIN)
    for pk in list(untold.values_list("pk", flat=True)):
        Export.objects.filter(pk=pk).update(woken_at=Now())
        wake_after(pk)
    for pk in _unhashed():
        Export.objects.filter(pk=pk).update(woken_at=Now())
        _tell("moves.tasks.hash_parts", pk)
    for pk in rows:
        Export.objects.filter(pk=pk).update(woken_at=Now())
        wake(pk)
        woken += 1
    return woken


def _unhashed() -> list[int]:
    """Exports whose parts should long have their hashes. Where an entry is missing there will never be one."""
    done = Export.objects.filter(state=Export.State.DONE, removed_at=None, parts__sha256="")
    late = done.filter(finished_at__lt=Now() - WAKE_AGAIN, woken_at__lt=Now() - HASH_AGAIN)
    return list(late.exclude(events__kind=Event.Kind.MISSING).values_list("pk", flat=True).distinct())


def _a_moment_ago() -> datetime:
    return timezone.now() - timedelta(seconds=10)
