"""How a move ends at its source, as far as the target can know: the only place that decides it.

A call to `finalize` may be taken and its answer lost. From then on nobody here knows whether the old account is open,
until its server says so: each sentence begins from "it may have moved", and the source is asked again until it is known
or the time for it is over. That a call was made is written down before it is, so that whoever dies meanwhile has left
a doubt, and no certainty.
"""

from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.texts import kept_text
from moves.models import Move
from moves.models.move import State
from moves.moving import mails, peer_api, receipts
from moves.moving.outcomes import Done, GiveUp, TryAgain, Turn
from moves.moving.source import SAYS_MOVED_HERE
from moves.peers.errors import PeerError

NOT_NOW = (408, 425, 429)  # statuses of a call that was not looked at, and may be made again
NEVER_CALLED = ("bad_address", "address_refused")  # codes of what this server will not call another time, either
# Whatever the other server has said follows, as a sentence.
MAY_HAVE_MOVED = kept_text("Your account at %(peer)s may have moved: it may have heard that everything arrived.")
NOT_OPEN = kept_text("The account at %(peer)s is not open any more.")
NOT_TOLD = kept_text("%(peer)s could not be told yet that everything arrived.")
STAYS_OPEN = kept_text("%(peer)s stays open: %(said)s", sentences={"said"})
NO_ANSWER = kept_text("%(peer)s answered %(status)s, which is no answer to that call.")
IS_OFF = kept_text("it says that the move is off.")
SAYS = kept_text("%(peer)s says: %(reason)s.", sentences={"reason"})


class Ending(Enum):
    """What has become of the account at the source."""

    CLOSED = "it has moved here"
    OPEN = "it stays open"
    GONE = "it is not open, and has not said to have moved here"
    UNTOLD = "it has not taken the call"
    UNKNOWN = "it may have taken the call"


@dataclass(frozen=True)
class EndingFound:
    """An ending, with what the source has said as a sentence. `is_lasting`: the same call will hardly be answered
    otherwise soon, so the person should look."""

    ending: Ending
    said: str = ""
    is_lasting: bool = False


def tell_source(turn: Turn) -> Done:
    """Tells the source that everything arrived, with the receipt. The account is open here, whatever it answers."""
    move = turn.move
    doubted = move.doubted_at is not None
    if not doubted:
        turn.keep(doubted_at=timezone.now())
    try:
        found = _of_success(move, peer_api.finalize(move, receipts.for_peer(move)))
    except PeerError as error:
        found = _of_failure(move, error, doubted)
    if not doubted and found.ending in (Ending.OPEN, Ending.GONE, Ending.UNTOLD):
        turn.keep(doubted_at=None)
    return _end(turn, found)


def retract(turn: Turn) -> Done:
    """The person has stopped the move after everything had arrived: the source is told that it is off, and by what it
    answers it is known whether it has closed before."""
    move = turn.move
    try:
        found = _of_success(move, peer_api.abort(move, move.error))
    except PeerError as error:
        found = _of_failure(move, error, move.doubted_at is not None)
    return _end(turn, found)


def _of_success(move: Move, status: int) -> EndingFound:
    """What a 2xx says: either call is answered 204."""
    if status != 204:
        return EndingFound(Ending.UNKNOWN, NO_ANSWER % {"peer": move.peer, "status": status}, is_lasting=True)
    if move.state == State.FINALIZING:
        return EndingFound(Ending.CLOSED)
    return EndingFound(Ending.OPEN, IS_OFF)


def _of_failure(move: Move, error: PeerError, doubted: bool) -> EndingFound:
    """What any other answer says, or none. `doubted`: an earlier call may have been taken."""
    reason, status = peer_api.reason(error), error.status or 0
    said = reason if reason == error.sentence else SAYS % {"peer": move.peer, "reason": reason}
    if status == 410:  # as a Cozy answers every call after it has moved
        if peer_api.has_moved_here(error):
            return EndingFound(Ending.CLOSED, SAYS_MOVED_HERE % {"peer": move.peer})
        return EndingFound(Ending.GONE, error.sentence)
    if status == 409 and move.changes:  # a Wharf answers so of what it has decided, whenever it is asked
        return EndingFound(Ending.OPEN if move.state == State.FINALIZING else Ending.CLOSED, said)
    if not error.arrived:
        never = error.code in NEVER_CALLED and not doubted
        return EndingFound(Ending.OPEN if never else Ending.UNTOLD, said)
    if status in NOT_NOW:
        return EndingFound(Ending.UNTOLD, said)
    if 400 <= status < 500 and not doubted:
        return EndingFound(Ending.OPEN, said)
    # A call to abort that gets lost is no harm: what it would have ended is ended by the next one.
    return EndingFound(Ending.UNKNOWN, said, is_lasting=not error.temporary)


def _end(turn: Turn, found: EndingFound) -> Done:
    """Ends the move where its end is known. Raises `GiveUp` where the source has not closed for here, and `TryAgain`
    where it has to be asked again; the person is told by mail if that takes long."""
    move = turn.move
    stopped = f"{move.error} " if move.state == State.RETRACTING else ""
    in_doubt = move.doubted_at is not None
    match found.ending:
        case Ending.CLOSED:
            if stopped:
                with transaction.atomic():
                    mails.note_found(turn.lock(), found.said)
            return Done(found.said, to=State.ARRIVED)
        case Ending.OPEN:
            stays_open = STAYS_OPEN % {"peer": move.peer, "said": found.said}
            raise GiveUp(f"{stopped}{stays_open}", to=State.COPIED)
        case Ending.GONE:
            begin = MAY_HAVE_MOVED if in_doubt else NOT_OPEN
            raise GiveUp(f"{stopped}{begin % {'peer': move.peer}} {found.said}", to=State.UNCLEAR)
    sentence = f"{(MAY_HAVE_MOVED if in_doubt else NOT_TOLD) % {'peer': move.peer}} {found.said}"
    takes_long = timezone.now() - (move.reopened_at or move.created_at) >= settings.WHARF_MOVE_PATIENCE
    if found.is_lasting or takes_long:
        _warn(turn, sentence)
    raise TryAgain(sentence)


def _warn(turn: Turn, sentence: str) -> None:
    """Tells the person, once, that it is not known yet, with what can be found out by asking."""
    if turn.move.steps.filter(what=mails.FOUND_OUT).exists():
        return
    in_doubt = turn.move.doubted_at is not None
    seen = peer_api.look(turn.move) if in_doubt else ""
    found = sentence if seen in sentence else f"{sentence} {seen}"
    with transaction.atomic():
        move = turn.lock()
        mails.note_found(move, found)
        mails.owe(move, "unsure" if in_doubt else "untold")
