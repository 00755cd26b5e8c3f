"""Playlists, their tracks, recordings and releases in archives."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from importers.documents.kind import RecordKind
from importers.verticals.music.completing import complete
from importers.verticals.music.models import Playlist, PlaylistTrack, Recording, Release

PLAYLISTS = RecordKind(
    Playlist,
    "org.wharf.music.playlists",
    ("identifier", "name", "description", "made_at", "edited_at", "tracks", "arrived_at"),
    heading="name",
    all_words=_("all playlists"),
    no_words=_("no playlists"),
    missing=kept_text("The archive has tracks of this playlist, but not the playlist: it is named %(name)s."),
    address="playlists",
    by_name=True,
    searched=("name", "description", "tracks"),
    search_number=15,
)


class TrackKind(RecordKind):
    """Tracks of playlists."""

    def completed(self, rows: Iterable[Any]) -> Iterable[Any]:
        """What an item does not say, its playlist may."""
        rows = list(rows)
        complete(rows)
        return rows


TRACKS = TrackKind(
    PlaylistTrack,
    "org.wharf.music.playlist.items",
    ("position", "track_key", "title", "artists", "album", "isrc", "duration_ms"),
    references=("playlist",),
    heading="title",
    all_words=_("all tracks of playlists"),
    no_words=_("no tracks of playlists"),
    address="tracks",
    by_name=True,
    searched=("title", "artists", "album", "isrc"),
    searched_within=(("playlist", "tracks", "(title = '' OR artists = '' OR album = '')"),),
    search_number=16,
)
RECORDINGS = RecordKind(
    Recording,
    "org.wharf.music.recordings",
    ("title", "artists", "isrc", "album", "icpn", "duration_ms", "explicit"),
    heading="title",
    all_words=_("all recordings"),
    no_words=_("no recordings"),
    address="recordings",
    by_name=True,
    searched=("title", "artists", "album", "isrc", "icpn"),
    search_number=17,
)
RELEASES = RecordKind(
    Release,
    "org.wharf.music.releases",
    ("title", "artists", "icpn"),
    heading="title",
    all_words=_("all releases"),
    no_words=_("no releases"),
    address="releases",
    by_name=True,
    searched=("title", "artists", "icpn"),
    search_number=18,
)
