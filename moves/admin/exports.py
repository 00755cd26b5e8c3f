"""Exports: who asked for what, how far it is, every step, and who fetched it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.sizes import human_size
from importers.admin import links, search
from importers.admin.filters import period
from importers.admin.read_only import ReadOnlyAdmin
from moves.models import Export

SHOWN_ROWS = 200  # rows of a table on an export's page


class ExportAdmin(ReadOnlyAdmin):
    """One row per export. Its link is nowhere here: an operator has other ways, and a secret has no place in a list."""

    list_display = ("created_at", "person", "state", "progress", "files", "total", "expires_at", "epoch")
    list_filter = ("state", period("created_at"))
    list_select_related = ("owner",)
    linked_by = ("owner__id__exact",)
    search_fields = ("doc_id",)
    search_help_text = "A person's name or address, or an export's id: exactly as it is."
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "origin", "state", "error")}),
        ("What", {"fields": ("with_doctypes", "parts_size", "progress", "by_doctype", "files", "total", "part_table")}),
        (
            "When",
            {"fields": ("created_at", "snapshot_at", "finished_at", "expires_at", "removed_at", "creation_duration")},
        ),
        ("The job", {"fields": ("epoch", "heartbeat_at", "process", "woken_at", "mailed_at", "step_table")}),
        ("Who fetched it", {"fields": ("fetch_table",)}),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The exports of a person, or the one with this id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if (person := search.person_named(term)) is not None:
            return queryset.filter(owner=person), False
        return queryset.filter(doc_id=term), False

    @admin.display(description="person")
    def person(self, export: Export) -> SafeString | str:
        return links.page_of(export.owner)

    @admin.display(description="documents")
    def progress(self, export: Export) -> str:
        if export.state != Export.State.EXPORTING:
            return f"{export.documents:,}"
        return f"{export.documents:,} of {export.documents_expected:,} ({export.percent} %)"

    @admin.display(description="files")
    def files(self, export: Export) -> str:
        return f"{export.files_count:,}, {human_size(export.files_size)}"

    @admin.display(description="size of documents")
    def total(self, export: Export) -> str:
        return human_size(export.total_size)

    @admin.display(description="by doctype")
    def by_doctype(self, export: Export) -> SafeString:
        rows = ((name, f"{count:,}", human_size(size)) for name, (count, size) in sorted(export.doctypes.items()))
        return _table(("doctype", "documents", "bytes"), rows)

    @admin.display(description="parts")
    def part_table(self, export: Export) -> SafeString:
        parts = export.parts.all()[:SHOWN_ROWS]
        rows = ((part.number + 1, f"{part.entries:,}", human_size(part.zip_size), part.sha256 or "–") for part in parts)
        return _table(("part", "entries", "size", "SHA-256"), rows)

    @admin.display(description="steps")
    def step_table(self, export: Export) -> SafeString:
        steps = export.events.order_by("pk")[:SHOWN_ROWS]
        return _table(
            ("when", "what", "more"), ((f"{step.at:%Y-%m-%d %H:%M:%S}", step.kind, step.detail) for step in steps)
        )

    @admin.display(description="fetched")
    def fetch_table(self, export: Export) -> SafeString:
        rows = (
            (
                fetch.part + 1,
                fetch.address,
                fetch.agent or "–",
                f"{fetch.first_at:%Y-%m-%d %H:%M:%S}",
                f"{fetch.last_at:%Y-%m-%d %H:%M:%S}",
                f"{fetch.ended} of {fetch.requests}",
            )
            for fetch in export.fetches.all()[:SHOWN_ROWS]
        )
        return _table(("part", "from", "with", "first", "last", "to the end"), rows)


def _table(heads: tuple[str, ...], rows: Any) -> SafeString:
    head = format_html_join("", "<th scope='col'>{}</th>", ((name,) for name in heads))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


admin.site.register(Export, ExportAdmin)
