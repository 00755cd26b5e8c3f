"""Moves: every one step by step, with what an operator can do about it."""

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import Deed
from accounts.admin.period import period
from accounts.admin.words import column, worded
from accounts.dates import moment
from accounts.numbers import thousands
from accounts.sections import StaffSection
from accounts.sizes import human_size
from accounts.texts import translated
from importers.admin.tables import SHOWN_ROWS, table
from moves.admin.jobs import JobAdmin
from moves.admin.states import JobState, JobStateFilter, MoveStates, state_filter
from moves.models import Move, MoveStep
from moves.moving import finalizing, worker


def _retry(move: Move, text: str) -> bool:
    if move.ended_at is not None or move.next_at is None:
        return False
    worker.retry(move)
    return True


DEEDS = (
    Deed(
        "retry",
        _("Try now"),
        lambda moves: gettext(
            "The step that is due later is taken now. If it fails again, it is tried later, as before."
        ),
        _("Tried now: {}."),
        _retry,
        fits=lambda move: move.ended_at is None and move.next_at is not None,
    ),
    Deed(
        "abort",
        _("Abort"),
        lambda moves: gettext(
            "The move is called off, and the other server is told. The account stays where it was, and is open again. "
            "What has arrived by then stays there, too. The person gets a mail."
        ),
        _("Aborted: {}."),
        lambda move, text: finalizing.stop(move.pk, "the operator of this server"),
        fits=lambda move: move.is_running,
        is_final=True,
    ),
)


class MoveAdmin(JobAdmin):
    """One row per side of a move. No secret is shown: those of the other server are encrypted, and wiped at the end."""

    section = StaffSection.MOVES
    list_display = ("asked", "person", "side", "peer", "state", "last_error", "tries", "next_step", "ended")
    list_filter = (state_filter(MoveStates), "side", "state", period("created_at"))
    search_help_text = _("A person's name or address, or a part of it; or a move's id, as it is.")
    deeds = DEEDS
    asked, next_step, ended = column("created_at"), column("next_at"), column("ended_at")
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "side", "peer_url", "state", "why", "said_error", "vault", "changes")}),
        (_("Step by step"), {"fields": ("step_table",), "classes": ("collapse",)}),
        (
            _("When"),
            {
                "fields": (
                    "created_at",
                    "confirmed_at",
                    "frozen_at",
                    "reopened_at",
                    "ended_at",
                    "next_at",
                    "tries",
                    "lease_until",
                    "greeted_at",
                    "mail_due",
                    "mail_at",
                ),
                "classes": ("collapse",),
            },
        ),
        (
            _("What"),
            {
                "fields": (
                    "first",
                    "second",
                    "imports",
                    "rounds",
                    "proven_count",
                    "proven",
                ),
                "classes": ("collapse",),
            },
        ),
        (_("The job"), {"fields": ("epoch", "heartbeat_at", "process"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Move]:
        """The moves, each with what failed last."""
        failed = MoveStep.objects.filter(move=OuterRef("pk"), outcome=MoveStep.Outcome.AGAIN).order_by("-pk")
        return super().get_queryset(request).annotate(last_detail=Subquery(failed.values("detail")[:1]))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """As others; of those that failed, the latest to fail first, by the index that finds them."""
        if request.GET.get(JobStateFilter.parameter_name) == JobState.FAILED:
            return ("-ended_at", "-pk")
        return super().get_ordering(request)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whoever may change moves; rows are changed by nobody, retrying and aborting are actions of the list."""
        return request.user.has_perm("moves.change_move")

    @admin.display(description=_("size of these"))
    def proven(self, move: Move) -> str:
        return human_size(move.proven_size)

    @admin.display(description=_("other server"))
    def peer(self, move: Move) -> str:
        return move.peer

    @admin.display(description=_("last error"))
    def last_error(self, move: Move) -> str:
        """What went wrong last, while it is tried again."""
        return translated(move.error or getattr(move, "last_detail", None) or "–")

    @admin.display(description=_("first export"))
    def first(self, move: Move) -> SafeString | str:
        return _page("export", move.first_export_id)

    @admin.display(description=_("second export"))
    def second(self, move: Move) -> SafeString | str:
        return _page("export", move.second_export_id)

    @admin.display(description=_("imports"))
    def imports(self, move: Move) -> SafeString:
        rows = (
            (
                moment(one.created_at),
                worded(one.state),
                thousands(one.documents),
                translated(one.error or "–"),
            )
            for one in move.archive_imports.order_by("pk")[:SHOWN_ROWS]
        )
        return table((gettext("when"), gettext("state"), gettext("documents"), gettext("error")), rows)

    @admin.display(description=_("steps"))
    def step_table(self, move: Move) -> SafeString:
        steps: QuerySet[MoveStep] = move.steps.order_by("pk")[:SHOWN_ROWS]
        rows = (
            (
                moment(step.began_at),
                moment(step.ended_at),
                translated(step.what),
                step.attempt,
                step.get_outcome_display(),
                translated(step.detail or "–"),
                moment(step.next_at),
            )
            for step in steps
        )
        heads = (
            gettext("begun"),
            gettext("ended"),
            gettext("what"),
            gettext("attempt"),
            gettext("outcome"),
            gettext("more"),
            gettext("next try"),
        )
        return table(heads, rows)


def _page(model: str, pk: int | None) -> SafeString | str:
    if pk is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse(f"admin:moves_{model}_change", args=[pk]), pk)


admin.site.register(Move, MoveAdmin)
