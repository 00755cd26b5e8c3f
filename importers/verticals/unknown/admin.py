"""What was kept although nobody here understands it."""

from django.contrib import admin

from importers.admin.records import RecordAdmin
from importers.verticals.unknown.models import UnknownItem


class UnknownItemAdmin(RecordAdmin):
    """Kept, not understood."""

    columns = ("vertical", "size", "mime")
    facts = ("vertical", "type", "content_page", "mime")
    words = ("type", "vertical")
    list_select_related = (*RecordAdmin.list_select_related, "content")


admin.site.register(UnknownItem, UnknownItemAdmin)
