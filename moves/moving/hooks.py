"""What moves hear of from the floors below, so that they go on at once; the periodic task would find it as well."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from moves.models import ArchiveImport, Move
from moves.moving import transitions


def import_ended(archive_import: ArchiveImport, **_: Any) -> None:
    """An import has ended, as done or as error. May come twice."""
    _wake(Move.objects.filter(current_import=archive_import))


def export_ended(pk: int, **_: Any) -> None:
    """An export has ended, as done or as error. May come twice."""
    _wake(Move.objects.filter(first_export=pk, state=Move.State.EXPORTING))


def _wake(moves: QuerySet[Move]) -> None:
    for pk in list(moves.filter(ended_at=None, next_at__isnull=False).values_list("pk", flat=True)):
        Move.objects.filter(pk=pk, ended_at=None, next_at__isnull=False).update(next_at=timezone.now())
        transitions.wake(pk)
