"""What ends of moves, imports and exports when an account is deleted."""

from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.texts import kept_text
from moves.imports.requests import cancel
from moves.models import ArchiveImport, Export, Move
from moves.models.move import State, Why
from moves.moving import farewells, finalizing, transitions

GOING = kept_text("The account is going to be deleted.")


def stop(instance: User, **_: Any) -> None:
    """Somebody has asked for it: moves are called off, as on their page, and what comes in ends. An export is made to
    its end, and can be fetched until then."""
    for pk in list(Move.objects.filter(owner=instance, ended_at=None).values_list("pk", flat=True)):
        finalizing.stop(pk, instance.username)
    for archive_import in ArchiveImport.objects.filter(owner=instance, state=ArchiveImport.State.IMPORTING):
        cancel(archive_import, GOING)


def end(instance: User, **_: Any) -> None:
    """The deletion begins, in the caller's transaction, which has locked the person's row: nothing is decided about a
    move any more, and other servers are told; whoever works on anything is fenced off."""
    farewells.owe(instance)
    now = timezone.now()
    Move.objects.filter(owner=instance, ended_at=None).update(
        state=State.FAILED,
        why=Why.STOPPED,
        error=GOING,
        ended_at=now,
        next_at=None,
        epoch=F("epoch") + 1,
        mail_due="",
        **dict.fromkeys(transitions.SECRETS, ""),
    )
    Export.objects.filter(owner=instance, state=Export.State.EXPORTING).update(
        state=Export.State.ERROR, error=GOING, finished_at=now, mailed_at=now, epoch=F("epoch") + 1
    )
    for archive_import in ArchiveImport.objects.filter(owner=instance, state=ArchiveImport.State.IMPORTING):
        cancel(archive_import, GOING)
