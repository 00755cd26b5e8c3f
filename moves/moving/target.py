"""The steps of the server that an account arrives at. Each may run twice; then the second time changes nothing."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.texts import kept_text
from moves import counted
from moves.errors import JsonApiRefusal
from moves.imports.requests import begin
from moves.models import ArchiveImport, Move
from moves.models.move import State
from moves.moving import mails, peer_api, receipts
from moves.moving.outcomes import Done, GiveUp, TryAgain, Turn, Wait
from moves.moving.source import BEGUN, DOES_NOT_WAIT, POLL, MovedAnyway, is_time_to_greet, tell_it_is_off
from moves.peers.errors import PeerError
from moves.shares import is_held_up

MOST_ROUNDS = 1  # how often what is missing is fetched again before the move is called off
NAMED = 5  # missing documents that a sentence names

# What steps say. They are kept in English.
NO_CHANGES = kept_text("%(peer)s did not say what changed since: %(reason)s", sentences={"reason"})
NO_STATE = kept_text("%(peer)s did not say how far its second archive is: %(reason)s", sentences={"reason"})
NOTHING_TAKEN = kept_text("Nothing can be taken in.")
NOT_TAKEN_IN = kept_text("The archive could not be taken in.")
NOT_COMPARED = kept_text("What arrived could not be compared with what was sent.")
FETCHED_AGAIN = kept_text("Missing: %(missing)s. All is fetched again.", sentences={"missing"})
NOT_EVERYTHING = kept_text("Not everything arrived. Missing: %(missing)s.", sentences={"missing"})
AND_MORE = kept_text("%(names)s and %(number)s more", measures={"number"})
ARRIVED = kept_text("%(documents)s, %(files)s", sentences={"documents", "files"})


def take_in(turn: Turn) -> Done | Wait:
    """Imports the source's archive. Where the source has a second one, that one is what is proven."""
    found = _import(turn, turn.move.link)
    if isinstance(found, Wait):
        return found
    if turn.move.changes:
        return Done(_arrived(found), to=State.ASKING)
    return _judge(turn.move, found)


def ask(turn: Turn) -> Done | Wait:
    """Asks the source to freeze the account and to export what changed since."""
    move = turn.move
    try:
        link, _ = peer_api.ask_changes(move, only_changes=_is_equal_so_far(move))
    except PeerError as error:
        raise peer_api.judge(error, NO_CHANGES, move.peer) from error
    return Done(columns={"changes_link": link})


def _is_equal_so_far(move: Move) -> bool:
    """Whether all that came is here to the byte: then what changed since is enough to compare everything with. What was
    merged has to be looked at again, document by document, and so does everything after something was missing."""
    proof: dict[str, Any] = move.current_import.proof if move.current_import else {}
    return move.rounds == 0 and proof.get("kind") == "manifest" and proof.get("equal") == proof.get("documents")


def fetch(turn: Turn) -> Done | Wait:
    """Waits until the source has made its second archive, and begins to import it."""
    move = turn.move
    try:
        ready = peer_api.is_ready(move, move.changes_link)
    except TryAgain as failed:
        return Done(str(failed), to=State.ASKING)  # asked again, the source makes another one
    except PeerError as error:
        raise peer_api.judge(error, NO_STATE, move.peer) from error
    if not ready:
        turn.renew(settings.WHARF_MOVE_LEASE)
        return Wait(POLL)
    return Done(columns={"current_import": None})


def take_in_rest(turn: Turn) -> Done | Wait:
    """Imports what changed since, and looks whether everything is here that the source's manifest lists."""
    found = _import(turn, turn.move.changes_link)
    return found if isinstance(found, Wait) else _judge(turn.move, found)


def call_off(turn: Turn) -> Done | Wait:
    """Tells the source that the move is off. The account is open here already, with what has arrived. A source that
    has closed all the same is no news to it, but to the person."""
    try:
        return tell_it_is_off(turn.move)
    except MovedAnyway as moved:
        with transaction.atomic():
            move = turn.lock()
            mails.note_found(move, str(moved))
            mails.owe(move, "closed there")
        return Done(str(moved))


def _import(turn: Turn, link: str) -> ArchiveImport | Wait:
    """The import that this state is about, when it is done; begins it where there is none. Raises `GiveUp`."""
    move = turn.move
    found = move.current_import
    if found is None:
        try:
            with transaction.atomic():
                row = turn.lock()
                turn.keep(current_import=begin(row.owner, link=link, origin="move", move=row))
        except JsonApiRefusal as refused:
            # Something else that is taken in ends; whatever has blocked the account stands in the way for good.
            if refused.status == 409 and not User.objects.filter(pk=move.owner_id).exclude(blocked="").exists():
                return Wait(5 * POLL, refused.detail)
            raise GiveUp(f"{NOTHING_TAKEN} {refused.detail}") from refused
        return Wait(POLL, BEGUN)
    if found.state == ArchiveImport.State.IMPORTING:
        _renew_for_progress(turn, found)
        _greet(turn, link)
        return Wait(POLL, _arrived(found))
    if found.state == ArchiveImport.State.ERROR:
        raise GiveUp(f"{NOT_TAKEN_IN} {found.error}")
    return found


def _renew_for_progress(turn: Turn, found: ArchiveImport) -> None:
    """While something comes in, what came is compared, or it waits for a worker of this server, the lease is renewed;
    while a source is silent, it runs."""
    progress = f"{found.bytes_read}/{found.documents}/{found.files_count}"
    compares = found.heartbeat_at is not None and found.parts.exists() and not found.parts.filter(done_at=None).exists()
    is_due = found.retry_at is None or (found.retry_at <= timezone.now() and is_held_up(found))
    waits_here = found.heartbeat_at is None and is_due
    if compares or waits_here or progress != turn.move.progress:
        turn.renew(settings.WHARF_MOVE_LEASE)
        turn.keep(progress=progress)


def _greet(turn: Turn, link: str) -> None:
    """Lets a source under lease know that this server is still at work, also while nothing is fetched."""
    move = turn.move
    if not move.changes or not is_time_to_greet(move.greeted_at):
        return
    turn.keep(greeted_at=timezone.now())
    try:
        peer_api.is_ready(move, link)
    except PeerError as error:
        if not error.temporary:
            raise GiveUp(DOES_NOT_WAIT % {"peer": move.peer, "reason": peer_api.reason(error)}) from error


def _judge(move: Move, found: ArchiveImport) -> Done:
    """What the proof says: everything is here, or it is fetched again, or the move is off. Raises `GiveUp`."""
    proof: dict[str, Any] = found.proof
    if "missing" not in proof:
        raise GiveUp(NOT_COMPARED)
    missing = receipts.missing_of(proof)
    if not missing:
        return Done(_arrived(found), to=State.PROVING if move.changes else State.FINALIZING)
    if move.rounds < MOST_ROUNDS:
        columns = {"current_import": None, "rounds": move.rounds + 1}
        return Done(FETCHED_AGAIN % {"missing": _named(found, missing)}, to=State.IMPORTING, columns=columns)
    raise GiveUp(NOT_EVERYTHING % {"missing": _named(found, missing)})


def _named(found: ArchiveImport, missing: int) -> str:
    """Some of what is missing, with what the report says of each."""
    names = found.proof.get("missing_names") or found.proof["missing"]
    some = [str(name) for name in names[:NAMED]] if isinstance(names, list) else []
    ids = [name.rpartition("/")[2] for name in some]
    told = found.report.filter(doc_id__in=ids).exclude(doc_id="").order_by("-pk")
    reasons = {
        f"{doctype}/{doc_id}": text for doctype, doc_id, text in told.values_list("doctype", "doc_id", "sentence")
    }
    said = [f"{name} ({reasons[name].rstrip('.')})" if name in reasons else name for name in some]
    if not said:
        return counted.things(missing)
    names = ", ".join(said)
    return AND_MORE % {"names": names, "number": f"{missing - len(some):,}"} if missing > len(some) else names


def _arrived(found: ArchiveImport) -> str:
    return ARRIVED % {"documents": counted.things(found.documents), "files": counted.files(found.files_count)}
