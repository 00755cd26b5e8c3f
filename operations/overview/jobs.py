"""Exports and imports of archives: how many are worked on, and how long the oldest one has waited."""

from typing import Any

from django.db.models import Min, Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from moves.admin.states import ExportStates, ImportStates, JobState
from moves.models import ArchiveImport, Export
from operations.overview.panel import Panel, ago, figure, list_of

STATES = (
    (JobState.RUNNING, gettext_lazy("running"), False),
    (JobState.WAITING, gettext_lazy("in the queue"), False),
    (JobState.OVERDUE, gettext_lazy("overdue"), True),
    (JobState.FAILED, gettext_lazy("failed in the last week"), True),
)


def exports() -> Panel:
    """Returns the numbers of exports."""
    return _panel(gettext("Exports"), Export, ExportStates.having)


def imports() -> Panel:
    """Returns those of imports of archives."""
    return _panel(gettext("Imports of archives"), ArchiveImport, ImportStates.having)


def _panel(title: str, model: type[Model], having: Any) -> Panel:
    figures = []
    for state, words, needs in STATES:
        rows: QuerySet[Any] = having(model._default_manager.all(), state)
        waits = state in (JobState.WAITING, JobState.OVERDUE)
        figures.append(
            figure(rows, str(words), list_of(model, now=state.value), needs=needs, note=_oldest(rows) if waits else "")
        )
    return Panel(title, figures)


def _oldest(rows: QuerySet[Any]) -> str:
    oldest = rows.aggregate(oldest=Min("created_at"))["oldest"]
    return gettext("the oldest for %(time)s") % {"time": ago(timezone.now() - oldest)} if oldest else ""
