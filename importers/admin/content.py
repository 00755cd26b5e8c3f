"""Stored bytes, and bytes on their way."""

import re
from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import OPEN, ActingAdmin
from accounts.admin.words import column
from accounts.numbers import thousands
from accounts.sizes import human_size
from importers.admin import links
from importers.admin.filters import UnneededFilter
from importers.admin.read_only import ReadOnlyAdmin
from importers.models import Content, Holding, Upload

HEX = re.compile(r"[0-9a-f]{1,64}")


class ContentAdmin(ActingAdmin, ReadOnlyAdmin):
    """Content, with where it is used and by how many people it is held."""

    deeds = (OPEN,)
    plain = (
        "sha256",
        "crc32_hex",
        "human",
        "in_bytes",
        "storage_key",
        "created_at",
        "unneeded_since",
        "download",
        "held",
    )
    called: ClassVar = {"created_at": _("stored since")}
    list_display = ("short_sha256", "crc32_hex", "human", "since", "unneeded", "download")
    since, unneeded = column("created_at", _("stored since")), column("unneeded_since")
    list_filter = (UnneededFilter,)
    search_fields = ("sha256",)
    search_help_text = _("A SHA-256 or its beginning, in hex.")
    fieldsets = (
        (None, {"fields": ("sha256", "crc32_hex", "human", "in_bytes", "storage_key", "created_at", "unneeded_since")}),
        (_("Bytes"), {"fields": ("download",)}),
        (_("Where it is used"), {"fields": ("held", "uses")}),
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; what nobody holds, by the index that finds it."""
        return ("-unneeded_since", "-pk") if "needed" in request.GET else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Content], search_term: str
    ) -> tuple[QuerySet[Content], bool]:
        """Content whose SHA-256 begins so: a range of its index, since LIKE uses none on SQLite."""
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        if not HEX.fullmatch(term):
            return queryset.none(), False
        return queryset.filter(sha256__gte=term, sha256__lte=term.ljust(64, "f")).order_by("sha256"), False

    @admin.display(description=_("SHA-256"))
    def short_sha256(self, content: Content) -> str:
        return f"{content.sha256[:16]}…"

    @admin.display(description=_("CRC-32"))
    def crc32_hex(self, content: Content) -> str:
        return f"{content.crc32:08x}"

    @admin.display(description=_("size"))
    def human(self, content: Content) -> str:
        return human_size(content.size)

    @admin.display(description=_("size in bytes"))
    def in_bytes(self, content: Content) -> str:
        return thousands(content.size)

    @admin.display(description=_("bytes"))
    def download(self, content: Content) -> SafeString | str:
        return format_html('<a href="{}">{}</a>', reverse("content", args=[content.sha256]), gettext("Download"))

    @admin.display(description=_("held by"))
    def held(self, content: Content) -> SafeString | str:
        """How many people hold it, and who."""
        holdings = content.holdings.select_related("owner").order_by("pk")
        shown = [links.page_of(holding.owner) for holding in holdings[: links.SHOWN_LINKS]]
        people = gettext("people: %(number)s") % {"number": links.counted(holdings)}
        return links.lines([people, *shown])

    @admin.display(description=_("by kind"))
    def uses(self, content: Content) -> SafeString | str:
        """Every kind of row that refers to it, with the first of each."""
        kinds = []
        for relation in content._meta.related_objects:
            if relation.related_model is Holding:
                continue
            rows = relation.related_model._default_manager.filter(**{relation.field.name: content}).order_by("pk")
            if first := list(rows[: links.SHOWN_LINKS + 1]):
                name = str(relation.related_model._meta.verbose_name_plural)
                kinds.append(format_html("<strong>{}</strong><br>{}", name, links.pages_of(first)))
        return links.lines(kinds)


class UploadAdmin(ReadOnlyAdmin):
    """Uploads that flow now, and what dead ones left for `purge`."""

    list_display = ("key", "person", "reserved", "state", "expires", "process")
    key, expires = column("storage_key"), column("expires_at")
    list_select_related = ("owner",)
    fields = ("storage_key", "person", "reserved", "state", "expires_at", "process")

    @admin.display(description=_("person"))
    def person(self, upload: Upload) -> SafeString | str:
        return links.page_of(upload.owner)

    @admin.display(description=_("reserved"))
    def reserved(self, upload: Upload) -> str:
        return human_size(upload.reserved_bytes)

    @admin.display(description=_("state"))
    def state(self, upload: Upload) -> str:
        if upload.owner_id is None:
            return gettext("waits to be deleted")
        is_alive = upload.expires_at > timezone.now()
        return gettext("on its way") if is_alive else gettext("dead; waits to be deleted")


admin.site.register(Content, ContentAdmin)
admin.site.register(Upload, UploadAdmin)
