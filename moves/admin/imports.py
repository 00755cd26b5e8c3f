"""Imports of archives: how far each is, every step, what came of it, and what an operator can do about it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import OPEN, Deed
from accounts.admin.period import period
from accounts.admin.words import column
from accounts.dates import moment
from accounts.numbers import thousands
from accounts.sections import StaffSection
from accounts.sizes import human_size
from accounts.texts import kept_text, translated
from importers.admin.tables import SHOWN_ROWS, table
from moves.admin.jobs import JobAdmin, event_table
from moves.admin.states import ImportStates, state_filter
from moves.imports import report, requests
from moves.imports.sources.strangers import for_operators
from moves.models import ArchiveImport, ImportPart

ORIGINS: list[tuple[str, Any]] = [
    ("page", _("The person")),
    ("move", _("A move")),
    ("api", _("Another server")),
    ("command", _("A command")),
    ("admin", _("An operator")),
]
STOPPED = kept_text("The operator of this server has stopped it.")


DEEDS = (
    Deed(
        "try_now",
        _("Try now"),
        lambda imports: gettext("What waits after an interruption goes on at once, from where it was."),
        _("Tried now: {}."),
        lambda found, _: requests.try_now(found),
        fits=lambda found: found.state == found.State.IMPORTING and found.heartbeat_at is None,
    ),
    Deed(
        "begin_again",
        _("Begin again"),
        lambda imports: gettext(
            "Goes on with a failed import of files on this machine. The link of any other is forgotten: only its "
            "person has it."
        ),
        _("Begun again: {}."),
        lambda found, _: requests.begin_again(found),
        fits=lambda found: found.state == found.State.ERROR and bool(found.paths),
    ),
    Deed(
        "cancel",
        _("Cancel"),
        lambda imports: gettext("The import ends now. What has arrived by then stays, and the person gets a mail."),
        _("Cancelled: {}."),
        lambda found, _: requests.cancel(found, STOPPED),
        fits=lambda found: found.state == found.State.IMPORTING,
        is_final=True,
    ),
)


class OriginFilter(admin.SimpleListFilter):
    """By what asked for it. What there may be is known, and looked for in no table."""

    title = _("what asked for it")
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return ORIGINS

    def queryset(self, request: HttpRequest, imports: QuerySet[ArchiveImport]) -> QuerySet[ArchiveImport]:
        return imports.filter(origin=self.value()) if self.value() else imports


class ImportAdmin(JobAdmin):
    """One row per import. Its link is nowhere here: it opens everything in the other account."""

    section = StaffSection.IMPORTS
    list_display = (
        "asked",
        "person",
        "comes_from",
        "state",
        "missing",
        "progress",
        "files",
        "reported",
        "tries",
        "next_try",
    )
    asked, comes_from, next_try = column("created_at"), column("server"), column("retry_at")
    list_filter = (state_filter(ImportStates), "state", OriginFilter, period("created_at"))
    search_help_text = _("A person's name or address, or a part of it; or an import's id, as it is.")
    deeds = (*DEEDS, OPEN)
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "said_origin", "server", "state", "why", "said_waiting")}),
        (_("How far"), {"fields": ("progress", "files", "read", "part_table", "by_doctype", "by_outcome")}),
        (_("Report"), {"fields": ("missing", "reported", "report_table", "proven")}),
        (_("What the other server says"), {"fields": ("facts",)}),
        (_("When"), {"fields": ("created_at", "started_at", "retry_at", "finished_at", "mailed_at", "settled_at")}),
        (_("The job"), {"fields": ("epoch", "tries", "heartbeat_at", "process", "woken_at", "paths", "step_table")}),
    )

    # All but the names of entries, and of archives.
    plain = tuple(name for name in flatten_fieldsets(fieldsets) if name not in ("report_table", "part_table"))

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may cancel, and try again."""
        return request.user.has_perm("moves.change_archiveimport")

    @admin.display(description=_("error"))
    def why(self, found: ArchiveImport) -> str:
        """Why it failed, as an operator can act on it."""
        return translated(for_operators(found.error))

    @admin.display(description=_("documents"))
    def progress(self, found: ArchiveImport) -> str:
        number = thousands(found.documents)
        if found.state != found.State.IMPORTING or found.percent is None:
            return number
        return gettext("%(number)s (%(percent)s %%)") % {"number": number, "percent": found.percent}

    @admin.display(description=_("files"))
    def files(self, found: ArchiveImport) -> str:
        return f"{thousands(found.files_count)}, {human_size(found.files_size)}"

    @admin.display(description=_("read"))
    def read(self, found: ArchiveImport) -> str:
        if not found.bytes_expected:
            return human_size(found.bytes_read)
        said = {"number": human_size(found.bytes_read), "all": human_size(found.bytes_expected)}
        return gettext("%(number)s of %(all)s") % said

    @admin.display(description=_("parts"))
    def part_table(self, found: ArchiveImport) -> SafeString:
        heads = (gettext("part"), gettext("size"), gettext("read up to"), gettext("entries"), gettext("done"))
        return table(heads, map(_part, found.parts.all()[:SHOWN_ROWS]))

    @admin.display(description=_("by doctype"))
    def by_doctype(self, found: ArchiveImport) -> SafeString:
        rows = ((name, thousands(number)) for name, number in sorted(found.doctypes.items()))
        return table((gettext("doctype"), gettext("documents")), rows)

    @admin.display(description=_("what became of them"))
    def by_outcome(self, found: ArchiveImport) -> SafeString:
        rows = ((thousands(number), words) for words, number in report.outcomes(found))
        return table((gettext("documents"), gettext("what")), rows)

    @admin.display(description=_("what was not simply placed"))
    def report_table(self, found: ArchiveImport) -> SafeString:
        rows = (
            (one.code, one.entry or f"{one.doctype}/{one.doc_id}", translated(one.sentence))
            for one in found.report.order_by("pk")[:SHOWN_ROWS]
        )
        return table((gettext("code"), gettext("what"), gettext("why")), rows)

    @admin.display(description=_("proof"))
    def proven(self, found: ArchiveImport) -> str:
        return report.proven(found) or "–"

    @admin.display(description=_("facts"))
    def facts(self, found: ArchiveImport) -> SafeString:
        said = ((name, "–" if value is None else str(value)) for name, value in found.source.items())
        return table((gettext("what"), gettext("it says")), sorted(said))

    @admin.display(description=_("steps"))
    def step_table(self, found: ArchiveImport) -> SafeString:
        return event_table(found.events.all())


def _part(part: ImportPart) -> tuple[str, ...]:
    return (
        part.path or f"{part.number + 1}",
        human_size(part.size) if part.size is not None else "–",
        human_size(part.offset) if part.ordered_from is None else gettext("packed again, in another order"),
        thousands(part.entries),
        moment(part.done_at),
    )


admin.site.register(ArchiveImport, ImportAdmin)
