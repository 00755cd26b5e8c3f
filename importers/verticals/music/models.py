"""Playlists and the tracks in them, recordings and releases."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.digests import digest
from importers.models.record import Container, Record, by_date, by_name
from importers.models.transfer import Transfer


class Playlist(Container):
    """A playlist. `tracks`: those that its own item lists, in their order (see `tracks.written`); those
    that came as items of their own are `PlaylistTrack`s."""

    description = models.TextField(blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    tracks = models.TextField(blank=True)


class Recorded(Record):
    """What is said of a piece of music. `artists`: one a line."""

    title = models.TextField(blank=True)
    artists = models.TextField(blank=True)

    class Meta(Record.Meta):
        abstract = True
        indexes = [*Record.Meta.indexes, by_date(), by_name("title")]

    @property
    def by(self) -> str:
        """The artists in one line."""
        return ", ".join(self.artists.splitlines())


class PlaylistTrack(Recorded):
    """That a track is in a playlist. `position`: its order there. `track_key` stands for the track, wherever in the
    playlist it is. `seen_in`: the last transfer that brought it."""

    playlist = models.ForeignKey(Playlist, null=True, on_delete=models.CASCADE, related_name="entries")
    position = models.BigIntegerField(null=True, blank=True)
    track_key = models.CharField(max_length=32, blank=True)
    album = models.TextField(blank=True)
    isrc = models.TextField(blank=True)
    duration_ms = models.BigIntegerField(null=True, blank=True)
    seen_in = models.ForeignKey(Transfer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta(Recorded.Meta):
        verbose_name = _("track of a playlist")
        verbose_name_plural = _("tracks of playlists")
        indexes = [*Recorded.Meta.indexes, models.Index(fields=["playlist", "track_key"], name="playlisttrack_of")]

    def remembered_as(self) -> tuple[str, ...]:
        """A later job may bring it at another place of its playlist."""
        anywhere = (wherever(self.playlist.identity, self.track_key),) if self.playlist and self.track_key else ()
        return (*super().remembered_as(), *anywhere)


def wherever(playlist: str, track: str) -> str:
    """Returns what stands for a track wherever in a playlist it is, by the identity of that and the track's key."""
    return digest("wherever", playlist, track)


class Recording(Recorded):
    """A recording, known by its ISRC (ISO 3901) where it has one. `icpn`: of its release."""

    isrc = models.TextField(blank=True)
    album = models.TextField(blank=True)
    icpn = models.TextField(blank=True)
    duration_ms = models.BigIntegerField(null=True, blank=True)
    explicit = models.BooleanField(null=True, blank=True)


class Release(Recorded):
    """A release, known by its ICPN, the number below its bar code, where it has one."""

    icpn = models.TextField(blank=True)
