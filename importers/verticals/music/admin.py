"""Playlists, their tracks, recordings and releases."""

from typing import ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin import links
from importers.admin.records import ContainerAdmin, RecordAdmin
from importers.verticals.music.models import Playlist, PlaylistTrack, Recorded, Recording, Release


class PlaylistAdmin(ContainerAdmin):
    facts = ("description", "made_at", "edited_at", "tracks")
    large = ("payload", "description", "tracks")
    words = (*ContainerAdmin.words, "description")

    @admin.display(description=_("holds"))
    def holds(self, record: Playlist) -> SafeString | str:
        found = links.counted(record.entries.all())
        return links.list_of(
            PlaylistTrack, gettext("tracks: %(number)s") % {"number": found}, playlist__id__exact=record.pk
        )


class RecordedAdmin(RecordAdmin):
    columns: ClassVar[tuple[str, ...]] = ("artists_named",)
    facts: ClassVar[tuple[str, ...]] = ("title", "artists_named")
    words: ClassVar[tuple[str, ...]] = ("title", "artists")

    @admin.display(description=_("artists"))
    def artists_named(self, record: Recorded) -> str:
        return record.by or "–"


class PlaylistTrackAdmin(RecordedAdmin):
    columns = (*RecordedAdmin.columns, "playlist_page", "position")
    facts = ("playlist_page", "position", *RecordedAdmin.facts, "album", "isrc", "duration_ms")
    words = (*RecordedAdmin.words, "album", "isrc")
    list_select_related = (*RecordAdmin.list_select_related, "playlist")
    linked_by = (*RecordAdmin.linked_by, "playlist__id__exact")

    @admin.display(description=_("playlist"))
    def playlist_page(self, record: PlaylistTrack) -> SafeString | str:
        return links.page_of(record.playlist)


class RecordingAdmin(RecordedAdmin):
    columns = (*RecordedAdmin.columns, "album", "isrc")
    facts = (*RecordedAdmin.facts, "isrc", "album", "icpn", "duration_ms", "explicit")
    words = (*RecordedAdmin.words, "album", "isrc", "icpn")


class ReleaseAdmin(RecordedAdmin):
    columns = (*RecordedAdmin.columns, "icpn")
    facts = (*RecordedAdmin.facts, "icpn")
    words = (*RecordedAdmin.words, "icpn")


admin.site.register(Playlist, PlaylistAdmin)
admin.site.register(PlaylistTrack, PlaylistTrackAdmin)
admin.site.register(Recording, RecordingAdmin)
admin.site.register(Release, ReleaseAdmin)
