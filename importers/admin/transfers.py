"""Transfers: what each exporter's job brought."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin.days import DaysFilter
from accounts.admin.deeds import ActingAdmin
from accounts.admin.period import asks_for_period, period
from accounts.dates import minute
from accounts.numbers import thousands
from accounts.sections import StaffSection
from accounts.sizes import human_size
from importers import above
from importers.admin import links, search
from importers.admin.filters import ServiceFilter, VerticalFilter
from importers.admin.read_only import ReadOnlyAdmin
from importers.admin.states import TransferStateFilter
from importers.admin.tables import UNITS, counted_in_words, table
from importers.models import Rejection, Revision, Transfer
from importers.vertical import record_models, verticals

COUNTED = {
    "created": pgettext_lazy("items", "created"),
    "updated": pgettext_lazy("items", "updated"),
    "unchanged": pgettext_lazy("items", "unchanged"),
    "kept": pgettext_lazy("items", "kept"),
    "rejected": pgettext_lazy("items", "rejected"),
}


class TransferAdmin(ActingAdmin, ReadOnlyAdmin):
    """The audit trail: from whom, for whom, when, how much, and what was refused."""

    section = StaffSection.CAME_IN
    list_display = ("last_item", "person", "source", "outcome", "came", "received", "refused", "took")
    list_filter = (TransferStateFilter, ServiceFilter, VerticalFilter, period("last_item_at"), "outcome")
    list_select_related = ("owner", "source")
    linked_by = ("owner__id__exact", "source__id__exact", "source__client_id__exact")
    search_fields = ("job_id",)
    search_help_text = _("A person's name or address, or a part of it; or a job id or a recurring job id, as it is.")
    fieldsets = (
        (None, {"fields": ("person", "source_page", "service", "client", "job_id", "recurring_job_id")}),
        (_("When"), {"fields": ("first_item_at", "last_item_at", "took")}),
        (_("What came"), {"fields": ("outcome", "came", "received", "counts", "brought")}),
        (_("What was refused"), {"fields": ("refused", "counted_by_cause")}),
    )

    def get_list_filter(self, request: HttpRequest) -> Any:
        """The filters, with those of floors above."""
        return (*self.list_filter, *above.transfer_filters)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; within a period, or of what is going on, by the index that finds it."""
        names = (TransferStateFilter.parameter_name, DaysFilter.parameter_name)
        is_of_a_time = asks_for_period(request) or any(name in request.GET for name in names)
        return ("-last_item_at", "-pk") if is_of_a_time else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Transfer], search_term: str
    ) -> tuple[QuerySet[Transfer], bool]:
        """The transfers of a job, or of people."""
        term = search_term.strip()
        if not term:
            return queryset, False
        # One at a time, since an OR of both in the order of the list would read the whole table.
        jobs = (Transfer.objects.filter(**{column: term}) for column in ("job_id", "recurring_job_id"))
        if found := [pk for job in jobs for pk in job.values_list("pk", flat=True)[: search.MOST_FOUND]]:
            return queryset.filter(pk__in=found), False
        return queryset.filter(owner__in=search.people_named(term)), False

    @admin.display(description=_("first item"), ordering="pk")
    def first_item(self, transfer: Transfer) -> str:
        return minute(transfer.first_item_at)

    @admin.display(description=_("last item"))
    def last_item(self, transfer: Transfer) -> str:
        return minute(transfer.last_item_at)

    @admin.display(description=_("person"))
    def person(self, transfer: Transfer) -> SafeString | str:
        return links.page_of(transfer.owner)

    @admin.display(description=_("source"))
    def source_page(self, transfer: Transfer) -> SafeString | str:
        return links.page_of(transfer.source)

    @admin.display(description=_("service"))
    def service(self, transfer: Transfer) -> str:
        return transfer.source.service or gettext("– (the exporter named none)")

    @admin.display(description=_("client"))
    def client(self, transfer: Transfer) -> str:
        return f"{transfer.source.client_name} ({transfer.source.client_id})"

    @admin.display(description=_("duration"))
    def took(self, transfer: Transfer) -> str:
        return human_duration(transfer.duration)

    @admin.display(description=_("items"))
    def came(self, transfer: Transfer) -> str:
        return thousands(transfer.items)

    @admin.display(description=_("received"))
    def received(self, transfer: Transfer) -> str:
        return human_size(transfer.received_bytes)

    @admin.display(description=_("refused"))
    def refused(self, transfer: Transfer) -> SafeString | str:
        """How often something was refused, leading to what and why."""
        if not transfer.rejected:
            return "–"
        return links.list_of(Rejection, thousands(transfer.rejected), transfer__id__exact=transfer.pk)

    @admin.display(description=_("by kind of data"))
    def counts(self, transfer: Transfer) -> SafeString:
        rows = (
            (
                count.vertical,
                *(thousands(getattr(count, column)) for column in COUNTED),
                human_size(count.received_bytes),
            )
            for count in transfer.counts.order_by("vertical")[:100]
        )
        return table(("", *COUNTED.values(), gettext("received")), rows, row_heads=True)

    @admin.display(description=_("records"))
    def brought(self, transfer: Transfer) -> SafeString | str:
        """The records of each kind that it brought, or changed last, as lists."""
        kinds = []
        beside = [model for one in verticals() for model in one.beside if _has_transfer(model)]
        models: list[type[Model]] = [*record_models(), *beside, Revision]
        for model in models:
            number = links.counted(model._default_manager.filter(transfer=transfer))
            if number != "0":
                text = counted_in_words(model._meta.verbose_name_plural, number)
                kinds.append(links.list_of(model, text, transfer__id__exact=transfer.pk))
        return links.lines(kinds)

    @admin.display(description=_("counted by cause only"))
    def counted_by_cause(self, transfer: Transfer) -> SafeString | str:
        """What was refused when the person's audit trail was as long as it may be."""
        counted = [
            counted_in_words(one.code, thousands(one.times)) for one in transfer.counted_refusals.order_by("code")
        ]
        return links.lines(counted)


def _has_transfer(model: type[Model]) -> bool:
    return any(field.name == "transfer" for field in model._meta.fields)


def human_duration(took: timedelta) -> str:
    """A length of time in its two largest units: `0 s`, `3 min 20 s`, `2 d 4 h`."""
    left = max(0, int(took.total_seconds()))
    parts = []
    for words, seconds in UNITS:
        number, left = divmod(left, seconds)
        if number:
            parts.append(words % {"number": number})
    return " ".join(parts[:2]) or UNITS[-1][0] % {"number": 0}


admin.site.register(Transfer, TransferAdmin)
