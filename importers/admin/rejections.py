"""Rejections: what was refused, and why."""

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import opening
from accounts.admin.days import DaysFilter, begin_of
from accounts.admin.deeds import OPEN, ActingAdmin
from accounts.admin.period import asks_for_period, period
from accounts.admin.words import column
from accounts.sections import StaffSection
from accounts.sizes import human_size
from accounts.texts import translated
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from importers.admin import links, payloads, search
from importers.admin.filters import CodeFilter, MadeGoodFilter, OwnVerticalFilter
from importers.admin.read_only import ReadOnlyAdmin
from importers.admin.records import short
from importers.content.downloads import SAVED_NOT_SHOWN
from importers.models import Rejection
from importers.transfers.refused_names import named, with_beginnings

SHOWN_BYTES = 64 * 1024  # bytes of an item that its page shows; the rest is in the download


class FirstRefusedFilter(DaysFilter):
    """By when it was refused for the first time."""

    title = _("first refused")

    def of_days(self, request: HttpRequest, rows: QuerySet[Any], first: date, last: date) -> QuerySet[Any]:
        begin = begin_of(first)  # what was refused first then was refused last then or later, which has an index
        return rows.filter(last_at__gte=begin, first_at__gte=begin, first_at__lt=begin_of(last) + timedelta(days=1))


class RejectionAdmin(ActingAdmin, ReadOnlyAdmin):
    """Refused items, each with the reason that the exporter was told, and when it came in after all."""

    deeds = (OPEN,)
    plain = (
        "status",
        "code",
        "why_whole",
        "vertical",
        "transfer_page",
        "person",
        "times",
        "first_at",
        "last_at",
        "made_good_at",
        "size",
        "item_sha256",
    )
    plain_list = ("last", "person", "code", "made_good_at", "why", "times", "size", "transfer_page")
    section = StaffSection.CAME_IN
    last = column("last_at")
    list_display = ("last", "name", "person", "code", "made_good_at", "why", "times", "size", "transfer_page")
    list_filter = (CodeFilter, MadeGoodFilter, OwnVerticalFilter, period("last_at"), FirstRefusedFilter)
    list_select_related = ("transfer__source", "transfer__owner")
    linked_by = ("transfer__id__exact",)
    large = ("item",)
    search_fields = ("transfer",)
    search_help_text = _("A person's name or address, or a part of it.")
    fieldsets = (
        (None, {"fields": ("name", "status", "code", "why_whole", "vertical", "transfer_page", "person")}),
        (_("When"), {"fields": ("times", "first_at", "last_at", "made_good_at")}),
        (_("The item"), {"fields": ("size", "item_sha256", "whole", "text")}),
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; within a period, by the index that finds it."""
        is_of_a_time = asks_for_period(request) or FirstRefusedFilter.parameter_name in request.GET
        return ("-last_at", "-pk") if is_of_a_time else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Rejection], search_term: str
    ) -> tuple[QuerySet[Rejection], bool]:
        """What was refused of one person's."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(transfer__owner__in=search.people_named(search_term.strip())), False

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
        if opening.must_ask(request, rejection):
            return redirect("admin:importers_rejection_do", pk, OPEN.name)
        what = f"{rejection._meta.label_lower}:{pk}"
        owner = subjects.person(rejection.transfer.owner_id)
        record(AuditKind.STAFF_FETCHED, subject=owner, request=request, cause=what, what=what)
        headers = SAVED_NOT_SHOWN | {"Content-Disposition": f'attachment; filename="rejection-{pk}.txt"'}
        return HttpResponse(bytes(rejection.item), headers=headers)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_beginnings(super().get_queryset(request))

    @admin.display(description=_("name"))
    def name(self, rejection: Any) -> str:
        return short(named(bytes(rejection.begins)))

    @admin.display(description=_("reason"))
    def why(self, rejection: Rejection) -> str:
        return Truncator(translated(rejection.reason)).chars(120)

    @admin.display(description=_("reason"))
    def why_whole(self, rejection: Rejection) -> str:
        return translated(rejection.reason)

    @admin.display(description=_("item"))
    def size(self, rejection: Rejection) -> str:
        return human_size(rejection.item_size)

    @admin.display(description=_("person"))
    def person(self, rejection: Rejection) -> SafeString | str:
        return links.page_of(rejection.transfer.owner)

    @admin.display(description=_("transfer"))
    def transfer_page(self, rejection: Rejection) -> SafeString | str:
        return links.page_of(rejection.transfer, str(rejection.transfer.source))

    @admin.display(description=_("as it came"))
    def whole(self, rejection: Rejection) -> SafeString | str:
        kept = len(bytes(rejection.item))
        if not kept:
            return gettext("Nothing was kept.")
        address = reverse("admin:importers_rejection_item", args=[rejection.pk])
        download = format_html('<a href="{}">{}</a>', address, gettext("Download"))
        if kept == rejection.item_size:
            return download
        words = gettext("%(download)s (the first %(size)s were kept)")
        return format_html(words.replace("%(download)s", "{}").replace("%(size)s", "{}"), download, human_size(kept))

    @admin.display(description=_("as text"))
    def text(self, rejection: Rejection) -> SafeString | str:
        """Its beginning; what is not UTF-8 shows as U+FFFD."""
        kept: Any = bytes(rejection.item)
        return payloads.as_it_came(payloads.as_text(kept[:SHOWN_BYTES]) + ("\n…" if len(kept) > SHOWN_BYTES else ""))


admin.site.register(Rejection, RejectionAdmin)
