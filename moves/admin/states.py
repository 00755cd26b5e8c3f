"""What exports, imports and moves do, in words that a filter and an overview share."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Q, QuerySet, TextChoices
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moves.models import ArchiveImport, Export, Move
from moves.models.move import State

LATE = timedelta(minutes=5)  # after which what is due is overdue
ALIVE = timedelta(minutes=2)  # since the last sign of life of whoever works on it
WEEK = timedelta(days=7)


class JobState(TextChoices):
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    OVERDUE = "overdue", _("Overdue")
    FAILED = "failed", _("Failed, in the last week")


class MoveStates:
    """A move waits for a person, for the other server, or for when its step is due. It is overdue when a step has
    failed and is tried again, or should have been taken minutes ago."""

    @staticmethod
    def having(rows: QuerySet[Move], state: JobState) -> QuerySet[Move]:
        """Returns those of the rows that are in it."""
        now = timezone.now()
        late = Q(tries__gt=0) | Q(next_at__lt=now - LATE)
        waiting = Q(state__in=[State.REQUESTED, State.ANNOUNCED, *Move.UNDER_LEASE])
        if state is JobState.FAILED:
            return rows.filter(ended_at__gte=now - WEEK, state__in=[State.FAILED, State.UNCLEAR])
        running = rows.filter(ended_at=None)
        if state is JobState.OVERDUE:
            return running.filter(late)
        return running.exclude(late).filter(waiting if state is JobState.WAITING else ~waiting)


class ExportStates:
    """An export waits until a worker takes it, or for the storage; it is overdue when that takes long."""

    @staticmethod
    def having(rows: QuerySet[Export], state: JobState) -> QuerySet[Export]:
        """Returns those of the rows that are in it."""
        if state is JobState.FAILED:
            return rows.filter(created_at__gte=timezone.now() - WEEK, state=Export.State.ERROR)
        return _unfinished(rows.filter(state=Export.State.EXPORTING), state)


class ImportStates:
    """An import of archives waits until a worker takes it, or for the other server; likewise."""

    @staticmethod
    def having(rows: QuerySet[ArchiveImport], state: JobState) -> QuerySet[ArchiveImport]:
        """Returns those of the rows that are in it."""
        if state is JobState.FAILED:
            ended = [ArchiveImport.State.ERROR, ArchiveImport.State.INCOMPLETE]
            return rows.filter(finished_at__gte=timezone.now() - WEEK, state__in=ended)
        return _unfinished(rows.filter(state=ArchiveImport.State.IMPORTING), state)


def _unfinished(rows: QuerySet[Any], state: JobState) -> QuerySet[Any]:
    now = timezone.now()
    works = Q(heartbeat_at__gte=now - ALIVE)
    late = ~works & (Q(retry_at__lt=now - LATE) | Q(retry_at=None, created_at__lt=now - LATE) | Q(tries__gt=0))
    if state is JobState.RUNNING:
        return rows.filter(works)
    return rows.filter(late) if state is JobState.OVERDUE else rows.exclude(works).exclude(late)


class JobStateFilter(SimpleListFilter):
    """By what a job does."""

    title = _("what it does")
    parameter_name = "now"
    states: ClassVar[Any]

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return JobState.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        if chosen not in JobState.values:
            return queryset
        found: QuerySet[Any] = self.states.having(queryset, JobState(chosen))
        return found


def state_filter(states: Any) -> type[JobStateFilter]:
    """Returns the filter of one kind of jobs."""
    return type("State", (JobStateFilter,), {"states": states})
