"""What becomes of the account that moves away: frozen, open again, or closed."""

from typing import Any

from django.db.models import Count, Max, Model, Sum
from django.utils import timezone

from accounts.connections import disconnect_all
from accounts.models import User
from accounts.texts import kept_text
from importers.content import quota
from importers.documents.columns import as_json
from importers.vertical import verticals
from moves.models import ArchiveImport, Document, Move

# What is written down of an account, in English.
IS_MOVING = kept_text("This account is moving to %(peer)s. Until it is there, nothing can be added to it here.")
HAS_MOVED = kept_text("This account has moved to %(peer)s. Nothing can be added to it here any more.")
STILL_TAKEN_IN = kept_text("An archive is still being taken into this account.")


class NotFree(Exception):
    """The account is blocked for another reason: why, as a sentence."""


class AccountBusy(NotFree):
    """Something still comes in, which has to end first."""


def freeze(move: Move) -> None:
    """Stops what comes in, and lets the person only read, in the caller's transaction. Raises `NotFree`, or
    `AccountBusy`."""
    person = quota.lock(move.owner)
    if person.blocked == User.Blocked.MOVING and move.frozen_at is not None:
        return
    if person.blocked:
        raise NotFree(person.why_blocked)
    if move.owner.archive_imports.filter(state=ArchiveImport.State.IMPORTING).exists():
        raise AccountBusy(STILL_TAKEN_IN)
    now = timezone.now()
    User.objects.filter(pk=person.pk).update(
        blocked=User.Blocked.MOVING,
        blocked_at=now,
        blocked_note=IS_MOVING % {"peer": move.peer},
    )
    Move.objects.filter(pk=move.pk).update(frozen_at=now, fingerprint=fingerprint(person))
    move.frozen_at = now


def open_again(move: Move) -> None:
    """Ends the freeze, in the caller's transaction; what an operator has blocked stays so."""
    if move.frozen_at is None:
        return
    person = quota.lock(move.owner)
    User.objects.filter(pk=person.pk, blocked=User.Blocked.MOVING).update(blocked="", blocked_at=None, blocked_note="")


def close(move: Move, delete_after: Any) -> None:
    """The account has moved: it says where to, its services are told so, and its data is kept until `delete_after`."""
    person = quota.lock(move.owner)
    User.objects.filter(pk=person.pk).update(
        blocked=User.Blocked.MOVED,
        blocked_at=timezone.now(),
        blocked_note=HAS_MOVED % {"peer": move.peer},
        moved_to=move.peer_url,
        delete_after=delete_after,
    )
    disconnect_all(move.owner)


def fingerprint(person: User) -> dict[str, Any]:
    """Returns numbers and times that change whenever anything in the account does, and that tell nothing of it."""
    found: dict[str, Any] = {"used_bytes": User.objects.values_list("used_bytes", flat=True).get(pk=person.pk)}
    # What was refused changes nothing, although it is the last that was heard of its transfer.
    taken = person.transfers.aggregate(items=Sum("items"), size=Sum("received_bytes"))
    found["transfers"] = [taken["items"], taken["size"]]
    models: set[type[Model]] = {model for vertical in verticals() for model in vertical.counted}
    models |= {ArchiveImport, Document}
    for model in sorted(models, key=lambda one: one._meta.label):
        columns = {column.name for column in model._meta.concrete_fields}
        times = sorted(columns & {"changed_at", "trashed_at", "updated_at", "replaced_at", "finished_at"})
        if "owner" not in columns:
            continue
        asked: dict[str, Any] = {"rows": Count("pk"), "newest": Max("pk")} | {name: Max(name) for name in times}
        rows = model._default_manager.filter(owner=person).aggregate(**asked)
        found[str(model._meta.label_lower)] = [rows["rows"], rows["newest"], *(as_json(rows[name]) for name in times)]
    return found
