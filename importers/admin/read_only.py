"""What all lists and pages of the operator's view have in common."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.paging import CappedPaginator


class ReadOnlyAdmin(admin.ModelAdmin):
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

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The filters and `linked_by`; Django would let an address ask for any lookup in any column."""
        offered = {getattr(chosen, "parameter_name", f"{chosen}__exact") for chosen in self.get_list_filter(request)}
        return lookup in offered or lookup in self.linked_by

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: rows are made by items that come in."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No: what came in stays as it came."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No: an operator deletes an account, never a part of what it holds."""
        return False
