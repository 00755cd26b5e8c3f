"""What people have thrown away at once, and what they have deleted for good."""

from typing import ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import OPEN, ActingAdmin
from accounts.admin.words import column
from accounts.sizes import human_size
from importers.admin import links
from importers.admin.read_only import ReadOnlyAdmin
from importers.bin_titles import title_of
from importers.models import BinJob, Deletion


class DeletionAdmin(ReadOnlyAdmin):
    """What the jobs that brought it do not bring again. What it said is gone."""

    list_select_related: ClassVar[tuple[str, ...]] = ("owner", "transfer__source")
    linked_by: ClassVar[tuple[str, ...]] = ("owner__id__exact", "transfer__id__exact")
    list_display = ("kind", "its_id", "person", "transfer_page", "deleted")
    its_id, deleted = column("doc_id"), column("deleted_at")
    fieldsets = ((None, {"fields": ("kind", "doc_id", "identity", "person", "transfer_page", "deleted_at")}),)

    @admin.display(description=_("person"))
    def person(self, row: Deletion) -> SafeString | str:
        return links.page_of(row.owner)

    @admin.display(description=_("transfer"))
    def transfer_page(self, row: Deletion) -> SafeString | str:
        return links.page_of(row.transfer)


class BinJobAdmin(ActingAdmin, ReadOnlyAdmin):
    """What somebody does with many records: throw away, bring back, delete for good."""

    deeds = (OPEN,)
    plain = ("action", "person", "at", "records", "size", "part", "ended_at")

    list_select_related: ClassVar[tuple[str, ...]] = ("owner",)
    linked_by: ClassVar[tuple[str, ...]] = ("owner__id__exact",)
    list_display = ("action", "person", "when", "records", "ended")
    when, ended = column("at"), column("ended_at")
    fieldsets = ((None, {"fields": plain}),)

    @admin.display(description=_("person"))
    def person(self, row: BinJob) -> SafeString | str:
        return links.page_of(row.owner)

    @admin.display(description=_("size"))
    def size(self, row: BinJob) -> str:
        return human_size(row.bytes)

    def row_called(self, row: BinJob) -> str:
        """What the job is about."""
        return gettext("%(action)s: %(title)s") % {"action": row.get_action_display(), "title": title_of(row)}


admin.site.register(Deletion, DeletionAdmin)
admin.site.register(BinJob, BinJobAdmin)
