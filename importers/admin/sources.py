"""Services, as one client sends them for one person."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin import links, search
from importers.admin.read_only import ReadOnlyAdmin
from importers.models import Source, Transfer


class SourceAdmin(ReadOnlyAdmin):
    """Where records come from: the exporters' identifiers belong to these."""

    list_display = ("named", "service", "person", "client_name", "client_id", "transfers")
    list_select_related = ("owner",)
    linked_by = ("owner__id__exact", "service__exact")
    search_fields = ("service",)
    search_help_text = _("A person's name or address, or a part of it; or a service, exactly.")
    fields = ("person", "service", "client_name", "client_id", "transfers")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Source], search_term: str
    ) -> tuple[QuerySet[Source], bool]:
        """The sources of a service, or of people."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if (found := queryset.filter(service=term)).exists():
            return found, False
        return queryset.filter(owner__in=search.people_named(term)), False

    @admin.display(description=_("source"))
    def named(self, source: Source) -> str:
        return str(source)

    @admin.display(description=_("person"))
    def person(self, source: Source) -> SafeString | str:
        return links.page_of(source.owner)

    @admin.display(description=_("transfers"))
    def transfers(self, source: Source) -> SafeString:
        return links.list_of(Transfer, gettext("Its transfers"), source__id__exact=source.pk)


admin.site.register(Source, SourceAdmin)
