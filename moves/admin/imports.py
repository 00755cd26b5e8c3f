"""Imports of archives: how far each is, every step, what came of it, and what an operator can do about it."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.sizes import human_size
from importers.admin.filters import period
from importers.admin.tables import SHOWN_ROWS, moment, table
from moves.admin.jobs import JobAdmin, event_table
from moves.imports import report, requests
from moves.imports.sources.strangers import for_operators
from moves.models import ArchiveImport, ImportPart

STOPPED = "The operator of this server has stopped it. What has arrived by then stays."


class ImportAdmin(JobAdmin):
    """One row per import. Its link is nowhere here: it opens everything in the other account."""

    list_display = (
        "created_at",
        "person",
        "server",
        "state",
        "missing",
        "progress",
        "files",
        "reported",
        "tries",
        "retry_at",
    )
    list_filter = ("state", "origin", period("created_at"))
    search_help_text = "A person's name or address, or an import's id: exactly as it is."
    actions = ("try_now", "begin_again", "cancel")  # type: ignore[assignment]  # the base class has none
    fieldsets = (
        (None, {"fields": ("person", "doc_id", "origin", "server", "state", "why", "waiting_for")}),
        ("How far", {"fields": ("progress", "files", "read", "part_table", "by_doctype", "by_outcome")}),
        ("Report", {"fields": ("missing", "reported", "report_table", "proven")}),
        ("What the other server says", {"fields": ("facts",)}),
        ("When", {"fields": ("created_at", "started_at", "retry_at", "finished_at", "mailed_at", "settled_at")}),
        ("The job", {"fields": ("epoch", "tries", "heartbeat_at", "process", "woken_at", "paths", "step_table")}),
    )

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may cancel, and try again."""
        return request.user.has_perm("moves.change_archiveimport")

    @admin.action(description="Try now what is tried again later", permissions=["act"])
    def try_now(self, request: HttpRequest, imports: QuerySet[ArchiveImport]) -> None:
        """Lets what waits after an interruption go on at once."""
        number = sum(requests.try_now(one) for one in imports)
        self.message_user(request, f"Tried now: {number}.", messages.SUCCESS)

    @admin.action(description="Begin failed ones again (only from archives on this machine)", permissions=["act"])
    def begin_again(self, request: HttpRequest, imports: QuerySet[ArchiveImport]) -> None:
        """Goes on with failed imports of files. The link of the others is forgotten; only its person has it."""
        number = sum(requests.begin_again(one) for one in imports)
        self.message_user(request, f"Begun again: {number}.", messages.SUCCESS)

    @admin.action(description="Cancel: what has arrived stays", permissions=["act"])
    def cancel(self, request: HttpRequest, imports: QuerySet[ArchiveImport]) -> None:
        """Ends imports that are running."""
        number = sum(requests.cancel(one, STOPPED) for one in imports)
        self.message_user(request, f"Cancelled: {number}.", messages.SUCCESS)

    @admin.display(description="error")
    def why(self, found: ArchiveImport) -> str:
        """Why it failed, as an operator can act on it."""
        return for_operators(found.error)

    @admin.display(description="documents")
    def progress(self, found: ArchiveImport) -> str:
        percent = f" ({found.percent} %)" if found.state == found.State.IMPORTING and found.percent is not None else ""
        return f"{found.documents:,}{percent}"

    @admin.display(description="files")
    def files(self, found: ArchiveImport) -> str:
        return f"{found.files_count:,}, {human_size(found.files_size)}"

    @admin.display(description="read")
    def read(self, found: ArchiveImport) -> str:
        of = f" of {human_size(found.bytes_expected)}" if found.bytes_expected else ""
        return f"{human_size(found.bytes_read)}{of}"

    @admin.display(description="parts")
    def part_table(self, found: ArchiveImport) -> SafeString:
        return table(("part", "size", "read up to", "entries", "done"), map(_part, found.parts.all()[:SHOWN_ROWS]))

    @admin.display(description="by doctype")
    def by_doctype(self, found: ArchiveImport) -> SafeString:
        return table(("doctype", "documents"), ((name, f"{n:,}") for name, n in sorted(found.doctypes.items())))

    @admin.display(description="what became of them")
    def by_outcome(self, found: ArchiveImport) -> SafeString:
        return table(("documents", "what"), ((f"{number:,}", words) for words, number in report.outcomes(found)))

    @admin.display(description="what was not simply placed")
    def report_table(self, found: ArchiveImport) -> SafeString:
        rows = (
            (one.code, one.entry or f"{one.doctype}/{one.doc_id}", one.sentence)
            for one in found.report.order_by("pk")[:SHOWN_ROWS]
        )
        return table(("code", "what", "why"), rows)

    @admin.display(description="proof")
    def proven(self, found: ArchiveImport) -> str:
        return report.proven(found) or "–"

    @admin.display(description="facts")
    def facts(self, found: ArchiveImport) -> SafeString:
        return table(("what", "it says"), sorted((name, str(value)) for name, value in found.source.items()))

    @admin.display(description="steps")
    def step_table(self, found: ArchiveImport) -> SafeString:
        return event_table(found.events.all())


def _part(part: ImportPart) -> tuple[str, ...]:
    return (
        part.path or f"{part.number + 1}",
        human_size(part.size) if part.size is not None else "–",
        human_size(part.offset) if part.ordered_from is None else "packed again, in another order",
        f"{part.entries:,}",
        moment(part.done_at),
    )


admin.site.register(ArchiveImport, ImportAdmin)
