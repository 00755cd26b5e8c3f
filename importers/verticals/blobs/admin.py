"""Folders, files and their old versions."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin import links
from importers.admin.records import ContainerAdmin, KeptAdmin, RecordAdmin, short
from importers.verticals.blobs.models import File, FileVersion, Folder


class FolderAdmin(ContainerAdmin):
    @admin.display(description=_("holds"))
    def holds(self, record: Folder) -> SafeString | str:
        return links.list_of(
            File,
            gettext("files: %(number)s") % {"number": links.counted(record.files.all())},
            folder__id__exact=record.pk,
        )


class FileAdmin(RecordAdmin):
    columns = ("folder_page", "size", "media_type", "modified")
    facts = (
        "folder_page",
        "name",
        "shown_name",
        "content_page",
        "mime",
        "modified_at",
        "seen_in",
        "versions",
    )
    words = ("name", "shown_name")
    list_select_related = (*RecordAdmin.list_select_related, "folder", "content")
    linked_by = (*RecordAdmin.linked_by, "folder__id__exact")

    @admin.display(description=_("name"))
    def named(self, record: File) -> str:  # type: ignore[override]
        return short(record.shown_name)

    @admin.display(description=_("folder"))
    def folder_page(self, record: File) -> SafeString | str:
        return links.page_of(record.folder, record.folder.identifier)

    @admin.display(description=_("earlier versions"))
    def versions(self, record: File) -> SafeString | str:
        versions = record.versions.select_related("file").defer("payload", "file__payload")
        return links.pages_of(versions.order_by("-pk")[: links.SHOWN_LINKS + 1])


class FileVersionAdmin(KeptAdmin):
    """What files were before."""

    list_display = ("file", "replaced", "size", "media_type", "person", "received")
    list_select_related = (*KeptAdmin.list_select_related, "file", "content")
    large = ("payload", "file__payload")
    linked_by = (*KeptAdmin.linked_by, "file__id__exact")
    fieldsets = (
        (None, {"fields": ("person", "file", "transfer_page", "content_page", "mime", "modified_at")}),
        (_("Kept"), {"fields": ("doc_id", "received_at", "replaced_at")}),
        (_("Item"), {"fields": ("item",)}),
    )


admin.site.register(Folder, FolderAdmin)
admin.site.register(File, FileAdmin)
admin.site.register(FileVersion, FileVersionAdmin)
