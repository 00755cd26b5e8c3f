"""Going from one state to the next, with everything that goes with it, in one transaction."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.texts import kept_text
from moves import jobs
from moves.background import BackgroundTask
from moves.imports.requests import cancel
from moves.models import ArchiveImport, Export, Move, MoveStep
from moves.models.move import Outcome, Side, State
from moves.moving import freezing, mails, receipts, tokens
from moves.moving.fetched import may_have_moved
from moves.moving.steps import ENDS, SOURCE, TARGET, Step
from moves.told import tell_of_move

SECRETS = ("peer_token", "peer_client_secret", "given_token", "unsent_secret", "link", "changes_link")
LONGEST_ERROR = 2_000  # characters
HASHED_WITHIN = timedelta(hours=1)
WAS_CALLED_OFF = kept_text("The move was called off.")


def locked(pk: int) -> Move:
    """A move's row, locked to the end of the transaction, and its owner's before it."""
    return Move.objects.lock(pk).get()


def begin(move: Move) -> Move:
    """Saves a new move and opens the step of its first state, in the caller's transaction."""
    step = _table(move)[State(move.state)]
    now = timezone.now()
    move.lease_until = now + step.patience()
    move.next_at = now if step.begins_at_once else None
    move.save(force_insert=True)
    MoveStep.objects.create(move=move, state=move.state, what=step.what, outcome=Outcome.WAITING)
    transaction.on_commit(lambda: wake(move.pk))
    return move


@dataclass(frozen=True)
class StepEnd:
    """How the step of a state ends. `error` and `why` say why a move is off; `detail` is of the step alone."""

    outcome: Outcome = Outcome.DONE
    detail: str = ""
    error: str = ""
    why: str = ""


def go(move: Move, to: State, ended: StepEnd, **columns: Any) -> None:
    """Brings a locked move into another state, in the caller's transaction; whoever worked on it is fenced off."""
    now = timezone.now()
    before = move.state
    move.steps.filter(outcome__in=(Outcome.BEGUN, Outcome.WAITING)).update(
        outcome=ended.outcome, detail=(ended.detail or ended.error)[:LONGEST_ERROR], ended_at=now, next_at=None
    )
    ended_step = _table(move).get(State(before))
    tell_of_move(move, ended_step.what if ended_step else before, ended.outcome, ended.detail or ended.error)
    step = _table(move).get(to)
    changed: dict[str, Any] = {
        "state": to,
        "tries": 0,
        "next_at": now if step and step.begins_at_once else None,
        "heartbeat_at": None,
        "process": "",
        **columns,
    }
    if step:
        changed["lease_until"] = now + step.patience()
    if ended.error:
        changed["error"] = ended.error[:LONGEST_ERROR]
    if ended.why:
        changed["why"] = ended.why
    if to in ENDS:
        changed["ended_at"] = now
    _set(move, **changed)
    _enter(move, before)
    Move.objects.filter(pk=move.pk).update(epoch=F("epoch") + 1)
    move.epoch += 1
    if step is None:
        _end(move)
    elif not step.begins_at_once:
        MoveStep.objects.create(move=move, state=to, what=step.what, outcome=Outcome.WAITING)
    transaction.on_commit(lambda: wake(move.pk))


def _table(move: Move) -> dict[State, Step]:
    return SOURCE if move.side == Side.SOURCE else TARGET


def _enter(move: Move, before: str) -> None:
    """What a new state means for the account, and which of them the person is told of."""
    if move.side == Side.SOURCE:
        _enter_at_source(move, before)
    else:
        _enter_at_target(move, before)


def _enter_at_source(move: Move, before: str) -> None:
    state, now = State(move.state), timezone.now()
    if state in Move.OFF and before not in Move.OFF:
        freezing.open_again(move)
        _revoke_links(move)
        _set(move, reopened_at=now)
        # What a target knows that may have everything is asked first (see source.py), and told then.
        if move.confirmed_at is not None and not (state == State.CALLING_OFF and may_have_moved(move)):
            mails.owe(move, "off")
    if state == State.MOVED:
        _set(move, error="", why="")
        freezing.close(move, now + settings.WHARF_MOVE_KEPT)
        mails.owe(move, "moved")


def _enter_at_target(move: Move, before: str) -> None:
    state = State(move.state)
    if state in (*Move.OFF, State.FINALIZING) and move.reopened_at is None:
        _set(move, reopened_at=timezone.now())
    if state in Move.OFF and before not in Move.OFF:
        if move.current_import is not None and move.current_import.state == ArchiveImport.State.IMPORTING:
            why = move.error or WAS_CALLED_OFF
            cancel(move.current_import, why, stopped=move.was_stopped)
        mails.owe(move, "not arrived")
    if state == State.ARRIVED:
        User.objects.filter(pk=move.owner_id).update(moved_from=move.peer_url)
        mails.owe(move, "closed there" if before == State.RETRACTING else "arrived")
    if state in (State.COPIED, State.UNCLEAR):
        mails.owe(move, state)


def _end(move: Move) -> None:
    """What is left of a move that has ended: no secret, no token, no link; and the receipt."""
    tokens.revoke(move.token_checksum)
    move.left_out.all().delete()
    if move.side == Side.SOURCE:
        _revoke_links(move)
    # The secret of a mail that is still to be sent leads nowhere any more.
    mail = {"mail_due": ""} if move.mail_due == "confirm" else {}
    _set(move, **dict.fromkeys(SECRETS, ""), **mail)
    _set(move, receipt=receipts.of(move))


def _revoke_links(move: Move) -> None:
    """The target fetches nothing any more, and the bytes are kept no longer than it takes to hash them."""
    ours = [pk for pk in (move.first_export_id, move.second_export_id) if pk is not None]
    Export.objects.filter(pk__in=ours).update(link=F("link") + 1)
    soon = timezone.now() + HASHED_WITHIN
    Export.objects.filter(pk__in=ours, state=Export.State.DONE, expires_at__gt=soon).update(expires_at=soon)


def wake_now(pk: int) -> None:
    """What a move waits for has come: its step is due now. Whoever is at that step right now is told so, too, by
    `woken_at`, and looks once more."""
    waiting = Move.objects.filter(pk=pk, ended_at=None, next_at__isnull=False)
    if waiting.update(next_at=timezone.now(), woken_at=timezone.now()):
        wake(pk)


def call_for(move: Move) -> None:
    """The other server has called for the step of a locked move, in the caller's transaction: it is due now. Whoever is
    at it right now does it once more."""
    now = timezone.now()
    Move.objects.filter(pk=move.pk).update(next_at=now, woken_at=now)
    transaction.on_commit(lambda: wake(move.pk))


def wake(pk: int) -> None:
    """Tells a worker that something is to be done; if none listens, the periodic task finds the row."""
    jobs.tell(BackgroundTask.STEP_MOVE, pk)


def _set(move: Move, **columns: Any) -> None:
    Move.objects.filter(pk=move.pk).update(**columns)
    for name, value in columns.items():
        setattr(move, name, value)
