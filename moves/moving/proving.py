"""The target's step before it says that everything arrived: it proves to the source that it has what it left out."""

import time

from django.conf import settings

from accounts.sizes import human_size
from accounts.texts import kept_text
from importers.content import stored
from importers.models import Content
from moves import counted
from moves.imports.sources.export import RemoteExport
from moves.imports.sources.fetching import RemoteStream
from moves.imports.sources.links import NoArchive
from moves.imports.sources.parts import StreamInterrupted
from moves.models import LeftOut, Move
from moves.moving import peer_api
from moves.moving.keyed_hashes import BEAT, keyed_hash
from moves.moving.outcomes import Done, GiveUp, TryAgain, Turn, Wait
from moves.moving.proof_lines import ProofAnswer
from moves.moving.source import POLL
from moves.peers.errors import PeerError

UNKNOWN = (404, 405)  # what a source says to `POST /move/proof` that does not know it
PIECE = 1024 * 1024  # bytes that are read together

# What the step says. It is kept in English.
NOT_ASKED = kept_text("%(peer)s does not ask for it.")
ASKS_AGAIN = kept_text("%(peer)s asks for what it has sent again and again.")
NOT_TAKEN = kept_text("%(peer)s did not take the proof of what was left out: %(reason)s", sentences={"reason"})
DAMAGED = kept_text(
    "A file of %(size)s that was here already, and so was not fetched, can't be read any more as it came. The operator "
    "of this server can find it by the command verify_storage.",
    measures={"size"},
)
NOT_FETCHED = kept_text("What was left out can't be fetched: %(reason)s", sentences={"reason"})
NOT_HANDED_OVER = kept_text("%(peer)s asks for a part of an archive that it has not handed over.")
TOO_EARLY = kept_text("It ended too early.")
NOTHING_LEFT_OUT = kept_text("Nothing was left out.")
HERE_ALREADY = kept_text("%(files)s of %(size)s were here already", sentences={"files"}, measures={"size"})


def prove(turn: Turn) -> Done | Wait:
    """Asks what was left out, hashes that under the source's nonce, and says so, until the source has checked it all.

    What was hashed before a kill is not hashed again. Raises `GiveUp` where bytes are not here any more, or damaged.
    """
    move = turn.move
    move.left_out.filter(hmac="").delete()  # of a turn that died: the source says again what is lacking
    fetched: set[tuple[str, int, int]] = set()
    while True:
        answer = _say(turn, list(move.left_out.order_by("pk")))
        if answer is None:
            return Done(NOT_ASKED % {"peer": move.peer})
        if not answer.left_out:
            return Wait(POLL, _so_far(move)) if answer.checking else Done(_so_far(move))
        turn.keep(nonce=answer.nonce)
        for row in answer.left_out:
            row.move = move
        LeftOut.objects.bulk_create(answer.left_out, ignore_conflicts=True)
        for row in move.left_out.filter(hmac="").order_by("pk"):
            turn.renew(settings.WHARF_MOVE_LEASE)
            if _hash(turn, row):
                continue
            if (place := (row.export, row.part, row.at)) in fetched:
                raise GiveUp(ASKS_AGAIN % {"peer": move.peer})
            fetched.add(place)
            _fetch(turn, row)


def _say(turn: Turn, rows: list[LeftOut]) -> ProofAnswer | None:
    """Tells the source what these prove, and returns its answer; None where it does not know the call. Raises
    `TryAgain` and `GiveUp`."""
    move = turn.move
    turn.renew(settings.WHARF_MOVE_LEASE)
    try:
        answer = peer_api.prove(move, rows)
    except PeerError as error:
        if error.status in UNKNOWN and not move.nonce:
            return None
        raise peer_api.judge(error, NOT_TAKEN, move.peer) from error
    LeftOut.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return answer


def _hash(turn: Turn, row: LeftOut) -> bool:
    """Hashes what is here of it. Returns whether it is. Raises `GiveUp` where it is damaged."""
    move = turn.move
    content = Content.objects.filter(sha256=row.sha256, size=row.size, holdings__owner=move.owner).first()
    if not row.sha256 or content is None:
        return False
    try:
        found = keyed_hash(move.nonce, content.storage_key, content.size, lambda: _still_mine(turn))
    except stored.Incomplete as missing:
        raise GiveUp(DAMAGED % {"size": human_size(row.size)}) from missing
    if found.sha256 != row.sha256:
        raise GiveUp(DAMAGED % {"size": human_size(row.size)})
    LeftOut.objects.filter(pk=row.pk).update(hmac=found.hmac)
    turn.keep(proven_count=move.proven_count + 1, proven_size=move.proven_size + row.size)
    return True


def _still_mine(turn: Turn) -> None:
    turn.renew(settings.WHARF_MOVE_LEASE)


def _fetch(turn: Turn, row: LeftOut) -> None:
    """Fetches what nothing here can prove: what was read over, or belongs to a document that has no place here. All
    that the proof needs of it is here, so it is not kept. No more is asked for than that, since of an answer that is
    broken off the source can't tell how much was read. Raises `TryAgain` and `GiveUp`."""
    move = turn.move
    try:
        for link in filter(None, (move.link, move.changes_link)):
            export = RemoteExport.find(link)
            if export.id == row.export and row.part < len(export.parts):
                with export.parts[row.part].span(row.at, row.at + row.size) as stream:
                    _read(turn, stream, row.size if stream.offset == row.at else stream.size)
                row.delete()
                return
    except (NoArchive, StreamInterrupted) as failed:
        raise TryAgain(NOT_FETCHED % {"reason": failed.sentence}) from failed
    raise GiveUp(NOT_HANDED_OVER % {"peer": move.peer})


def _read(turn: Turn, stream: RemoteStream, size: int | None) -> None:
    left, beaten = size or 0, time.monotonic()
    while left and (piece := stream.read(min(PIECE, left))):
        left -= len(piece)
        if time.monotonic() - beaten >= BEAT:
            beaten = time.monotonic()
            _still_mine(turn)
    if left:
        raise StreamInterrupted(TOO_EARLY)


def _so_far(move: Move) -> str:
    if not move.proven_count:
        return NOTHING_LEFT_OUT
    return HERE_ALREADY % {"files": counted.files(move.proven_count), "size": human_size(move.proven_size)}
