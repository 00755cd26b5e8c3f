"""What moves hear of from the floors below, so that they go on at once; the periodic task would find it as well."""

from typing import Any

from django.db.models import QuerySet

from moves import jobs
from moves.background import BackgroundTask
from moves.models import ArchiveImport, Move
from moves.moving import transitions


def import_ended(archive_import: ArchiveImport, **_: Any) -> None:
    """An import has ended, as done or as error. May come twice."""
    _wake(Move.objects.filter(current_import=archive_import))


def export_ended(pk: int, **_: Any) -> None:
    """An export has ended, as done or as error. May come twice."""
    _wake(Move.objects.filter(first_export=pk, state=Move.State.EXPORTING))
    catching_up = Move.objects.filter(second_export=pk, state=Move.State.CATCHING_UP, ended_at=None)
    for move in catching_up.values_list("pk", flat=True):
        jobs.tell(BackgroundTask.TELL_TARGET, move)


def _wake(moves: QuerySet[Move]) -> None:
    for pk in list(moves.values_list("pk", flat=True)):
        transitions.wake_now(pk)
