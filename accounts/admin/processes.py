"""What works in the background, in the admin: which processes live, and what is done again and again."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import signs
from accounts.admin.seen_only import SeenOnly
from accounts.admin.words import column
from accounts.models import PeriodicTask, ProcessSign
from accounts.sections import StaffSection


class SeenAdmin(SeenOnly, admin.ModelAdmin):
    """A list that nobody changes; above it stands what nobody does now."""

    section = StaffSection.SYSTEM
    actions = None
    list_max_show_all = 0
    sortable_by: ClassVar[tuple[str, ...]] = ()
    show_facets = admin.ShowFacets.NEVER

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """The list."""
        for sentence in signs.missing():
            messages.warning(request, sentence)
        return super().changelist_view(request, extra_context)


class AliveFilter(admin.SimpleListFilter):
    """By whether a process gave a sign of life in the last minute."""

    title = pgettext_lazy("filter", "life")
    parameter_name = "alive"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Alive"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(seen_at__gte=timezone.now() - signs.SILENCE) if self.value() == "yes" else queryset


class TaskFailedFilter(admin.SimpleListFilter):
    """By whether a task failed the last time."""

    title = pgettext_lazy("filter", "failure")
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Failed the last time"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(failure="") if self.value() == "yes" else queryset


class ProcessAdmin(SeenAdmin):
    """Beats and workers. One that ends removes its row; one that was killed stays in the list for a day."""

    list_filter = ("kind", AliveFilter)
    list_display = ("kind", "lives", "host", "process", "its_queues", "started", "seen")
    started, seen = column("started_at", _("since")), column("seen_at")
    called: ClassVar = {"process": _("number of the process"), "started_at": _("since")}

    @admin.display(description=_("queues"))
    def its_queues(self, sign: ProcessSign) -> str:
        """What it takes its work from, in words that a line may end between."""
        return sign.queues.replace(",", ", ")

    @admin.display(description=_("alive"))
    def lives(self, sign: ProcessSign) -> str:
        """Whether it gave a sign of life in the last minute."""
        return gettext("yes") if sign.seen_at >= timezone.now() - signs.SILENCE else gettext("no")


class PeriodicTaskAdmin(SeenAdmin):
    """When each was done, is due again, and why it failed, if it did."""

    list_filter = (TaskFailedFilter,)
    list_display = ("name", "failure", "is_running", "due", "begun", "ended")
    due, begun, ended = column("due_at"), column("begun_at"), column("ended_at")

    @admin.display(description=_("runs now"))
    def is_running(self, task: PeriodicTask) -> str:
        """Whether somebody is at it."""
        return gettext("yes") if task.working_at is not None else gettext("no")


class LetterAdmin(SeenAdmin):
    """Mails that wait to be sent: what each is about, never what it says."""

    list_name = _("Mails that wait")

    called: ClassVar = {"created_at": _("since")}
    list_display = ("kind", "since", "due", "tries", "sending")
    since, due, sending = column("created_at", _("since")), column("due_at"), column("sending_at")
    fields = ("kind", "created_at", "due_at", "tries", "sending_at")
    ordering = ("due_at",)
