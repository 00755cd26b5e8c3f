"""What the person is told of a move by mail."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from accounts.languages import in_language_of
from accounts.mail import Mail, Ours, Posted, post, seconds_until_next
from accounts.texts import kept_text, translated
from accounts.web_address import WebAddress
from importers.documents.snapshot import Snapshot
from importers.documents.values import lenient_moment
from moves import jobs
from moves.background import BackgroundTask
from moves.exports import bins
from moves.imports import report
from moves.imports.mails import LISTED_IN_MAIL
from moves.imports.report import without_list
from moves.mailing import SENT_WITHIN, known_doctypes
from moves.models import Move, MoveStep
from moves.moving import receipts

# A step of moves of which nobody said how they ended
FOUND_OUT = kept_text("Find out what has become of it there")
MAILED = kept_text("Mail: %(subject)s", sentences={"subject"})  # a step
SUBJECTS = {
    "confirm": kept_text("Confirm that your account is to move"),
    "moved": kept_text("Your account has moved"),
    "off": kept_text("Your account was not moved"),
    "perhaps": kept_text("Your account may have moved: please look"),
    "untold": kept_text("Your data has arrived, but your old account could not be told yet"),
    "unsure": kept_text("Your data has arrived, and your old account may have moved"),
    "unclear": kept_text("Your data has arrived, and nobody knows whether your old account has moved"),
    "closed there": kept_text("Your old account is closed, although its move was called off here"),
    "late": kept_text("Your account stays open here, although it arrived elsewhere"),
    "arrived": kept_text("Your account has arrived"),
    "copied": kept_text("Your data has arrived, and your old account stays open"),
    "not arrived": kept_text("Your account did not arrive"),
}


def send(pk: int) -> None:
    """Sends the mail that is due for a move, if one is. Raises OSError while no mail can be sent.

    One that is taken by a worker that dies is sent again: twice is better than never.
    """
    move = Move.objects.select_related("owner").filter(pk=pk).exclude(mail_due="").first()
    if move is None or move.mail_at is None or move.mail_at > timezone.now():
        return
    due = Move.objects.filter(pk=pk, mail_due=move.mail_due)
    if not due.filter(mail_at=move.mail_at).update(mail_at=timezone.now() + SENT_WITHIN):
        return
    kind = move.mail_due
    mail = Mail(gettext_lazy(SUBJECTS[kind]), f"mail/move_{kind.replace(' ', '_')}.txt", urgent=kind == "moved")
    try:
        with in_language_of(move.owner):
            words = _words(move, kind)
        posted = post(move.owner, mail, words, named={peer_name(move), *known_doctypes()})
    except OSError:
        due.update(mail_at=timezone.now())
        raise
    if posted is Posted.TOO_MANY:
        due.update(mail_at=timezone.now() + timedelta(seconds=seconds_until_next(move.owner)))
        return
    due.update(mail_due="", mail_at=None, **({"unsent_secret": ""} if kind == "confirm" else {}))
    MoveStep.objects.create(
        move=move,
        state=move.state,
        what=MAILED % {"subject": SUBJECTS[kind]},
        outcome=MoveStep.Outcome.DONE,
        detail="" if posted is Posted.SENT else posted.value,
        ended_at=timezone.now(),
    )


def owe(move: Move, kind: str) -> None:
    """Notes in the caller's transaction which mail the person is to get; a worker sends it."""
    move.mail_due, move.mail_at = kind, timezone.now()
    Move.objects.filter(pk=move.pk).update(mail_due=move.mail_due, mail_at=move.mail_at)
    transaction.on_commit(lambda: jobs.tell(BackgroundTask.SEND_MOVE_MAIL, move.pk))


def note_found(move: Move, found: str) -> None:
    """Notes, in the caller's transaction, what was found out about the account at the other server."""
    now = timezone.now()
    step = {"state": move.state, "what": FOUND_OUT, "outcome": MoveStep.Outcome.DONE, "detail": found}
    MoveStep.objects.create(move=move, **step, began_at=now, ended_at=now)


def revive() -> None:
    """Wakes a worker for every mail that is due and was not sent."""
    late = Move.objects.filter(~Q(mail_due=""), mail_at__lt=timezone.now() - timedelta(seconds=20))
    for pk in list(late.values_list("pk", flat=True)):
        jobs.tell(BackgroundTask.SEND_MOVE_MAIL, pk)


def _proof(move: Move) -> dict[str, Any]:
    """Whether everything was compared with the source's list; otherwise what was, in sentences, and how much was sent
    from here."""
    theirs = move.peer_receipt.get("proof")
    here = move.current_import.proof if move.current_import is not None else {}
    proof: dict[str, Any] = here if move.side == Move.Side.TARGET else theirs if isinstance(theirs, dict) else {}
    return {
        "is_proven": proof.get("kind") == "manifest" and not receipts.missing_of(proof),
        "compared": [Ours(sentence) for sentence in without_list(proof)],
        "sent": move.second_export or move.first_export,
    }


def _older(move: Move) -> list[report.Group]:
    """What of all that came was older than what is here, by name."""
    return [
        found for one in move.archive_imports.order_by("pk") for found in report.groups(one, LISTED_IN_MAIL, "older")
    ]


def _packed_at(move: Move) -> datetime | None:
    """When the export was made with which an account came that could be changed meanwhile, as a Cozy can; else None."""
    came = move.current_import
    if move.side != Move.Side.TARGET or came is None or came.source.get("product") != "Cozy":
        return None
    return lenient_moment(came.source.get("snapshot_at"))


def _bin_folder(move: Move) -> str:
    """The folder in which what was in the bin has gone to a server that takes nothing in its own; empty for none."""
    sent = move.first_export
    return sent.bin_folder if sent is not None and bins.is_used(Snapshot(move.owner)) else ""


def _was_handed_over(move: Move) -> bool:
    """Whether the target may have begun to take something in."""
    return move.steps.filter(state__in=(Move.State.HANDING_OVER, Move.State.IMPORTING)).exists()


def _words(move: Move, kind: str) -> dict[str, Any]:
    server = settings.WHARF_BASE_URL
    words: dict[str, Any] = {
        "move": move,
        "user": move.owner,
        "server": Ours(server),
        "page": Ours(server + reverse("move")),
        "vault": Ours(server + reverse("move-vault")),
        "peer": Ours(peer_name(move)),
        "older": _older(move),
        "packed_at": _packed_at(move),
        "error": translated(move.error),
        "found": translated(move.steps.filter(what=FOUND_OUT).values_list("detail", flat=True).last() or ""),
        "handed_over": _was_handed_over(move),
        "has_arrived": move.state == Move.State.ARRIVED,
        "bin_folder": _bin_folder(move) if kind == "moved" else "",
        **_proof(move),
    }
    if kind == "confirm":
        words["link"] = Ours(f"{server}{reverse('move-go')}?{urlencode({'secret': move.unsent_secret})}")
        words["until"] = move.lease_until
    return words


def peer_name(move: Move) -> str:
    """What a mail calls the other server: its host, whole, so that it can be told from another, and no link."""
    return WebAddress.of(move.peer_url).host[:255] if WebAddress.read(move.peer_url) else gettext("the other server")
