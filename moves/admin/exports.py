"""Exports: who asked for what, how far it is, every step, and who fetched it."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.people import PersonAdmin
from accounts.admin.period import period
from accounts.admin.words import column
from accounts.dates import moment
from accounts.numbers import thousands
from accounts.sections import StaffSection
from accounts.sizes import human_size
from importers.admin.tables import SHOWN_ROWS, table
from moves.admin.export_deeds import DEEDS, MAKE
from moves.admin.jobs import JobAdmin, event_table
from moves.admin.states import ExportStates, state_filter
from moves.models import Export


class ExportAdmin(JobAdmin):
    """One row per export. Its link is nowhere here: an operator has other ways, and a secret has no place in a list."""

    deeds = DEEDS
    section = StaffSection.EXPORTS
    list_display = ("asked", "person", "state", "waits", "progress", "files", "total", "expires")
    asked, expires = column("created_at"), column("expires_at")
    list_filter = (state_filter(ExportStates), "state", period("created_at"))
    search_help_text = _("A person's name or address, or a part of it; or an export's id, as it is.")
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "said_origin", "state", "said_error", "said_waiting")}),
        (
            _("What"),
            {
                "fields": (
                    "with_doctypes",
                    "part_limit",
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
            _("When"),
            {"fields": ("created_at", "snapshot_at", "finished_at", "expires_at", "removed_at", "took")},
        ),
        (
            _("The job"),
            {
                "fields": (
                    "epoch",
                    "tries",
                    "retry_at",
                    "heartbeat_at",
                    "process",
                    "woken_at",
                    "mailed_at",
                    "step_table",
                )
            },
        ),
        (_("Who fetched it"), {"fields": ("fetch_table",)}),
    )

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whoever may change exports; rows are changed by nobody."""
        return request.user.has_perm("moves.change_export")

    @admin.display(description=_("documents"))
    def progress(self, export: Export) -> str:
        if export.state != Export.State.EXPORTING:
            return thousands(export.documents)
        return gettext("%(number)s of %(all)s (%(percent)s %%)") % {
            "number": thousands(export.documents),
            "all": thousands(export.documents_expected),
            "percent": export.percent,
        }

    @admin.display(description=_("files"))
    def files(self, export: Export) -> str:
        return f"{thousands(export.files_count)}, {human_size(export.files_size)}"

    @admin.display(description=_("size of documents"))
    def total(self, export: Export) -> str:
        return human_size(export.total_size)

    @admin.display(description=_("size of a part, at most"))
    def part_limit(self, export: Export) -> str:
        return human_size(export.parts_size)

    @admin.display(description=_("time it took"))
    def took(self, export: Export) -> str:
        """How long it took, in seconds with two decimals; "–" where it has not ended."""
        if not export.creation_duration:
            return "–"
        return f"{number_format(export.creation_duration / 1e9, 2)} s"

    @admin.display(description=_("by doctype"))
    def by_doctype(self, export: Export) -> SafeString:
        rows = ((name, thousands(count), human_size(size)) for name, (count, size) in sorted(export.doctypes.items()))
        return table((gettext("doctype"), gettext("documents"), gettext("size")), rows)

    @admin.display(description=_("parts"))
    def part_table(self, export: Export) -> SafeString:
        parts = export.parts.all()[:SHOWN_ROWS]
        rows = (
            (part.number + 1, thousands(part.entries), human_size(part.zip_size), part.sha256 or "–") for part in parts
        )
        return table((gettext("part"), gettext("entries"), gettext("size"), "SHA-256"), rows)

    @admin.display(description=_("steps"))
    def step_table(self, export: Export) -> SafeString:
        return event_table(export.events.all())

    @admin.display(description=_("fetched"))
    def fetch_table(self, export: Export) -> SafeString:
        rows = (
            (
                fetch.part + 1,
                fetch.address,
                fetch.agent or "–",
                moment(fetch.first_at),
                moment(fetch.last_at),
                gettext("%(number)s of %(all)s") % {"number": fetch.ended, "all": fetch.requests},
            )
            for fetch in export.fetches.all()[:SHOWN_ROWS]
        )
        heads = (
            gettext("part"),
            pgettext("address", "from"),
            pgettext("program", "with"),
            gettext("first"),
            gettext("last"),
            gettext("to the end"),
        )
        return table(heads, rows)


admin.site.register(Export, ExportAdmin)
PersonAdmin.deeds += (MAKE,)  # the page of a person is of a floor below, which knows no exports
