"""Exports: who asked for what, how far it is, every step, and who fetched it."""

from django.contrib import admin
from django.utils.safestring import SafeString

from accounts.sizes import human_size
from importers.admin.filters import period
from importers.admin.tables import SHOWN_ROWS, moment, table
from moves.admin.jobs import JobAdmin, event_table
from moves.models import Export


class ExportAdmin(JobAdmin):
    """One row per export. Its link is nowhere here: an operator has other ways, and a secret has no place in a list."""

    list_display = ("created_at", "person", "state", "progress", "files", "total", "expires_at", "epoch")
    list_filter = ("state", period("created_at"))
    search_help_text = "A person's name or address, or an export's id: exactly as it is."
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "origin", "state", "error")}),
        (
            "What",
            {
                "fields": (
                    "with_doctypes",
                    "parts_size",
                    "bin_folder",
                    "progress",
                    "by_doctype",
                    "files",
                    "cut_names",
                    "total",
                    "part_table",
                )
            },
        ),
        (
            "When",
            {"fields": ("created_at", "snapshot_at", "finished_at", "expires_at", "removed_at", "creation_duration")},
        ),
        ("The job", {"fields": ("epoch", "heartbeat_at", "process", "woken_at", "mailed_at", "step_table")}),
        ("Who fetched it", {"fields": ("fetch_table",)}),
    )

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
        return table(("doctype", "documents", "bytes"), rows)

    @admin.display(description="parts")
    def part_table(self, export: Export) -> SafeString:
        parts = export.parts.all()[:SHOWN_ROWS]
        rows = ((part.number + 1, f"{part.entries:,}", human_size(part.zip_size), part.sha256 or "–") for part in parts)
        return table(("part", "entries", "size", "SHA-256"), rows)

    @admin.display(description="steps")
    def step_table(self, export: Export) -> SafeString:
        return event_table(export.events.all())

    @admin.display(description="fetched")
    def fetch_table(self, export: Export) -> SafeString:
        rows = (
            (
                fetch.part + 1,
                fetch.address,
                fetch.agent or "–",
                moment(fetch.first_at),
                moment(fetch.last_at),
                f"{fetch.ended} of {fetch.requests}",
            )
            for fetch in export.fetches.all()[:SHOWN_ROWS]
        )
        return table(("part", "from", "with", "first", "last", "to the end"), rows)


admin.site.register(Export, ExportAdmin)
