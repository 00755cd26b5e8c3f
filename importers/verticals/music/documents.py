"""Playlists, their tracks, recordings and releases in archives."""

from importers.documents.kind import RecordKind
from importers.verticals.music.models import Playlist, PlaylistTrack, Recording, Release

PLAYLISTS = RecordKind(
    Playlist,
    "org.wharf.music.playlists",
    ("identifier", "name", "description", "made_at", "edited_at", "tracks", "arrived_at"),
    heading="name",
    missing="The archive has tracks of this playlist, but not the playlist: it is named {}.",
)
TRACKS = RecordKind(
    PlaylistTrack,
    "org.wharf.music.playlist.items",
    ("position", "track_key", "title", "artists", "album", "isrc", "duration_ms"),
    references=("playlist",),
    heading="title",
)
RECORDINGS = RecordKind(
    Recording,
    "org.wharf.music.recordings",
    ("title", "artists", "isrc", "album", "icpn", "duration_ms", "explicit"),
    heading="title",
)
RELEASES = RecordKind(Release, "org.wharf.music.releases", ("title", "artists", "icpn"), heading="title")
