"""Filters whose choices and whose rows cost the same in a small table and in a large one."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin.words import worded
from importers.models import Rejection, Source, Transfer, TransferCount
from importers.registry import VERTICALS

RECENT = 1_000  # transfers among which services are looked for
FEW = 1_000  # other rows that are looked up one by one


class ServiceFilter(SimpleListFilter):
    """By exporting service; the choices are those of the newest transfers."""

    title = _("service")
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        newest = Transfer.objects.order_by("-pk").values("source_id")[:RECENT]
        names = set(Source.objects.filter(pk__in=newest).values_list("service", flat=True).distinct()[:50])
        if chosen := self.value():
            names.add(chosen)
        return [(name, name) for name in sorted(names) if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        sources = Source.objects.filter(service=self.value())
        return having(queryset, sources, "pk", "source_id")


class VerticalFilter(SimpleListFilter):
    """By vertical: transfers that brought, or tried to bring, something of it."""

    title = _("kind of data")
    parameter_name = "vertical"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [(vertical, vertical) for vertical in sorted({*VERTICALS, self.value() or "blobs"})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        counts = TransferCount.objects.filter(vertical=self.value())
        return having(queryset, counts, "transfer_id", "pk")


class OwnVerticalFilter(VerticalFilter):
    """By the row's own vertical."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(vertical=self.value()) if self.value() else queryset


class MadeGoodFilter(SimpleListFilter):
    """By whether a refused item has come in since."""

    title = _("made good")
    parameter_name = "made_good"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("no", gettext("Still missing")), ("yes", gettext("Came in later"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(made_good_at__isnull=self.value() == "no")


def having(rows: QuerySet[Any], others: QuerySet[Any], theirs: str, ours: str) -> QuerySet[Any]:
    """The rows whose column `ours` is in the column `theirs` of other rows.

    Few others lead to their rows. Of many, the database would sort all rows they lead to before it shows the first;
    then it goes through the rows in their order instead, and asks of each, which soon fills a page.
    """
    few = list(others.values_list(theirs, flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return rows.filter(**{f"{ours}__in": few})
    return rows.filter(Exists(others.filter(**{theirs: OuterRef(ours)})))


class CodeFilter(SimpleListFilter):
    """By the code of the refusal."""

    title = pgettext_lazy("filter", "reason")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        newest = Rejection.objects.order_by("-pk").values("pk")[:RECENT]
        codes = set(Rejection.objects.filter(pk__in=newest).values_list("code", flat=True).distinct())
        if chosen := self.value():
            codes.add(chosen)
        return [(code, worded(code)) for code in sorted(codes)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(code=self.value()) if self.value() else queryset


class ArrivedFilter(SimpleListFilter):
    """Containers that came, and those of which only their identifier is known."""

    title = _("arrival")
    parameter_name = "arrived"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("never", gettext("Never arrived"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "never":
            return queryset
        missing = queryset.model._default_manager.filter(arrived_at=None)
        few = list(missing.values_list("pk", flat=True)[: FEW + 1])  # in no order, so that their own index finds them
        return queryset.filter(pk__in=few) if len(few) <= FEW else queryset.filter(arrived_at=None)


class UnneededFilter(SimpleListFilter):
    """Content that nobody holds any more, through the index on since when."""

    title = pgettext_lazy("filter", "need")
    parameter_name = "needed"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("no", gettext("Held by nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(unneeded_since__isnull=False) if self.value() == "no" else queryset
