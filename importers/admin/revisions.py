"""What items said before later ones replaced them."""

from django.apps import apps
from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.words import column
from importers.admin import links
from importers.admin.records import KeptAdmin
from importers.models import Record, Revision


class RevisionAdmin(KeptAdmin):
    """Earlier payloads of records."""

    list_display = ("kind", "its_id", "person", "transfer_page", "replaced")
    its_id, replaced = column("doc_id"), column("replaced_at")
    fieldsets = (
        (None, {"fields": ("person", "record", "transfer_page", "replaced_at")}),
        (_("Item"), {"fields": ("item",)}),
    )

    @admin.display(description=_("record"))
    def record(self, revision: Revision) -> SafeString | str:
        """The record that says something else now."""
        try:
            model = apps.get_model("importers", revision.kind)
        except LookupError:
            return revision.kind
        if not issubclass(model, Record):
            return revision.kind
        now = model._default_manager.filter(owner_id=revision.owner_id, doc_id=revision.doc_id)
        return links.page_of(now.defer("payload").first(), f"{revision.kind} {revision.doc_id}")


admin.site.register(Revision, RevisionAdmin)
