"""Rejections: what was refused, and why."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts.sizes import human_size
from importers.admin import links, payloads, search
from importers.admin.filters import CodeFilter, MadeGoodFilter, OwnVerticalFilter, period
from importers.admin.read_only import ReadOnlyAdmin
from importers.content.downloads import SAVED_NOT_SHOWN
from importers.models import Rejection

SHOWN_BYTES = 64 * 1024  # bytes of an item that its page shows; the rest is in the download


class RejectionAdmin(ReadOnlyAdmin):
    """Refused items, each with the reason that the exporter was told, and when it came in after all."""

    list_display = ("last_at", "code", "why", "vertical", "times", "size", "person", "transfer_page", "made_good_at")
    list_filter = (CodeFilter, MadeGoodFilter, OwnVerticalFilter, period("last_at"))
    list_select_related = ("transfer__source", "transfer__owner")
    linked_by = ("transfer__id__exact",)
    large = ("item",)
    search_fields = ("transfer",)
    search_help_text = "A person's name or address, exactly."
    fieldsets = (
        (None, {"fields": ("status", "code", "reason", "vertical", "transfer_page", "person")}),
        ("When", {"fields": ("times", "first_at", "last_at", "made_good_at")}),
        ("The item", {"fields": ("size", "item_sha256", "whole", "text")}),
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; within a period, by the index that finds it."""
        return ("-last_at", "-pk") if "within" in request.GET else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Rejection], search_term: str
    ) -> tuple[QuerySet[Rejection], bool]:
        """What was refused of one person's."""
        if not search_term.strip():
            return queryset, False
        person = search.person_named(search_term.strip())
        return (queryset.filter(transfer__owner=person) if person else queryset.none()), False

    def get_urls(self) -> list[URLPattern]:
        item = path("<int:pk>/item", self.admin_site.admin_view(self.download), name="importers_rejection_item")
        return [item, *super().get_urls()]

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The item as it came, to save. Raises 404 where there is none, and 403."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rejection = Rejection.objects.filter(pk=pk).first()
        if rejection is None:
            raise Http404
        headers = SAVED_NOT_SHOWN | {"Content-Disposition": f'attachment; filename="rejection-{pk}.txt"'}
        return HttpResponse(bytes(rejection.item), headers=headers)

    @admin.display(description="reason")
    def why(self, rejection: Rejection) -> str:
        return Truncator(rejection.reason).chars(120)

    @admin.display(description="item")
    def size(self, rejection: Rejection) -> str:
        return human_size(rejection.item_size)

    @admin.display(description="person")
    def person(self, rejection: Rejection) -> SafeString | str:
        return links.page_of(rejection.transfer.owner)

    @admin.display(description="transfer")
    def transfer_page(self, rejection: Rejection) -> SafeString | str:
        return links.page_of(rejection.transfer, str(rejection.transfer.source))

    @admin.display(description="as it came")
    def whole(self, rejection: Rejection) -> SafeString | str:
        kept = len(bytes(rejection.item))
        if not kept:
            return "Nothing was kept."
        address = reverse("admin:importers_rejection_item", args=[rejection.pk])
        less = "" if kept == rejection.item_size else f" (the first {human_size(kept)} were kept)"
        return format_html('<a href="{}">Download</a>{}', address, less)

    @admin.display(description="as text")
    def text(self, rejection: Rejection) -> SafeString | str:
        """Its beginning; what is not UTF-8 shows as U+FFFD."""
        kept: Any = bytes(rejection.item)
        return payloads.as_it_came(payloads.as_text(kept[:SHOWN_BYTES]) + ("\n…" if len(kept) > SHOWN_BYTES else ""))


admin.site.register(Rejection, RejectionAdmin)
