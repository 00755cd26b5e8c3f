"""Moves: every one step by step, with what an operator can do about it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from importers.admin import links, search
from importers.admin.filters import period
from importers.admin.read_only import ReadOnlyAdmin
from moves.admin.exports import SHOWN_ROWS, _table
from moves.models import Move, MoveStep
from moves.moving import finalizing, worker


class MoveAdmin(ReadOnlyAdmin):
    """One row per side of a move. No secret is shown: those of the other server are encrypted, and wiped at the end."""

    list_display = ("created_at", "person", "side", "peer", "state", "next_at", "lease_until", "ended_at")
    list_filter = ("side", "state", period("created_at"))
    list_select_related = ("owner",)
    linked_by = ("owner__id__exact",)
    search_fields = ("doc_id",)
    search_help_text = "A person's name or address, or a move's id: exactly as it is."
    actions = ("retry", "abort")  # type: ignore[assignment]  # the base class has none
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "side", "peer_url", "state", "why", "error", "vault", "changes")}),
        ("Step by step", {"fields": ("step_table",)}),
        (
            "When",
            {
                "fields": (
                    *("created_at", "confirmed_at", "frozen_at", "reopened_at", "ended_at"),
                    *("next_at", "tries", "lease_until", "greeted_at", "mail_due", "mail_at"),
                )
            },
        ),
        ("What", {"fields": ("first", "second", "imports", "rounds", "receipt", "peer_receipt")}),
        ("The job", {"fields": ("epoch", "heartbeat_at", "process")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No; but whoever may change accounts may retry and abort, which are actions of the list."""
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may retry and abort."""
        return request.user.has_perm("moves.change_move")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The moves of a person, or the one with this id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if (person := search.person_named(term)) is not None:
            return queryset.filter(owner=person), False
        return queryset.filter(doc_id=term), False

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

    @admin.display(description="person")
    def person(self, move: Move) -> SafeString | str:
        return links.page_of(move.owner)

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
            (f"{one.created_at:%Y-%m-%d %H:%M:%S}", one.state, f"{one.documents:,}", one.error or "–")
            for one in move.archive_imports.order_by("pk")[:SHOWN_ROWS]
        )
        return _table(("when", "state", "documents", "error"), rows)

    @admin.display(description="steps")
    def step_table(self, move: Move) -> SafeString:
        steps: QuerySet[MoveStep] = move.steps.order_by("pk")[:SHOWN_ROWS]
        rows = (
            (
                f"{step.began_at:%Y-%m-%d %H:%M:%S}",
                f"{step.ended_at:%H:%M:%S}" if step.ended_at else "–",
                step.what,
                step.attempt,
                step.get_outcome_display(),
                step.detail or "–",
                f"{step.next_at:%H:%M:%S}" if step.next_at else "–",
            )
            for step in steps
        )
        return _table(("begun", "ended", "what", "attempt", "outcome", "more", "next try"), rows)


def _page(model: str, pk: int | None) -> SafeString | str:
    if pk is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse(f"admin:moves_{model}_change", args=[pk]), pk)


admin.site.register(Move, MoveAdmin)
