"""Transfers: what each exporter's job brought."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.sizes import human_size
from importers.admin import links, search
from importers.admin.filters import ServiceFilter, VerticalFilter, period
from importers.admin.read_only import ReadOnlyAdmin
from importers.admin.tables import table
from importers.models import Rejection, Revision, Transfer
from importers.vertical import record_models, verticals

COUNTED = ("created", "updated", "unchanged", "kept", "rejected")
LATEST_REJECTIONS = 10  # rejections on a transfer's page


class TransferAdmin(ReadOnlyAdmin):
    """The audit trail: from whom, for whom, when, how much, and what was refused."""

    list_display = ("first_item", "last_item", "person", "source", "took", "came", "received", "refused", "outcome")
    list_filter = (ServiceFilter, VerticalFilter, period("last_item_at"), "outcome")
    list_select_related = ("owner", "source")
    linked_by = ("owner__id__exact", "source__id__exact")
    search_fields = ("job_id",)
    search_help_text = "A person's name or address, a job id or a recurring job id: exactly as it is."
    fieldsets = (
        (None, {"fields": ("person", "source_page", "service", "client", "job_id", "recurring_job_id")}),
        ("When", {"fields": ("first_item_at", "last_item_at", "took")}),
        ("What came", {"fields": ("outcome", "came", "received", "counts", "brought")}),
        ("What was refused", {"fields": ("rejected", "latest_rejections", "counted_by_cause")}),
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; within a period, by the index that finds it."""
        return ("-last_item_at", "-pk") if "within" in request.GET else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Transfer], search_term: str
    ) -> tuple[QuerySet[Transfer], bool]:
        """The transfers of a person, or of a job, exactly."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if (person := search.person_named(term)) is not None:
            return queryset.filter(owner=person), False
        # One at a time, since an OR of both in the order of the list would read the whole table.
        jobs = (Transfer.objects.filter(**{column: term}) for column in ("job_id", "recurring_job_id"))
        found = [pk for job in jobs for pk in job.values_list("pk", flat=True)[: search.MOST_FOUND]]
        return queryset.filter(pk__in=found), False

    @admin.display(description="first item", ordering="pk")
    def first_item(self, transfer: Transfer) -> str:
        return f"{transfer.first_item_at:%Y-%m-%d %H:%M}"

    @admin.display(description="last item")
    def last_item(self, transfer: Transfer) -> str:
        return f"{transfer.last_item_at:%Y-%m-%d %H:%M}"

    @admin.display(description="person")
    def person(self, transfer: Transfer) -> SafeString | str:
        return links.page_of(transfer.owner)

    @admin.display(description="source")
    def source_page(self, transfer: Transfer) -> SafeString | str:
        return links.page_of(transfer.source)

    @admin.display(description="service")
    def service(self, transfer: Transfer) -> str:
        return transfer.source.service or "– (the exporter named none)"

    @admin.display(description="client")
    def client(self, transfer: Transfer) -> str:
        return f"{transfer.source.client_name} ({transfer.source.client_id})"

    @admin.display(description="duration")
    def took(self, transfer: Transfer) -> str:
        return human_duration(transfer.duration)

    @admin.display(description="items")
    def came(self, transfer: Transfer) -> str:
        return f"{transfer.items:,}"

    @admin.display(description="received")
    def received(self, transfer: Transfer) -> str:
        return human_size(transfer.received_bytes)

    @admin.display(description="refused")
    def refused(self, transfer: Transfer) -> SafeString | str:
        """How often something was refused, leading to what and why."""
        if not transfer.rejected:
            return "–"
        return links.list_of(Rejection, f"{transfer.rejected:,}", transfer__id__exact=transfer.pk)

    @admin.display(description="by vertical")
    def counts(self, transfer: Transfer) -> SafeString:
        rows = (
            (
                count.vertical,
                *(f"{getattr(count, column):,}" for column in COUNTED),
                human_size(count.received_bytes),
            )
            for count in transfer.counts.order_by("vertical")[:100]
        )
        return table(("", *COUNTED, "received"), rows, row_heads=True)

    @admin.display(description="records")
    def brought(self, transfer: Transfer) -> SafeString | str:
        """The records of each kind that it brought, or changed last, as lists."""
        kinds = []
        beside = [model for one in verticals() for model in one.beside if _has_transfer(model)]
        models: list[type[Model]] = [*record_models(), *beside, Revision]
        for model in models:
            number = links.counted(model._default_manager.filter(transfer=transfer))
            if number != "0":
                text = f"{model._meta.verbose_name_plural}: {number}"
                kinds.append(links.list_of(model, text, transfer__id__exact=transfer.pk))
        return links.lines(kinds)

    @admin.display(description="latest")
    def latest_rejections(self, transfer: Transfer) -> SafeString | str:
        latest = transfer.rejections.defer("item").order_by("-pk")[:LATEST_REJECTIONS]
        shown = [
            format_html(
                "{} ({}, {}×{})",
                links.page_of(one, str(one)),
                one.vertical,
                f"{one.times:,}",
                ", made good" if one.made_good_at else "",
            )
            for one in latest
        ]
        if not shown:
            return "–"
        every = links.list_of(Rejection, "All of them", transfer__id__exact=transfer.pk)
        return links.lines([*shown, every])

    @admin.display(description="counted by cause only")
    def counted_by_cause(self, transfer: Transfer) -> SafeString | str:
        """What was refused when the person's audit trail was as long as it may be."""
        counted = [f"{one.code}: {one.times:,}" for one in transfer.counted_refusals.order_by("code")]
        return links.lines(counted)


def _has_transfer(model: type[Model]) -> bool:
    return any(field.name == "transfer" for field in model._meta.fields)


def human_duration(took: timedelta) -> str:
    """A length of time in its two largest units: `0 s`, `3 min 20 s`, `2 d 4 h`."""
    left = max(0, int(took.total_seconds()))
    parts = []
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"


admin.site.register(Transfer, TransferAdmin)
