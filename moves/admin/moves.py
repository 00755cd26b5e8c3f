"""Moves: every one step by step, with what an operator can do about it."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from importers.admin.filters import period
from importers.admin.tables import SHOWN_ROWS, moment, table
from moves.admin.jobs import JobAdmin
from moves.models import Move, MoveStep
from moves.moving import finalizing, worker


class MoveAdmin(JobAdmin):
    """One row per side of a move. No secret is shown: those of the other server are encrypted, and wiped at the end."""

    list_display = ("created_at", "person", "side", "peer", "state", "next_at", "lease_until", "ended_at")
    list_filter = ("side", "state", period("created_at"))
    search_help_text = "A person's name or address, or a move's id: exactly as it is."
    actions = ("retry", "abort")  # type: ignore[assignment]  # the base class has none
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "side", "peer_url", "state", "why", "error", "vault", "changes")}),
        ("Step by step", {"fields": ("step_table",)}),
        (
            "When",
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
                )
            },
        ),
        (
            "What",
            {
                "fields": (
                    "first",
                    "second",
                    "imports",
                    "rounds",
                    "proven_count",
                    "proven_size",
                    "receipt",
                    "peer_receipt",
                )
            },
        ),
        ("The job", {"fields": ("epoch", "heartbeat_at", "process")}),
    )

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whoever may change moves; rows are changed by nobody, retrying and aborting are actions of the list."""
        return request.user.has_perm("moves.change_move")

    @admin.action(description="Try now what is tried again later", permissions=["act"])
    def retry(self, request: HttpRequest, moves: QuerySet[Move]) -> None:
        """Lets the step that is due later be due now."""
        waiting = list(moves.filter(ended_at=None, next_at__isnull=False))
        for move in waiting:
            worker.retry(move)
        self.message_user(request, f"Tried now: {len(waiting)}.", messages.SUCCESS)

    @admin.action(description="Abort: the account stays where it was", permissions=["act"])
    def abort(self, request: HttpRequest, moves: QuerySet[Move]) -> None:
        """Calls moves off; the other servers are told."""
        stopped = sum(finalizing.stop(pk, "the operator of this server") for pk in moves.values_list("pk", flat=True))
        self.message_user(request, f"Aborted: {stopped}.", messages.SUCCESS)

    @admin.display(description="other server")
    def peer(self, move: Move) -> str:
        return move.peer

    @admin.display(description="first export")
    def first(self, move: Move) -> SafeString | str:
        return _page("export", move.first_export_id)

    @admin.display(description="second export")
    def second(self, move: Move) -> SafeString | str:
        return _page("export", move.second_export_id)

    @admin.display(description="imports")
    def imports(self, move: Move) -> SafeString:
        rows = (
            (moment(one.created_at), one.state, f"{one.documents:,}", one.error or "–")
            for one in move.archive_imports.order_by("pk")[:SHOWN_ROWS]
        )
        return table(("when", "state", "documents", "error"), rows)

    @admin.display(description="steps")
    def step_table(self, move: Move) -> SafeString:
        steps: QuerySet[MoveStep] = move.steps.order_by("pk")[:SHOWN_ROWS]
        rows = (
            (
                moment(step.began_at),
                f"{step.ended_at:%H:%M:%S}" if step.ended_at else "–",
                step.what,
                step.attempt,
                step.get_outcome_display(),
                step.detail or "–",
                f"{step.next_at:%H:%M:%S}" if step.next_at else "–",
            )
            for step in steps
        )
        return table(("begun", "ended", "what", "attempt", "outcome", "more", "next try"), rows)


def _page(model: str, pk: int | None) -> SafeString | str:
    if pk is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse(f"admin:moves_{model}_change", args=[pk]), pk)


admin.site.register(Move, MoveAdmin)
