"""Who has nearly no room left."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.room import near_the_quota


class NearlyFullFilter(SimpleListFilter):
    """By how much of the quota is used."""

    title = _("room")
    parameter_name = "room"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("near", gettext("80 % used, or more")), ("none", gettext("None left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        limited = queryset.filter(quota_bytes__isnull=False)
        if self.value() == "near":
            return near_the_quota(limited)
        return limited.filter(used_bytes__gte=F("quota_bytes")) if self.value() == "none" else queryset
