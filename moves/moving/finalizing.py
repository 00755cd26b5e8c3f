"""The source decides, alone: whether an account has moved, whether it is open again, and when it is frozen.

Each decision is one transaction on the move's row, and is answered the same when it is asked for again.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.sizes import human_size
from accounts.texts import kept_text
from moves.errors import JsonApiRefusal
from moves.exports import requests as export_requests
from moves.exports.requests import Wish
from moves.models import Export, Move, MoveStep
from moves.models.move import Outcome, Side, State, Why
from moves.moving import freezing, mails, receipts, transitions
from moves.moving.fetched import EARLIER_VERSION, exports_of, sizes, unfetched
from moves.moving.peer_api import LONGEST_REASON
from moves.moving.transitions import StepEnd

# Whoever calls with the token of a move has been given it, even where this server does not know that yet.
HANDED_OVER = (State.HANDING_OVER, State.WAITING)
MOST_SECOND_EXPORTS = 3

# What the other server is answered, and what both keep of it, in English.
ARRIVES = kept_text("This account arrives here; it does not leave.")
CAME_LATE = kept_text("It came late, but nothing had changed since.")
IS_IN_USE_AGAIN = kept_text("This move was called off, and the account is in use again. It stays open.")
NOT_HANDED_OVER = kept_text("This account has not been handed over yet.")
ASK_FIRST = kept_text("Ask for what changed since first: POST /move/changes.")
NO_SUCH_MOVE = kept_text("There is no move of this account that waits for that.")
HAS_ENDED = kept_text("This move has ended, with proof. It can't be called off any more.")
NO_SECOND_EXPORT = kept_text("What changed since can't be exported. Call the move off.")
MISSING = kept_text("The receipt of %(peer)s says how many things are missing there: %(number)s.", measures={"number"})
# As former versions wrote it down
kept_text("The receipt of %(peer)s says that %(number)s documents are missing there.", measures={"number"})
NO_RECEIPT = kept_text("%(peer)s says that everything arrived, without a receipt.")
NO_ARCHIVE = kept_text("%(peer)s says that everything arrived, before there was an archive with all of it.")
NOT_FETCHED = kept_text(
    "%(peer)s says that everything arrived, but has not fetched part %(part)s of the archive whole: %(size)s were "
    "neither sent to it, nor has it proven to have them.",
    measures={"size"},
)
HEARD_LATE = kept_text("The other server said, too late, that everything arrived. The account stays open here.")
CALLED_OFF = kept_text("%(peer)s has called the move off.")
CALLED_OFF_SINCE = kept_text("%(peer)s has called the move off: %(reason)s", sentences={"reason"})
STOPPED_BY = kept_text("The move was stopped by %(name)s.")
HAS_ARRIVED = kept_text("It has arrived.")
LATE = kept_text("Hear late that it arrived")  # a step


def conflict(detail: str) -> JsonApiRefusal:
    """409: the state of the move does not allow it."""
    return JsonApiRefusal(409, "Conflict", detail)


def not_yet(detail: str) -> JsonApiRefusal:
    """503: something of this account has to end first."""
    return JsonApiRefusal(503, "Service Unavailable", detail, headers={"Retry-After": "10"})


# The target says that everything arrived


def accept_arrival(pk: int, receipt: dict[str, Any]) -> None:
    """Closes the account: it has moved. Raises `JsonApiRefusal` where it has not; then it is open, or will be."""
    refused: JsonApiRefusal | None = None
    with transaction.atomic():
        move = transitions.locked(pk)
        if move.state == State.MOVED:
            return
        if move.side != Side.SOURCE:
            raise conflict(ARRIVES)
        if move.state in (*HANDED_OVER, State.CATCHING_UP):
            refused = _close_or_say_why_not(move, receipt)
        elif move.state in Move.OFF and _may_close_late(move):
            if lacking := _lacking(move, receipt):
                refused = conflict(lacking)
                _tell_of_late(move)
            else:
                _close(move, receipt, CAME_LATE)
        elif move.state in Move.OFF:
            refused = conflict(IS_IN_USE_AGAIN)
            _tell_of_late(move)
        else:
            refused = conflict(NOT_HANDED_OVER)
    if refused is not None:
        raise refused


def _close_or_say_why_not(move: Move, receipt: dict[str, Any]) -> JsonApiRefusal | None:
    if move.changes and move.state in HANDED_OVER:
        return conflict(ASK_FIRST)
    if lacking := _lacking(move, receipt):
        # Whoever says that all is there although it is not will not fetch it any more.
        transitions.go(move, State.CALLING_OFF, StepEnd(Outcome.GAVE_UP, error=lacking, why=Why.FAILURE))
        return conflict(lacking)
    _close(move, receipt, "")
    return None


def _close(move: Move, receipt: dict[str, Any], detail: str) -> None:
    columns = {"peer_receipt": receipt} if receipt else {}
    transitions.go(move, State.MOVED, StepEnd(detail=detail), **columns)


def _lacking(move: Move, receipt: dict[str, Any]) -> str:
    """What stands against it that everything has arrived, as a sentence; empty where nothing does.

    A receipt adds to what was seen here, and is no substitute for it.
    """
    proof = receipt.get("proof")
    if isinstance(proof, dict) and "missing" in proof:
        if missing := receipts.missing_of(proof):
            return MISSING % {"peer": move.peer, "number": f"{missing:,}"}
    elif move.changes:
        return NO_RECEIPT % {"peer": move.peer}
    exports = [one for one in exports_of(move) if one is not None and one.state == Export.State.DONE]
    if len(exports) < len(exports_of(move)):
        return NO_ARCHIVE % {"peer": move.peer}
    part = next(filter(None, map(unfetched, exports)), 0)
    if not part:
        return ""
    size, fetched = sizes(move)
    lacking = NOT_FETCHED % {"peer": move.peer, "part": part, "size": human_size(max(size - fetched, 1))}
    return f"{lacking} {EARLIER_VERSION}" if move.changes and not move.nonce else lacking


def _may_close_late(move: Move) -> bool:
    """Whether a call that comes after the lease finds the account as it was when it was frozen."""
    if move.why != Why.LAPSED or move.frozen_at is None or move.owner.blocked:
        return False
    others = move.owner.moves.filter(side=Side.SOURCE, ended_at=None).exclude(pk=move.pk)
    return not others.exists() and freezing.fingerprint(move.owner) == move.fingerprint


def _tell_of_late(move: Move) -> None:
    """Once: the person may want to know that there are two accounts now."""
    if not move.steps.filter(what=LATE).exists():
        MoveStep.objects.create(
            move=move,
            state=move.state,
            what=LATE,
            outcome=Outcome.DONE,
            detail=HEARD_LATE,
            ended_at=timezone.now(),
        )
        mails.owe(move, "late")


# Somebody calls it off


def abort(pk: int, reason: str, *, stopped: bool = False) -> None:
    """The other server has called the move off: the account is open here, at once. `stopped`: a person did so there.
    Raises `JsonApiRefusal` after the end."""
    with transaction.atomic():
        move = transitions.locked(pk)
        if move.state in (State.MOVED, State.ARRIVED):
            raise conflict(HAS_ENDED)
        if move.ended_at is not None:
            return
        if move.state in Move.ASKING_HOW_IT_ENDED:
            # Everything is here, and the source may have closed in this very moment: what it answers to the call that
            # says so decides. It is made again now, not when its pause ends.
            Move.objects.filter(pk=move.pk).update(next_at=timezone.now())
            transaction.on_commit(lambda: transitions.wake(pk))
            return
        said = reason.strip()[:LONGEST_REASON]
        error = (CALLED_OFF_SINCE if said else CALLED_OFF) % {"peer": move.peer, "reason": said}
        why = Why.STOPPED_THERE if stopped else Why.ABORTED
        called_off = StepEnd(Outcome.CALLED_OFF, error, error=move.error or error, why=move.why or why)
        transitions.go(move, State.FAILED, called_off)


def stop(pk: int, by: str) -> bool:
    """Stops a move here: the account is open at once, and the other server is told. Returns whether there was one."""
    with transaction.atomic():
        move = transitions.locked(pk)
        if not move.is_running:
            return False
        if move.state == State.FINALIZING:
            to = State.RETRACTING  # everything is here; whether the source has closed, it has to be asked
        elif move.peer_token and move.state != State.REQUESTED:
            to = State.CALLING_OFF
        else:
            to = State.FAILED
        stopped = StepEnd(Outcome.CALLED_OFF, error=STOPPED_BY % {"name": by}, why=Why.STOPPED)
        transitions.go(move, to, stopped)
    return True


# The target asks for what changed since


def changes(pk: int, *, only_changes: bool) -> Export:
    """Freezes the account, and begins the export of what changed since the first one; or returns the one that there is.
    `only_changes`: without the documents that the first one has; otherwise with all of them.

    Raises `JsonApiRefusal`: 409 where the move is not at that point, 503 while another export of the account is made.
    """
    with transaction.atomic():
        move = transitions.locked(pk)
        if move.side == Side.SOURCE and move.state == State.CATCHING_UP and move.second_export is not None:
            enough = only_changes or not move.second_export.changes_only
            if move.second_export.state != Export.State.ERROR and enough:
                return move.second_export
        elif move.side != Side.SOURCE or move.state not in HANDED_OVER or not move.changes:
            raise conflict(NO_SUCH_MOVE)
        return _begin_second(move, only_changes)


def _begin_second(move: Move, only_changes: bool) -> Export:
    made = Export.objects.filter(owner=move.owner, origin="move", since=move.first_export).count()
    if move.first_export is None or made >= MOST_SECOND_EXPORTS:
        raise conflict(NO_SECOND_EXPORT)
    try:
        freezing.freeze(move)
        export = export_requests.create(move.owner, Wish(), "move", since=move.first_export, changes_only=only_changes)
    except freezing.AccountBusy as busy:
        raise not_yet(str(busy)) from busy
    except freezing.NotFree as blocked:
        raise conflict(str(blocked)) from blocked
    except JsonApiRefusal as refused:
        if refused.status != 409:
            raise
        raise not_yet(refused.detail) from refused
    transitions.go(move, State.CATCHING_UP, StepEnd(detail=HAS_ARRIVED), second_export=export)
    return export
