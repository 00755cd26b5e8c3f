"""What the target of a move has fetched, or proven to have."""

from accounts.texts import kept_text
from moves.exports import sent
from moves.models import Export, Move

EARLIER_VERSION = kept_text(
    "Its version is too old to prove that it has the rest already, so it would have to fetch everything."
)


def unfetched(export: Export) -> int:
    """The number, from 1 on, of the first part of an export of which bytes are left that the target was neither sent
    nor has proven to have; 0 where there is none."""
    part = sent.unsent_parts(export).first()
    return part.number + 1 if part is not None else 0


def may_have_moved(move: Move) -> bool:
    """Whether a target that fell silent may have taken the account in: it was sent all of it."""
    return move.why == Move.Why.LAPSED and has_everything(move)


def has_everything(move: Move) -> bool:
    """Whether the target has all that there is, so that the account may have arrived although nobody says so."""
    return all(one is not None and one.state == Export.State.DONE and not unfetched(one) for one in exports_of(move))


def exports_of(move: Move) -> list[Export | None]:
    """The exports that the target must have: None for one that is not begun."""
    return [move.first_export, move.second_export] if move.changes else [move.first_export]


def sizes(move: Move) -> tuple[int, int]:
    """How many bytes the archives of a move have, and how many of them the target was sent, or has proven to have."""
    exports = [one for one in exports_of(move) if one is not None]
    return sum(sent.size_of(one) for one in exports), sum(sent.bytes_sent(one) for one in exports)
