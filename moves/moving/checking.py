"""The source's job: what its target claims to have is compared with what is stored here.

`finalize` closes an account only when all of it was sent to the target, or proven so. What the manifest publishes,
such as a SHA-256, proves nothing: only who has the bytes can hash them under a nonce that is of this move alone.
"""

import hmac

from django.db import transaction
from django.db.models import F

from accounts.sizes import human_size
from accounts.texts import kept_text
from importers.content import stored
from moves import counted
from moves.archives.entry import Entry, EntryMissing
from moves.exports import sent
from moves.models import Export, LeftOut, Move, Part
from moves.moving.keyed_hashes import keyed_hash
from moves.moving.left_out import entry_at
from moves.moving.outcomes import Done, GiveUp, TryAgain, Turn, Wait

HAS_PROVEN = kept_text(
    "It has proven that it had %(files)s of %(size)s already.", sentences={"files"}, measures={"size"}
)
UNREADABLE = kept_text("%(name)s can't be read here, so it can't be told whether %(peer)s has it.")
OTHER_BYTES = kept_text("%(peer)s says that it has %(name)s already, but it has other bytes.")
STORAGE_IS_SILENT = kept_text("The storage of this server does not answer.")
NO_INDEX = kept_text("The index of the archive can't be read here any more.")


def check(turn: Turn) -> Done | Wait:
    """Looks at every claim of the target that waits for it. Then it waits for the next call, as before. Raises `GiveUp`
    where one is wrong: then not everything is there."""
    for claim in turn.move.left_out.order_by("pk"):
        _check(turn, claim)
    move = Move.objects.get(pk=turn.move.pk)
    if not move.proven_count:
        return Wait(None)
    proven = {"files": counted.files(move.proven_count), "size": human_size(move.proven_size)}
    return Wait(None, HAS_PROVEN % proven)


def _check(turn: Turn, claim: LeftOut) -> None:
    found = _entry(turn.move, claim)
    if found is None:
        claim.delete()  # there are no bytes of a file, so nothing of them is proven
        return
    part, entry = found
    if sent.has(part.pk, claim.at, claim.at + entry.size):
        claim.delete()  # it was said twice
        return
    try:
        ours = keyed_hash(turn.move.nonce, entry.key.decode(), entry.size, turn.keep)
    except stored.Incomplete as missing:
        name = entry.name.decode()
        raise GiveUp(UNREADABLE % {"name": name, "peer": turn.move.peer}) from missing
    if not hmac.compare_digest(ours.hmac, claim.hmac):
        raise GiveUp(OTHER_BYTES % {"peer": turn.move.peer, "name": entry.name.decode()})
    with transaction.atomic():
        turn.lock()
        if not LeftOut.objects.filter(pk=claim.pk).delete()[0]:
            return
        sent.note(part.pk, sent.ZIP, claim.at, claim.at + entry.size)
        proven = {"proven_count": F("proven_count") + 1, "proven_size": F("proven_size") + entry.size}
        Move.objects.filter(pk=turn.move.pk).update(**proven)


def _entry(move: Move, claim: LeftOut) -> tuple[Part, Entry] | None:
    """Returns what a claim is about. Raises `GiveUp` where that can't be read."""
    ours = [pk for pk in (move.first_export_id, move.second_export_id) if pk is not None]
    export = Export.objects.filter(pk__in=ours, doc_id=claim.export, state=Export.State.DONE).first()
    try:
        return None if export is None else entry_at(export, claim.part, claim.at)
    except EntryMissing as missing:
        if missing.may_pass:
            raise TryAgain(STORAGE_IS_SILENT) from missing
        raise GiveUp(NO_INDEX) from missing
