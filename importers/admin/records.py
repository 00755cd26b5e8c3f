"""What the pages of all kinds of records have in common."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import OPEN, ActingAdmin
from accounts.admin.words import column
from accounts.dates import moment
from accounts.person import person_of
from accounts.roles import asks_first
from accounts.sections import StaffSection
from accounts.sizes import human_size
from accounts.templatetags.words import visible
from importers.admin import links, payloads, search
from importers.admin.filters import ArrivedFilter
from importers.admin.read_only import ReadOnlyAdmin
from importers.models import Container, Content, Record, Revision

NEVER_ARRIVED = _("never arrived — known only from items that name it")
SEARCH_HELP = _(
    "A person's name or address; after it, if you like, an identifier or document id, exactly, or words. "
    "Words are looked for among the newest 10,000 of the list."
)


class KeptAdmin(ActingAdmin, ReadOnlyAdmin):
    """Rows that keep an item of somebody's as it came."""

    deeds = (OPEN,)
    plain_list: ClassVar[tuple[str, ...]] = ("its_id", "person", "transfer_page")
    its_id, received, replaced = column("doc_id"), column("received_at"), column("replaced_at")
    media_type, modified = column("mime"), column("modified_at")
    plain: ClassVar[tuple[str, ...]] = (
        "person",
        "source",
        "transfer_page",
        "record",
        "doc_id",
        "received_at",
        "changed_at",
        "trashed_at",
        "replaced_at",
    )

    list_select_related: ClassVar[tuple[str, ...]] = ("owner", "transfer__source")
    linked_by: ClassVar[tuple[str, ...]] = ("owner__id__exact", "transfer__id__exact")
    large: ClassVar[tuple[str, ...]] = ("payload",)
    search_fields = ("doc_id",)
    search_help_text = _("A person's name or address, exactly; after it, if you like, a document id.")

    @admin.display(description=_("person"))
    def person(self, row: Any) -> SafeString | str:
        return links.page_of(row.owner)

    @admin.display(description=_("transfer"))
    def transfer_page(self, row: Any) -> SafeString | str:
        return links.page_of(row.transfer)

    @admin.display(description=_("item as it came"))
    def item(self, row: Any) -> SafeString | str:
        return payloads.as_it_came(row.payload)

    @admin.display(description=_("content"))
    def content_page(self, row: Any) -> SafeString | str:
        return content_links(row.content, row.doc_id) if row.content else "–"

    @admin.display(description=_("size"))
    def size(self, row: Any) -> str:
        return human_size(row.content.size) if row.content else "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of a person, or one of them."""
        if not search_term.strip():
            return queryset, False
        person, doc_id = search.person_at_start(search_term)
        if person is None:
            return queryset.none(), False
        rows = queryset.filter(owner=person)
        return (rows.filter(doc_id=doc_id) if doc_id else rows), False


class RecordAdmin(KeptAdmin):
    """Records of one kind: `columns` are its own in a list, `facts` on a page, `words` are searched."""

    plain_list: ClassVar[tuple[str, ...]] = ("its_id", "person", "source_name", "received")
    section = StaffSection.CAME_IN
    is_beside = True
    columns: ClassVar[tuple[str, ...]] = ()
    facts: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[tuple[str, ...]] = ("name",)
    search_help_text = SEARCH_HELP

    def columns_of_list(self) -> tuple[str, ...]:
        return ("named", *self.columns, "person", "source_name", "received")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return (
            (None, {"fields": ("person", "source", "transfer_page", *self.facts)}),
            (_("Kept"), {"fields": ("doc_id", "received_at", "changed_at", "trashed_at", "revisions")}),
            (_("Item"), {"fields": ("item",)}),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; those of one person by the index that finds them."""
        return ("-doc_id", "-pk") if "owner__id__exact" in request.GET else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """See `search.records`. Auditors find people and ids: whether words are in it tells what it says."""
        if asks_first(person_of(request)):
            return super().get_search_results(request, queryset, search_term)
        return (search.records(queryset, search_term, self.words) if search_term.strip() else queryset), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, which says what can be searched by whoever looks."""
        shown = super().get_changelist_instance(request)
        if asks_first(person_of(request)):
            shown.search_help_text = str(KeptAdmin.search_help_text)
        return shown

    @admin.display(description=_("name"))
    def named(self, record: Record) -> SafeString | str:
        """What it is called; where it is called nothing, its id."""
        return short(str(record))

    @admin.display(description=_("source"))
    def source_name(self, record: Record) -> str:
        return str(record.transfer.source)

    @admin.display(description=_("earlier"))
    def revisions(self, record: Record) -> SafeString | str:
        """What it said before later items replaced it."""
        kind = record._meta.model_name
        earlier = Revision.objects.filter(owner_id=record.owner_id, kind=kind, doc_id=record.doc_id)
        return links.pages_of(earlier.defer("payload").order_by("-pk")[: links.SHOWN_LINKS + 1])


class ContainerAdmin(RecordAdmin):
    """Folders, albums, calendars: those that came, and those that only their items name."""

    list_filter = (ArrivedFilter,)
    words: ClassVar[tuple[str, ...]] = ("name", "identifier")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        first, *others = super().get_fieldsets(request, obj)
        return (("", {"fields": ("name", "identifier", "arrival", "holds", *first[1]["fields"])}), *others)

    @admin.display(description=_("name"))
    def named(self, record: Record) -> SafeString | str:
        if isinstance(record, Container) and record.is_placeholder:
            return format_html("{} <em>({})</em>", short(record.identifier), NEVER_ARRIVED)
        return short(str(record))

    @admin.display(description=_("arrived"))
    def arrival(self, record: Container) -> SafeString | str:
        if record.is_placeholder:
            return format_html("<strong>{}</strong>", NEVER_ARRIVED)
        return moment(record.arrived_at)

    def holds(self, record: Any) -> SafeString | str:
        """What is in it, as lists."""
        raise NotImplementedError


def short(text: str) -> str:
    """A name or title that fits in a list, with characters visible that would hide or turn something."""
    return visible(Truncator(" ".join(text.split())).chars(80))


def content_links(content: Content, doc_id: str = "") -> SafeString | str:
    """To the page of some content, and to its bytes under the name of this record."""
    named = f"?doc={doc_id}" if doc_id else ""
    return format_html(
        '{} · {} · <a href="{}{}">{}</a>',
        links.page_of(content, content.sha256[:12] + "…"),
        human_size(content.size),
        reverse("content", args=[content.sha256]),
        named,
        gettext("Download"),
    )
