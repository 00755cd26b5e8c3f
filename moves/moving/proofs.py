"""`POST /move/proof` at the source: what a target left out, and which keyed hashes it claims to prove it by."""

import secrets

from django.db import transaction

from accounts.texts import kept_text
from moves.archives.entry import EntryMissing
from moves.errors import unavailable
from moves.exports import fetches
from moves.models import Export, LeftOut, Move
from moves.models.move import Side, State
from moves.moving import transitions
from moves.moving.checking import NO_INDEX, STORAGE_IS_SILENT
from moves.moving.fetched import exports_of
from moves.moving.finalizing import ASK_FIRST, NO_SUCH_MOVE, conflict, not_yet
from moves.moving.left_out import left_out
from moves.moving.proof_lines import MOST_LINES, NONCE_BYTES, ProofAnswer

MOST_WAITING = 4 * MOST_LINES  # claims of a move that wait to be checked
CHECKS_FIRST = kept_text("What was claimed before has to be checked first.")
NOT_MADE_YET = kept_text("The archive is not made yet.")


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
                raise not_yet(CHECKS_FIRST)
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
        if missing.may_pass:
            raise unavailable(STORAGE_IS_SILENT) from missing
        raise conflict(NO_INDEX) from missing
    return ProofAnswer(move.nonce, len(waiting), more)


def _handed_over(pk: int) -> Move:
    """The move's row, locked, whose target has all that it is to have. Raises `JsonApiRefusal`."""
    move = transitions.locked(pk)
    if move.side != Side.SOURCE or move.state not in Move.UNDER_LEASE:
        raise conflict(NO_SUCH_MOVE)
    if move.changes and move.state != State.CATCHING_UP:
        raise conflict(ASK_FIRST)
    if any(one is None or one.state != Export.State.DONE for one in exports_of(move)):
        raise not_yet(NOT_MADE_YET)
    return move
