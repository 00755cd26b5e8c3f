"""The pages of moves: beginning one, its state, what becomes of an account that moved, receipts, the vault."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.content_policy import allow_form_action
from accounts.models import User
from accounts.person import person_of
from importers.documents.values import lenient_moment
from moves.mailing import SENT_WITHIN
from moves.models import Move, MoveStep
from moves.moving import finalizing, receipts, retention
from moves.moving.addresses import own, wizard

LISTED_MOVES = 50  # moves that the page lists
STOPPED = gettext_lazy("The move is stopped. Your account is open here, with everything in it.")
STOPPED_LATE = gettext_lazy(
    "The move is stopped, but everything had arrived here already, and your old account may have moved. Its server is "
    "asked, and a mail tells you what it says."
)
RELOAD_EVERY = 5  # seconds after which the page of a running move is loaded again


@never_cache
@login_required
@require_GET
def moves(request: HttpRequest) -> HttpResponse:
    """A person's moves: the form that begins one, the state of the one that runs, and past ones with their receipts."""
    person = person_of(request)
    found = list(person.moves.order_by("-pk")[:LISTED_MOVES])
    running = [move for move in found if move.ended_at is None]
    words = {
        "running": [{"move": move, "steps": _steps(move), "mail": _mail(move)} for move in running],
        "past": [move for move in found if move.ended_at is not None],
        "may_begin": not person.blocked and not any(move.is_running for move in running),
        "has_moved": person.blocked == User.Blocked.MOVED,
        "wizard_host": wizard().host,
        "wizard_is_elsewhere": wizard().origin != own().origin,
        "kept_days": settings.WHARF_MOVE_KEPT.days,
    }
    response = allow_form_action(render(request, "moves/moves.html", words), wizard().url)
    if running:
        response["Refresh"] = str(RELOAD_EVERY)
    return response


def gone(request: HttpRequest) -> SafeString | None:
    """Returns the box of the front page that says where an account has moved to, or None where it has not."""
    if not isinstance(request.user, User) or request.user.blocked != User.Blocked.MOVED:
        return None
    return render_to_string("moves/gone.html", request=request)


def _steps(move: Move) -> list[MoveStep]:
    """The newest steps, oldest first."""
    return list(reversed(move.steps.order_by("-pk")[:20]))


def _mail(move: Move) -> str:
    """Whether the mail that asks for a confirmation was `sent`, is `due`, or goes `late`, since its person had many
    within the hour."""
    if move.mail_due != "confirm" or move.mail_at is None:
        return "sent"
    return "late" if move.mail_at > timezone.now() + SENT_WITHIN else "due"


@login_required
@require_POST
def stop(request: HttpRequest, doc_id: str) -> HttpResponse:
    """Stops a move, at once."""
    person = person_of(request)
    move = get_object_or_404(Move, owner=person, doc_id=doc_id)
    if finalizing.stop(move.pk, person.username):
        move.refresh_from_db()
        messages.success(request, STOPPED_LATE if move.state == Move.State.RETRACTING else STOPPED)
    else:
        messages.info(request, _("The move has ended already."))
    return redirect("move")


@login_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Stops the deletion of an account that has moved, or opens it again."""
    person = person_of(request)
    if "reopen" in request.POST:
        retention.reopen(person)
        messages.success(
            request, _("Your account is open again. Connect the services that are to add to it once more.")
        )
    else:
        retention.keep(person)
        messages.success(request, _("Your account will not be deleted. Everything in it stays here."))
    return redirect("move")


@never_cache
@login_required
@require_GET
def receipt(request: HttpRequest, doc_id: str) -> HttpResponse:
    """The receipt of a move, to be read and printed."""
    move = get_object_or_404(Move, owner=person_of(request), doc_id=doc_id)
    paper = _with_times(receipts.paper(move))
    for step in paper.get("steps", []):
        step["said"] = receipts.OUTCOME_WORDS.get(step["outcome"], step["outcome"])
    return render(request, "moves/receipt.html", {"move": move, "paper": paper, **receipts.sums(move, paper)})


@never_cache
@login_required
@require_GET
def receipt_json(request: HttpRequest, doc_id: str) -> HttpResponse:
    """The receipt of a move, for programs."""
    move = get_object_or_404(Move, owner=person_of(request), doc_id=doc_id)
    name = f"wharf-move-{move.created_at:%Y-%m-%d}-{move.side}.json"
    return JsonResponse(
        receipts.paper(move),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _with_times(value: Any) -> Any:
    """The same with moments in the place of their writing, below every name that ends in `_at`."""
    if isinstance(value, list):
        return [_with_times(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _moment(one) if name.endswith("_at") else _with_times(one) for name, one in value.items()}


def _moment(written: Any) -> datetime | None:
    """What the other server writes may be anything."""
    return lenient_moment(written) if isinstance(written, str) else None


@require_GET
def vault(request: HttpRequest) -> HttpResponse:
    """How to move a vault of passwords by hand: it is encrypted with a key that no server has."""
    return render(request, "moves/vault.html", {"server": settings.WHARF_BASE_URL})
