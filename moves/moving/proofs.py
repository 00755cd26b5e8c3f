"""`POST /move/proof` at the source: what a target left out, and which keyed hashes it claims to prove it by."""

import secrets

from django.db import transaction

from moves.archives.entry import EntryMissing
from moves.exports import fetches
from moves.models import Export, LeftOut, Move
from moves.models.move import Side, State
from moves.moving import transitions
from moves.moving.fetched import exports_of
from moves.moving.finalizing import conflict, not_yet
from moves.moving.left_out import left_out
from moves.moving.proof_lines import MOST_LINES, NONCE_BYTES, ProofAnswer

MOST_WAITING = 4 * MOST_LINES  # claims of a move that wait to be checked


def answer(pk: int, claims: list[LeftOut]) -> ProofAnswer:
    """Takes claims, which a job then checks, and returns what is neither sent, nor proven, nor claimed. Told again, it
    does nothing.

    Raises `JsonApiRefusal`: 409 where the move is not at that point, 503 where too much waits to be checked.
    """
    with transaction.atomic():
        move = _handed_over(pk)
        if not move.nonce:
            move.nonce = secrets.token_hex(NONCE_BYTES)
            Move.objects.filter(pk=pk).update(nonce=move.nonce)
        if claims:
            if move.left_out.count() + len(claims) > MOST_WAITING:
                raise not_yet("What was claimed before has to be checked first.")
            for claim in claims:
                claim.move = move
            LeftOut.objects.bulk_create(claims, ignore_conflicts=True)
            transitions.call_for(move)
    exports = [one for one in exports_of(move) if one is not None]
    for export in exports:
        fetches.watch(export)
    waiting = set(move.left_out.values_list("export", "part", "at"))
    try:
        more = left_out(exports, waiting, MOST_LINES) if len(waiting) < MOST_LINES else []
    except EntryMissing as missing:
        raise conflict("The index of the archive can't be read here any more.") from missing
    return ProofAnswer(move.nonce, len(waiting), more)


def _handed_over(pk: int) -> Move:
    """The move's row, locked, whose target has all that it is to have. Raises `JsonApiRefusal`."""
    move = transitions.locked(pk)
    if move.side != Side.SOURCE or move.state not in Move.UNDER_LEASE:
        raise conflict("There is no move of this account that waits for that.")
    if move.changes and move.state != State.CATCHING_UP:
        raise conflict("Ask for what changed since first: POST /move/changes.")
    if any(one is None or one.state != Export.State.DONE for one in exports_of(move)):
        raise not_yet("The archive is not made yet.")
    return move
