"""A move, step by step, and the receipts of both sides."""

import re
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin.words import worded
from accounts.dates import moment
from accounts.numbers import thousands
from accounts.texts import translated
from moves.models import Move, MoveStep
from moves.models.move import Side
from operations.overview.panel import Cell, Panel, StoryLine, Table, page_of
from operations.stories.events import MOST_LINES

DEEPEST = 8  # levels of a receipt
RECEIPT_LINES = 300  # of a receipt that are shown
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)\Z")  # RFC 3339, with a zone
BAD = {MoveStep.Outcome.AGAIN, MoveStep.Outcome.GAVE_UP}


def panels(move: Move) -> list[Panel]:
    """Returns what happened, and the receipts as tables."""
    found = [_story(move)]
    for title, receipt in (
        (_("The receipt of this side"), move.receipt),
        (_("The receipt of the other side"), move.peer_receipt),
    ):
        if receipt:
            found.append(Panel(title, table=Table(("", ""), list(_rows(receipt))[:RECEIPT_LINES]), wide=True))
    return found


def _story(move: Move) -> Panel:
    leaves = _("%(person)s leaves: %(server)s.")
    begins = leaves if move.side == Side.SOURCE else _("%(person)s arrives: %(server)s.")
    said = {"person": move.owner, "server": move.peer}
    lines = [StoryLine(move.created_at, begins % said, page_of(move.owner), _("The person"))]
    if move.confirmed_at:
        lines.append(StoryLine(move.confirmed_at, _("It was confirmed.")))
    lines += [
        StoryLine(step.began_at, _of_step(step), needs=step.outcome in BAD)
        for step in move.steps.order_by("pk")[:MOST_LINES]
    ]
    ended = _("It ended: %(state)s.") % {"state": move.get_state_display()}
    for at, words in (
        (move.frozen_at, _("The account was frozen: nothing could be changed any more.")),
        (move.doubted_at, _("From here on the source may have closed, and nobody has said what came of it.")),
        (move.reopened_at, _("The account was open again.")),
        (move.ended_at, f"{ended} {translated(move.error)}".strip()),
    ):
        if at:
            lines.append(StoryLine(at, words, needs=bool(at == move.ended_at and move.error)))
    if move.ended_at is None and move.next_at:
        lines.append(StoryLine(move.next_at, _what_is_due(move)))
    return Panel(_("What happened"), story=sorted(lines, key=lambda line: line.at or move.created_at), wide=True)


def _of_step(step: MoveStep) -> str:
    """What was tried and what came of it; what the step is called and what is said of it is written down in English."""
    tried = _("%(step)s: %(outcome)s.") % {"step": translated(step.what), "outcome": step.get_outcome_display()}
    again = _("Tried again at %(time)s.") % {"time": moment(step.next_at)} if step.next_at else ""
    return " ".join(filter(None, (tried, translated(step.detail), again)))


def _what_is_due(move: Move) -> str:
    due = _("It %(does)s: the next step is due.") % {"does": move.get_state_display()}
    failed = ngettext("It has failed %(number)s time.", "It has failed %(number)s times.", move.tries)
    return f"{due} {failed % {'number': move.tries}}" if move.tries else due


def _rows(value: Any, name: str = "", level: int = 0) -> Any:
    """Yields the lines of a receipt: what each number is of, and the number."""
    if isinstance(value, dict) and level < DEEPEST:
        for key, inner in value.items():
            yield from _rows(inner, f"{name}, {_words(key)}" if name else _words(key), level + 1)
    elif isinstance(value, list) and level < DEEPEST:
        for number, inner in enumerate(value, 1):
            yield from _rows(inner, f"{name} {number}", level + 1)
    else:
        yield [Cell(name), Cell(_said(value))]


def _said(value: Any) -> str:
    """What a receipt says in one place, as the pages around it say such a thing."""
    match value:
        case None:
            return "–"
        case bool():
            return _("yes") if value else _("no")
        case int():
            return thousands(value)
        case str() if TIME.match(value):
            with suppress(ValueError, OverflowError):
                return moment(datetime.fromisoformat(value))
    return str(value)


def _words(key: str) -> str:
    return worded(str(key))
