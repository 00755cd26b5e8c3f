"""Items of any shape, with the files that came with them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import OPEN, ActingAdmin
from accounts.admin.words import column
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

    @admin.display(description=_("files"))
    def holds(self, record: Any) -> SafeString | str:
        files = list(record.files.select_related("content").order_by("pk")[: links.SHOWN_LINKS + 1])
        shown = [content_links(file.content) for file in files[: links.SHOWN_LINKS]]
        return links.lines([*shown, *([gettext("and more")] if len(files) > links.SHOWN_LINKS else [])])


class FreeformFileAdmin(ActingAdmin, ReadOnlyAdmin):
    """Files that came with items."""

    deeds = (OPEN,)

    list_display = ("__str__", "record_page", "size", "media_type", "person", "received")
    list_select_related = ("owner", "record", "content")
    large = ("record__payload", "record__text")
    plain = ("person", "mime", "received_at")
    plain_list = ("number", "size", "media_type", "person", "received")
    number, media_type, received = column("pk", _("number")), column("mime"), column("received_at")
    linked_by = ("owner__id__exact",)
    fields = ("person", "record_page", "content_page", "mime", "received_at")

    @admin.display(description=_("person"))
    def person(self, file: FreeformFile) -> SafeString | str:
        return links.page_of(file.owner)

    @admin.display(description=_("item"))
    def record_page(self, file: Any) -> SafeString | str:
        return links.page_of(file.record)

    @admin.display(description=_("content"))
    def content_page(self, file: Any) -> SafeString | str:
        return content_links(file.content)

    @admin.display(description=_("size"))
    def size(self, file: Any) -> str:
        return human_size(file.content.size)
