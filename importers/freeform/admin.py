"""Items of any shape, with the files that came with them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString

from accounts.sizes import human_size
from importers.admin import links
from importers.admin.read_only import ReadOnlyAdmin
from importers.admin.records import ContainerAdmin, content_links
from importers.freeform.models import FreeformFile


class FreeformAdmin(ContainerAdmin):
    """What could be found in the item stands in columns; the item itself is below."""

    columns: ClassVar[tuple[str, ...]] = ("begins",)
    facts: ClassVar[tuple[str, ...]] = ("text",)
    large: ClassVar[tuple[str, ...]] = ("payload", "text")
    words: ClassVar[tuple[str, ...]] = (*ContainerAdmin.words, "text")

    @admin.display(description="files")
    def holds(self, record: Any) -> SafeString | str:
        files = list(record.files.select_related("content").order_by("pk")[: links.SHOWN_LINKS + 1])
        shown = [content_links(file.content) for file in files[: links.SHOWN_LINKS]]
        return links.lines([*shown, *(["and more"] if len(files) > links.SHOWN_LINKS else [])])


class FreeformFileAdmin(ReadOnlyAdmin):
    """Files that came with items."""

    list_display = ("record_page", "size", "mime", "person", "received_at")
    list_select_related = ("owner", "record", "content")
    large = ("record__payload", "record__text")
    linked_by = ("owner__id__exact",)
    fields = ("person", "record_page", "content_page", "mime", "received_at")

    @admin.display(description="person")
    def person(self, file: FreeformFile) -> SafeString | str:
        return links.page_of(file.owner)

    @admin.display(description="item")
    def record_page(self, file: Any) -> SafeString | str:
        return links.page_of(file.record)

    @admin.display(description="content")
    def content_page(self, file: Any) -> SafeString | str:
        return content_links(file.content)

    @admin.display(description="size")
    def size(self, file: Any) -> str:
        return human_size(file.content.size)
