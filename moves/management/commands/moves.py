"""`manage.py moves [NAME]`: which moves run, wait, or are overdue, with what went wrong last."""

from collections.abc import Mapping
from typing import Any

from moves.admin.states import MoveStates
from moves.management.job_command import JobCommand
from moves.models import Move, MoveStep


class Command(JobCommand):
    help = "List moves, the newest first."
    model, states, none = Move, MoveStates, "There is no such move."

    def described(self, row: Move) -> Mapping[str, Any]:
        """Which way it goes, how often its step has failed, and why."""
        failed = row.steps.filter(outcome__in=[MoveStep.Outcome.AGAIN, MoveStep.Outcome.GAVE_UP]).order_by("-pk")
        return {
            "side": row.side,
            "other_server": row.peer,
            "asked_for": row.created_at,
            "tries": row.tries,
            "next_at": row.next_at,
            "error": row.error or failed.values_list("detail", flat=True).first() or "",
            "ended": row.ended_at,
        }
