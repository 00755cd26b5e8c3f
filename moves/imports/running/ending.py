"""The end of an import, as done or as error, and telling everybody who waits for it."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from importers.merging.origin import Origin
from moves import jobs
from moves.background import BackgroundTask
from moves.imports.placing import staging
from moves.imports.placing.placer import Placer
from moves.jobs import tell
from moves.models import ArchiveImport, Event

IMPORTING = Q(state=ArchiveImport.State.IMPORTING)

# An `archive_import` is done, or an error, and that is written for good. Sent again until every receiver returns, so
# each must stand being called twice.
import_ended = Signal()


class Failed(Exception):
    """The import can't succeed. Its text is a sentence for the person."""


def end_as_error(
    pk: int, sentence: str, kind: Event.Kind = Event.Kind.FAILED, *, epoch: int | None = None, stopped: bool = False
) -> bool:
    """Ends an import as error; with an `epoch`, only if no other run has taken over. `stopped`: somebody wanted that.
    Returns whether it did."""
    with transaction.atomic():
        rows = ArchiveImport.objects.select_for_update().filter(IMPORTING, pk=pk)
        row = (rows if epoch is None else rows.filter(epoch=epoch)).first()
        if row is None:
            return False
        end(row, ArchiveImport.State.ERROR, kind, sentence, stopped=stopped)
    return True


def end(
    row: ArchiveImport, state: ArchiveImport.State, kind: Event.Kind, sentence: str, *, stopped: bool = False
) -> None:
    """The end, in the caller's transaction: the link is forgotten, and what nothing became of is removed."""
    error = sentence if state == ArchiveImport.State.ERROR else ""
    # Once: for a row that was changed twice in a transaction, PostgreSQL looks at its person again, and may wait there
    # for whoever has locked them and waits for this row.
    ArchiveImport.objects.filter(pk=row.pk).update(
        state=state,
        error=error,
        link="",
        finished_at=timezone.now(),
        retry_at=None,
        waiting_for="",
        stopped=stopped,
    )
    Event.objects.create(archive_import=row, kind=kind, detail=sentence)
    kept = list(row.parts.exclude(staging_key="").values_list("staging_key", flat=True))
    row.parts.exclude(staging_key="").update(staging_key="", staged_at=0)
    transaction.on_commit(lambda: _after(row, kept))


def _after(row: ArchiveImport, kept: list[str]) -> None:
    for key in kept:
        staging.discard_large(row.owner, key)
    wake_after(row.pk)


def settle(pk: int) -> None:
    """Tells everybody who waits for the end of an import. Raises what they raise, and is then called again."""
    row = (
        ArchiveImport.objects.select_related("owner", "move").filter(pk=pk, settled_at=None).exclude(IMPORTING).first()
    )
    if row is None:
        return
    _settle_rest(row)
    import_ended.send(ArchiveImport, archive_import=row)
    ArchiveImport.objects.filter(pk=pk, settled_at=None).update(settled_at=timezone.now())


def _settle_rest(row: ArchiveImport) -> None:
    """Decides what an import that failed has left undecided, as which file gets which name; but not while another one
    runs, at whose end all of it is decided."""
    if row.state == ArchiveImport.State.ERROR and not row.owner.archive_imports.filter(IMPORTING).exists():
        placer = Placer(row.owner, Origin(row.server))
        while placer.settle() is not None:
            pass


def wake_after(pk: int) -> None:
    """Tells a worker that an import has ended: somebody waits for a mail, and perhaps a move."""
    tell(BackgroundTask.SETTLE_IMPORT, pk)
    tell(BackgroundTask.SEND_IMPORT_MAIL, pk)


def revive() -> None:
    """Wakes a worker for whoever else waits for the end of an import and was not told."""
    for pk in jobs.mark_told(ArchiveImport, _ended_but(settled_at=None)):
        tell(BackgroundTask.SETTLE_IMPORT, pk)


def revive_mails() -> None:
    """The same for the persons."""
    for pk in jobs.mark_told(ArchiveImport, _ended_but(mailed_at=None)):
        tell(BackgroundTask.SEND_IMPORT_MAIL, pk)


def _ended_but(**undone: None) -> QuerySet[ArchiveImport, int]:
    ended = ArchiveImport.objects.exclude(IMPORTING).filter(jobs.untold("finished_at"), **undone)
    return ended.values_list("pk", flat=True)
