"""What was kept although nobody here understands it."""

from django.contrib import admin

from accounts.admin.words import column
from importers.admin.records import RecordAdmin
from importers.verticals.unknown.models import UnknownItem


class UnknownItemAdmin(RecordAdmin):
    """Kept, not understood."""

    columns = ("kind_of_data", "size", "media_type")
    kind_of_data = column("vertical")
    facts = ("vertical", "type", "content_page", "mime")
    words = ("type", "vertical")
    list_select_related = (*RecordAdmin.list_select_related, "content")


admin.site.register(UnknownItem, UnknownItemAdmin)
