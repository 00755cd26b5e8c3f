"""What the audit trail is told of exports, imports and moves: what their pages show as well, and who fetched a part."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User
from accounts.texts import kept_text
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from moves.models import ArchiveImport, Event, Export, Move, MoveStep
from moves.models.move import Outcome

ROTATED = kept_text("Encrypted secrets at rest with the newest key")
ENDED = {Outcome.DONE, Outcome.AGAIN, Outcome.GAVE_UP, Outcome.CALLED_OFF, Outcome.OVERTAKEN}
NOT_TOLD = {Event.Kind.MISSING}  # an export may have a million of them; its report lists them


@receiver(post_save, sender=Event)
def tell_of_event(instance: Event, created: bool, **_: Any) -> None:
    """Tells of a step of an export or an import."""
    job: Export | ArchiveImport | None = instance.export or instance.archive_import
    if job is None or not created or instance.kind in NOT_TOLD:
        return
    kind = AuditKind.EXPORT_STEP if isinstance(job, Export) else AuditKind.IMPORT_STEP
    named: dict[str, Any] = {"step": str(instance.kind), "detail": instance.detail, "id": job.doc_id}
    record(kind, subject=subjects.person(job.owner_id), **named)


@receiver(post_save, sender=MoveStep)
def tell_of_step(instance: MoveStep, created: bool, **_: Any) -> None:
    """Tells of what begins and ends in one row: mails, and what was found out."""
    if created and instance.outcome in ENDED:
        tell_of_move(instance.move, instance.what, instance.outcome, instance.detail)


def tell_of_move(move: Move, what: str, outcome: str, detail: str = "") -> None:
    """Tells what came of one attempt at a step of a move; what only waits is not told of."""
    record(
        AuditKind.MOVE_STEP,
        subject=subjects.person(move.owner_id),
        step=what,
        outcome=str(outcome),
        detail=detail,
        state=str(move.state),
        side=str(move.side),
        peer=move.peer,
        id=move.doc_id,
    )


def tell_of_fetch(export: Export, part: int, address: str, agent: str) -> None:
    """Tells that somebody fetches a part of an export, by its number from 1 on; by the minute, since a download may
    come in a thousand ranges."""
    fetched: dict[str, Any] = {"part": part, "address": address, "agent": agent, "id": export.doc_id}
    record(AuditKind.EXPORT_FETCHED, subject=subjects.person(export.owner_id), cause=f"{export.pk} {part}", **fetched)


def tell_of_format(person: User, kind: str, name: str) -> None:
    """Tells that somebody fetches one kind of their data, as the file of this name."""
    record(AuditKind.FORMAT_FETCHED, subject=subjects.person(person.pk), cause=kind, format=kind, name=name)


def tell_of_rotation(secrets: int) -> None:
    """Tells that so many secrets at rest have another key now."""
    record(AuditKind.STAFF_ACTED, subject=subjects.SERVER, action=ROTATED, secrets=secrets)
