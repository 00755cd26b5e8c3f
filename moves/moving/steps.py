"""What a move does in each state, by what it goes on, and how long it may take: one table per side.

A step without anything to run waits for the other server or for the person; their calls move it on (see api.py,
target_api.py and requests.py). Whatever happens, a state ends when its patience does, so every move comes to an end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from accounts.texts import kept_text
from moves.models import Move
from moves.models.move import Side, State
from moves.moving import checking, closing, proving, source, target
from moves.moving.outcomes import Done, Turn, Wait


@dataclass(frozen=True)
class Step:
    """What is done in a state.

    `what`: for people, kept in English. `run`: does it, or says that it has to be waited for. `done`: the state after
    it; `over`: the state when it fails for good, or when `patience` has ended, of which `silence` is the sentence;
    `in_doubt`: that state where the other server may have closed the account. `when_called`: it runs only when the
    other server has called for it; `is_long`: no other move should wait for it.
    """

    what: str
    run: Callable[[Turn], Done | Wait] | None
    done: State
    over: State
    patience: Callable[[], timedelta]
    silence: str = kept_text("It took too long.")
    when_called: bool = False
    is_long: bool = False
    in_doubt: State | None = None

    def given_up(self, move: Move) -> State:
        """The state after it where it fails for good."""
        return self.in_doubt if self.in_doubt is not None and move.doubted_at is not None else self.over

    @property
    def begins_at_once(self) -> bool:
        """Whether it runs as soon as the move is in its state."""
        return self.run is not None and not self.when_called


def _confirm() -> timedelta:
    return settings.WHARF_MOVE_CONFIRM


def _patience() -> timedelta:
    return settings.WHARF_MOVE_PATIENCE


def _lease() -> timedelta:
    return settings.WHARF_MOVE_LEASE


def _longest() -> timedelta:
    return settings.WHARF_MOVE_LONGEST


def _call_off() -> timedelta:
    return settings.WHARF_MOVE_CALL_OFF


NEVER_CONFIRMED = kept_text("The link in the mail was not opened in time.")
UNREACHED = kept_text("The other server could not be reached for too long.")
SILENT = kept_text("The other server gave no sign of life for too long.")


def _while_it_arrives(what: str) -> Step:
    """The target fetches; when it claims to have something already, that is checked."""
    return Step(what, checking.check, State.MOVED, State.CALLING_OFF, _lease, SILENT, when_called=True, is_long=True)


SOURCE = {
    State.REQUESTED: Step(
        kept_text("Waiting for your confirmation"), None, State.ANNOUNCING, State.EXPIRED, _confirm, NEVER_CONFIRMED
    ),
    State.ANNOUNCING: Step(
        kept_text("Announcing the move"), source.announce, State.EXPORTING, State.CALLING_OFF, _patience, UNREACHED
    ),
    State.EXPORTING: Step(kept_text("Packing"), source.export, State.HANDING_OVER, State.CALLING_OFF, _longest),
    State.HANDING_OVER: Step(
        kept_text("Sending"), source.hand_over, State.WAITING, State.CALLING_OFF, _patience, UNREACHED
    ),
    State.WAITING: _while_it_arrives(kept_text("Waiting until it has arrived")),
    State.CATCHING_UP: _while_it_arrives(kept_text("Waiting until what changed since has arrived")),
    State.CALLING_OFF: Step(kept_text("Cancelling"), source.call_off, State.FAILED, State.FAILED, _call_off),
}

TARGET = {
    State.ANNOUNCED: Step(kept_text("Waiting for the archive"), None, State.IMPORTING, State.FAILED, _lease, SILENT),
    State.IMPORTING: Step(
        kept_text("Taking everything in"), target.take_in, State.FINALIZING, State.CALLING_OFF, _lease, SILENT
    ),
    State.ASKING: Step(
        kept_text("Asking for what changed since"), target.ask, State.FETCHING, State.CALLING_OFF, _lease, UNREACHED
    ),
    State.FETCHING: Step(
        kept_text("Waiting for what changed since"),
        target.fetch,
        State.IMPORTING_REST,
        State.CALLING_OFF,
        _lease,
        UNREACHED,
    ),
    State.IMPORTING_REST: Step(
        kept_text("Taking in what changed since"), target.take_in_rest, State.PROVING, State.CALLING_OFF, _lease, SILENT
    ),
    State.PROVING: Step(
        kept_text("Proving what was here already"),
        proving.prove,
        State.FINALIZING,
        State.CALLING_OFF,
        _lease,
        UNREACHED,
        is_long=True,
    ),
    State.FINALIZING: Step(
        kept_text("Saying that everything has arrived"),
        closing.tell_source,
        State.ARRIVED,
        State.COPIED,
        _longest,
        UNREACHED,
        in_doubt=State.UNCLEAR,
    ),
    State.RETRACTING: Step(
        kept_text("Asking whether it has closed"),
        closing.retract,
        State.COPIED,
        State.COPIED,
        _call_off,
        UNREACHED,
        in_doubt=State.UNCLEAR,
    ),
    State.CALLING_OFF: Step(kept_text("Cancelling"), target.call_off, State.FAILED, State.FAILED, _call_off),
}

ENDS = (State.MOVED, State.ARRIVED, State.COPIED, State.UNCLEAR, State.FAILED, State.EXPIRED)


def step_of(move: Move) -> Step | None:
    """What a move does now; None when it has ended."""
    table = SOURCE if move.side == Side.SOURCE else TARGET
    return table.get(State(move.state))
