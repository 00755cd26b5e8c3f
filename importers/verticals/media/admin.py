"""Albums, photos and videos."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.words import column
from importers.admin import links, payloads
from importers.admin.records import NEVER_ARRIVED, ContainerAdmin, RecordAdmin
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo, Video


class AlbumFilter(SimpleListFilter):
    """Photos or videos of one album. A link on the album's page sets it, and it shows itself only while it is set."""

    title = _("album")
    parameter_name = "album"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        number = self.value()
        return [(number, gettext("Number %(number)s") % {"number": number})] if number else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        number = self.value()
        if not number:
            return queryset
        if not number.isdecimal() or len(number) > 18:
            return queryset.none()
        entries = AlbumPhoto if queryset.model is Photo else AlbumVideo
        return queryset.filter(pk__in=entries._default_manager.filter(album_id=int(number)).values("item"))


class AlbumAdmin(ContainerAdmin):
    facts = ("description",)
    large = ("payload", "description")
    words = (*ContainerAdmin.words, "description")

    @admin.display(description=_("holds"))
    def holds(self, record: Album) -> SafeString | str:
        return links.lines(
            links.list_of(
                model,
                gettext("%(name)s: %(value)s")
                % {"name": model._meta.verbose_name_plural, "value": links.counted(entries.all())},
                album=record.pk,
            )
            for model, entries in ((Photo, record.albumphotos), (Video, record.albumvideos))
        )


class MediaAdmin(RecordAdmin):
    """Photos and videos, with their albums."""

    columns = ("size", "media_type", "album_named", "uploaded")
    uploaded = column("uploaded_at")
    facts = (
        "name",
        "description",
        "content_page",
        "mime",
        "uploaded_at",
        "favorite",
        "favorite_changed_at",
        "in_albums",
    )
    large = ("payload", "description")
    words = ("name", "description", "album_identifier")
    list_filter = (AlbumFilter,)
    list_select_related = (*RecordAdmin.list_select_related, "content")

    @admin.display(description=_("album it named"))
    def album_named(self, record: Photo | Video) -> str:
        return record.album_identifier or "–"

    @admin.display(description=_("albums"))
    def in_albums(self, record: Photo | Video) -> SafeString | str:
        """Its albums, and the items that put it there where those are not the record's own."""
        entries = list(record.entries.select_related("album").order_by("pk")[: links.SHOWN_LINKS + 1])
        shown = []
        for entry in entries[: links.SHOWN_LINKS]:
            if entry.album is None:
                line: SafeString | str = gettext("No album: one of its items named none")
            elif entry.album.is_placeholder:
                line = format_html("{} <em>({})</em>", links.page_of(entry.album), NEVER_ARRIVED)
            else:
                line = links.page_of(entry.album)
            shown.append(format_html("{}{}", line, payloads.as_it_came(entry.payload)) if entry.payload else line)
        return links.lines([*shown, *([gettext("and more")] if len(entries) > links.SHOWN_LINKS else [])])


admin.site.register(Album, AlbumAdmin)
admin.site.register([Photo, Video], MediaAdmin)
