"""What all lists and pages of the operator's view have in common."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.admin import opening
from accounts.admin.seen_only import SeenOnly
from accounts.paging import CappedPaginator
from accounts.person import person_of
from accounts.roles import asks_first


class ReadOnlyAdmin(SeenOnly, admin.ModelAdmin):
    """Shows rows and changes none: what came in is evidence.

    Built for a million rows: the newest first, by the primary key; no count of everything, no sorting by a column
    without an index, and nothing in a list that asks the database once per row.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    ordering = ("-pk",)
    actions = None
    list_select_related: ClassVar[tuple[str, ...]] = ()
    view_on_site = False
    show_facets = admin.ShowFacets.NEVER  # each would count everything
    plain: ClassVar[tuple[str, ...]] = ()  # of a page that auditors open first: what they see of it before
    plain_list: ClassVar[tuple[str, ...]] = ()  # the columns of a list that auditors see; empty: all
    large: ClassVar[tuple[str, ...]] = ()  # columns that a list leaves in the database
    linked_by: ClassVar[tuple[str, ...]] = ()  # indexed lookups of links that narrow a list

    class Media:
        css: ClassVar = {"all": ["operations.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows without their large columns, which a page of one row asks for by itself."""
        return super().get_queryset(request).defer(*self.large)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """All that is shown."""
        return tuple(flatten_fieldsets(self.get_fieldsets(request, obj)))

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns; for auditors those that say nothing of what somebody sent."""
        if self.plain_list and asks_first(person_of(request)):
            return self.plain_list
        return self.columns_of_list()

    def columns_of_list(self) -> Any:
        """Those that all others see."""
        return self.list_display

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        """The page, without what auditors have not opened."""
        if self.plain and obj is not None and opening.must_ask(request, obj):
            opening.hide(context["adminform"], self.plain)
            context["row_name"] = context["subtitle"] = f"{self.opts.verbose_name} {obj.pk}"
        return super().render_change_form(request, context, add, change, form_url, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The filters and `linked_by`; Django would let an address ask for any lookup in any column."""
        offered = {name for chosen in self.get_list_filter(request) for name in _names(chosen)}
        return lookup in offered or lookup in self.linked_by


def _names(chosen: Any) -> tuple[str, ...]:
    return getattr(chosen, "names", None) or (getattr(chosen, "parameter_name", f"{chosen}__exact"),)
