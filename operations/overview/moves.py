"""Moves: which run, which wait, and which are overdue, with what went wrong last."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.numbers import thousands
from accounts.texts import translated
from moves.admin.states import JobState, MoveStates
from moves.models import Move, MoveStep
from operations.overview.panel import Cell, Panel, Table, ago, figure, list_of, page_of

SHOWN = 5  # overdue ones that are named


def panel() -> Panel:
    """Returns their numbers, and the overdue ones by name."""
    figures = [
        figure(MoveStates.having(Move.objects.all(), state), words, list_of(Move, now=state.value), needs=needs)
        for state, words, needs in (
            (JobState.RUNNING, _("running"), False),
            (JobState.WAITING, _("waiting for a person or the other server"), False),
            (JobState.OVERDUE, _("overdue"), True),
            (JobState.FAILED, _("failed in the last week"), True),
        )
    ]
    overdue = MoveStates.having(Move.objects.select_related("owner"), JobState.OVERDUE).order_by("next_at")[:SHOWN]
    rows = [_row(move) for move in overdue]
    heads = (_("overdue"), _("does"), _("tries"), _("since"), _("last error"))
    table = Table(heads, rows) if rows else None
    return Panel(_("Moves"), figures, table=table, wide=bool(rows))


def _row(move: Move) -> list[Cell]:
    last = move.steps.filter(outcome__in=[MoveStep.Outcome.AGAIN, MoveStep.Outcome.GAVE_UP]).order_by("-pk").first()
    since = move.steps.filter(state=move.state).order_by("pk").values_list("began_at", flat=True).first()
    now = timezone.now()
    return [
        Cell(f"{move.owner.username}, {move.peer}", page_of(move)),
        Cell(move.get_state_display()),
        Cell(thousands(move.tries)),
        Cell(ago(now - (since or move.created_at))),
        Cell(translated(last.detail) if last else "–"),
    ]
