"""The steps of the server that an account departs from. Each may run twice; then the second time changes nothing."""

from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.sizes import human_size
from accounts.texts import kept_plural, kept_text
from importers.documents.snapshot import Snapshot
from importers.text import MAX_NAME_BYTES
from moves import counted
from moves.errors import JsonApiRefusal
from moves.exports import bins, links
from moves.exports import requests as export_requests
from moves.exports.requests import Wish
from moves.models import Export, Move
from moves.moving import freezing, mails, peer_api, tokens
from moves.moving.fetched import may_have_moved
from moves.moving.outcomes import Done, GiveUp, TryAgain, Turn, Wait
from moves.peers.errors import PeerError

POLL = 2.0  # seconds between two looks at a job of this server
GREETINGS = 6  # calls of a server that works for long, while the other one's lease would run out
BUSY = (409,)  # statuses with which a server says that it has to be tried again
NO_ARCHIVE = 412  # the target has looked for the archive; where this server was just restarting, it found none
LOOKS = 6  # how often it may look: some minutes

# As moves/counted.py says it
kept_plural("%(number)s thing", "%(number)s things", by="number")
kept_plural("%(number)s file", "%(number)s files", by="number")

# What steps say. They are kept in English.
NOT_ASKED = kept_text("%(peer)s could not be asked: %(reason)s", sentences={"reason"})
NOT_ANNOUNCED = kept_text("%(peer)s could not be told that the account comes: %(reason)s", sentences={"reason"})
IN_USE = kept_text("It can be in use until the archive has arrived.")
ONLY_READ = kept_text("It can only be read from now on.")
SO_FAR = kept_text("%(done)s of %(documents)s", sentences={"documents"}, measures={"done"})
NOT_MADE = kept_text("The archive could not be made.")
NOT_BEGUN = kept_text("The archive could not be begun.")
BEGUN = kept_text("begun")
PACKED = kept_text("%(documents)s, %(files)s of %(size)s", sentences={"documents", "files"}, measures={"size"})
PACKED_WITH_BIN = kept_text(
    "%(packed)s. What is in the bin goes along in the folder “%(folder)s”", sentences={"packed"}
)
PACKED_AND_ONE_CUT, PACKED_AND_CUT = kept_plural(
    "%(packed)s. %(number)s name has more than %(bytes)s bytes, and was cut",
    "%(packed)s. %(number)s names have more than %(bytes)s bytes, and were cut",
    by="number",
    sentences={"packed"},
)
DOES_NOT_WAIT = kept_text("%(peer)s does not wait any more: %(reason)s", sentences={"reason"})
GONE = kept_text("The archive is gone.")
NOT_READY = kept_text("%(peer)s is not ready: %(reason)s", sentences={"reason"})
PERHAPS_TAKEN = kept_text("%(peer)s did not say whether it has taken it: %(reason)s", sentences={"reason"})
NOT_TAKEN = kept_text("%(peer)s did not take the archive: %(reason)s", sentences={"reason"})
STILL_KNOWS = kept_text("%(peer)s still knows of the move, so it has hardly begun to take anything in.")
FORGETS = kept_text("A Cozy forgets the move as soon as it begins to take an account in.")
SAYS_MOVED_HERE = kept_text("%(peer)s says that the account has moved here.")
NOBODY_TO_TELL = kept_text("There was nobody to tell.")
NOT_TOLD_OFF = kept_text("%(peer)s could not be told that the move is off: %(reason)s", sentences={"reason"})


def announce(turn: Turn) -> Done | Wait:
    """Asks what the target can do, freezes the account if it has to be, and tells the target that the account comes."""
    move = turn.move
    try:
        changes = peer_api.speaks_of_changes(move.peer_url)
    except PeerError as error:
        raise peer_api.judge(error, NOT_ASKED, move.peer) from error
    with transaction.atomic():
        row = turn.lock()
        turn.keep(changes=changes)
        if not changes:  # it takes one archive, so nothing may be added to the account any more
            try:
                freezing.freeze(row)
            except freezing.AccountBusy as busy:
                raise TryAgain(str(busy)) from busy
            except freezing.NotFree as blocked:
                raise GiveUp(str(blocked)) from blocked
    try:
        peer_api.announce(move)
    except PeerError as error:
        raise peer_api.judge(error, NOT_ANNOUNCED, move.peer) from error
    turn.keep(greeted_at=timezone.now())
    return Done(IN_USE if changes else ONLY_READ)


def export(turn: Turn) -> Done | Wait:
    """Has the archive made, and waits for it."""
    move = turn.move
    if move.first_export is None:
        return _begin(turn)
    found = move.first_export
    if found.state == Export.State.EXPORTING:
        _greet(turn)
        so_far = {"done": f"{found.documents:,}", "documents": counted.things(found.documents_expected)}
        return Wait(POLL, SO_FAR % so_far)
    if found.state == Export.State.ERROR or found.has_expired:
        raise GiveUp(f"{NOT_MADE} {found.error}")
    said = PACKED % {
        "documents": counted.things(found.documents),
        "files": counted.files(found.files_count),
        "size": human_size(found.files_size),
    }
    if found.bin_folder and bins.is_used(Snapshot(move.owner)):
        said = PACKED_WITH_BIN % {"packed": said, "folder": found.bin_folder}
    if found.cut_names:
        words = PACKED_AND_ONE_CUT if found.cut_names == 1 else PACKED_AND_CUT
        said = words % {"packed": said, "number": f"{found.cut_names:,}", "bytes": MAX_NAME_BYTES}
    return Done(said)


def _begin(turn: Turn) -> Wait:
    try:
        with transaction.atomic():
            row = turn.lock()
            folder = "" if row.changes else bins.folder_name()
            turn.keep(first_export=export_requests.create(row.owner, Wish(), "move", bin_folder=folder))
    except JsonApiRefusal as refused:
        if refused.status in BUSY:
            return Wait(5 * POLL, refused.detail)
        raise GiveUp(f"{NOT_BEGUN} {refused.detail}") from refused
    return Wait(POLL, BEGUN)


def _greet(turn: Turn) -> None:
    """Tells a target that knows it that this server is still at work, so that it doesn't stop waiting."""
    move = turn.move
    if not move.changes or not is_time_to_greet(move.greeted_at):
        return
    turn.keep(greeted_at=timezone.now())
    try:
        peer_api.announce(move)
    except PeerError as error:
        if not error.temporary:
            raise GiveUp(DOES_NOT_WAIT % {"peer": move.peer, "reason": peer_api.reason(error)}) from error


def is_time_to_greet(last: datetime | None) -> bool:
    """Whether the other server should hear of this one again."""
    return last is None or last < timezone.now() - settings.WHARF_MOVE_LEASE / GREETINGS


def tell_that_changes_are_there(pk: int) -> None:
    """Says a word to a target that waits for the second archive, which is made: it looks by itself, too, but only now
    and then."""
    move = Move.objects.filter(pk=pk, state=Move.State.CATCHING_UP, ended_at=None).first()
    if move is not None and move.peer_token:
        with suppress(PeerError):
            peer_api.announce(move)


def hand_over(turn: Turn) -> Done | Wait:
    """Hands the target the link to the archive, and a token for saying what came of it."""
    move = turn.move
    if move.first_export is None:
        raise GiveUp(GONE)
    if not move.given_token:
        with transaction.atomic():
            turn.lock()
            token = tokens.issue(move.owner, tokens.own_client(), tokens.LEAVING)
            tokens.revoke(move.token_checksum)
            turn.keep(
                given_token=token,
                token_checksum=tokens.hashed(token),
                token_until=timezone.now() + settings.WHARF_MOVE_LONGEST,
            )
    try:
        peer_api.speaks_of_changes(move.peer_url)  # it answers: what fails from here on may have reached it
        peer_api.hand_over(move, links.cozy_link(move.first_export, to_peer=True), move.given_token)
    except PeerError as error:
        is_busy = error.status in BUSY and not peer_api.is_over(error)
        if is_busy or (error.status == NO_ARCHIVE and move.tries < LOOKS):
            raise TryAgain(NOT_READY % {"peer": move.peer, "reason": peer_api.reason(error)}) from error
        if error.code in peer_api.IN_DOUBT and not move.changes:
            # Such a server begins a second import where it is told twice. The lease says what came of it.
            return Done(PERHAPS_TAKEN % {"peer": move.peer, "reason": error.sentence})
        raise peer_api.judge(error, NOT_TAKEN, move.peer) from error
    return Done()


def call_off(turn: Turn) -> Done | Wait:
    """Tells the target that the move is off. The account is open already. Of one that fell silent after it was sent
    everything, the person is told what can be found out by asking it."""
    move = turn.move
    if not may_have_moved(move) or move.steps.filter(what=mails.FOUND_OUT).exists():
        return tell_it_is_off(move)
    try:
        ended = tell_it_is_off(move)
    except TryAgain as failed:
        _tell_what_was_found(turn, str(failed))
        raise
    _tell_what_was_found(turn, ended.detail)
    return ended


def _tell_what_was_found(turn: Turn, answered: str) -> None:
    """`answered`: what came of telling the target that the move is off."""
    said = f"{answered} {FORGETS}" if answered else STILL_KNOWS % {"peer": turn.move.peer}
    found = f"{said} {peer_api.look(turn.move)}"
    with transaction.atomic():
        move = turn.lock()
        mails.note_found(move, found)
        mails.owe(move, "perhaps")


class MovedAnyway(Exception):
    """The other server has closed the account. Its text is a sentence that says what it answers."""


def tell_it_is_off(move: Move) -> Done:
    """As both sides do it: what a server that answers makes of it is its own business. Raises `TryAgain`, and at the
    target `MovedAnyway`."""
    if not move.peer_token:
        return Done(NOBODY_TO_TELL)
    try:
        peer_api.abort(move, move.error)
    except PeerError as error:
        if move.side == Move.Side.TARGET and error.status == 410:
            is_here = peer_api.has_moved_here(error)
            raise MovedAnyway(SAYS_MOVED_HERE % {"peer": move.peer} if is_here else error.sentence) from error
        if error.temporary:
            raise TryAgain(NOT_TOLD_OFF % {"peer": move.peer, "reason": error.sentence}) from error
        return Done(error.sentence)
    return Done()
