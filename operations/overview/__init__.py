"""The first page of the admin: how the server does, and where to look.

Each panel asks a few questions that cost the same with a million rows; what takes longer a worker has counted before
(see operations/counting.py). Every number leads to the list of what it counts.
"""

from collections.abc import Callable
from typing import Any

from operations.overview import arrivals, jobs, log_ins, moves, room, system, transfers
from operations.overview.panel import Panel

ALL: tuple[tuple[str, Callable[[], Panel]], ...] = (
    ("importers.view_transfer", transfers.panel),
    ("moves.view_move", moves.panel),
    ("moves.view_export", jobs.exports),
    ("moves.view_archiveimport", jobs.imports),
    ("accounts.view_user", room.panel),
    ("accounts.view_processsign", system.panel),
    ("audit.view_auditevent", log_ins.panel),
    ("importers.view_transfer", arrivals.panel),
    ("importers.view_rejection", arrivals.refusals),
)


def panels(user: Any) -> list[Panel]:
    """Returns those that this operator may see."""
    return [build() for permission, build in ALL if user.has_perm(permission)]
