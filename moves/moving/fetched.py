"""What the target of a move has fetched."""

from moves.models import Export, Fetch, Move


def unfetched(export: Export) -> str:
    """The first part of an export whose last byte nobody was sent, in words; empty where there is none. What lies
    before that, a target may omit where it has it already."""
    fetched = set(Fetch.objects.filter(export=export, ended__gt=0).values_list("part", flat=True))
    numbers = export.parts.order_by("number").values_list("number", flat=True)
    return next((f"part {number + 1} of the archive" for number in numbers if number not in fetched), "")


def may_have_moved(move: Move) -> bool:
    """Whether a target that fell silent may have taken the account in: it was sent all of it."""
    return move.why == Move.Why.LAPSED and has_everything(move)


def has_everything(move: Move) -> bool:
    """Whether the target was sent all that there is, so that the account may have arrived although nobody says so."""
    exports = (move.first_export, move.second_export) if move.changes else (move.first_export,)
    return all(one is not None and one.state == Export.State.DONE and not unfetched(one) for one in exports)
