"""Playlists, their tracks, recordings and releases on the wire, in both models."""

from typing import Annotated, Any, ClassVar

from django.db.models import F
from pydantic import AliasChoices, BeforeValidator, Field

from importers import statements
from importers.digests import digest
from importers.formats.local_time import ZonedMoment
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.deletions import deleted_answer, require_not_deleted
from importers.items.item import WHOLE, Item
from importers.items.wire import Identifier, Text, as_it_came
from importers.models import Revision
from importers.verticals.music.models import Playlist, PlaylistTrack, Recording, Release, wherever
from importers.verticals.music.tracks import (
    NAMES,
    MusicShape,
    SaidRelease,
    Track,
    WholeNumber,
    artist_lines,
    track_of,
    tracks_of,
    written,
)

_SaidTrack = Track | str | None
TRACK = BeforeValidator(track_of, json_schema_input_type=_SaidTrack)
TRACKS = BeforeValidator(tracks_of, json_schema_input_type=list[_SaidTrack] | _SaidTrack)


class PlaylistItem(MusicShape, Item):
    """A playlist of either model. The older one lists its tracks; of the newer one they come as items. Where both came,
    the record says what either says: what an item leaves out stays."""

    types: ClassVar = ("MusicPlaylist",)
    model: ClassVar = Playlist
    identified_by: ClassVar = (("id",),)
    examples: ClassVar = (
        {
            "@type": "MusicPlaylist",
            "id": "yard",
            "title": "Songs of the yard",
            "description": "For long nights",
            "timeCreated": "2024-06-03T10:05:12Z",
            "timeUpdated": "2024-06-04T08:00:00Z",
        },
        {
            "@type": "MusicPlaylist",
            "identifier": "harbour",
            "headline": "Songs of the harbour",
            "track": [{"identifier": "t1", "headline": "Fog", "byArtist": {"name": "The Engines"}}],
        },
    )

    id: Identifier = Field(validation_alias=AliasChoices("id", "identifier"))
    name: Text = Field(default="", validation_alias=AliasChoices(*NAMES))
    description: Text = ""
    made: ZonedMoment = Field(default=None, validation_alias=AliasChoices("timeCreated", "dateCreated"))
    edited: ZonedMoment = Field(default=None, validation_alias=AliasChoices("timeUpdated", "dateModified"))
    tracks: Annotated[tuple[Track, ...], TRACKS] = Field(default=(), validation_alias=AliasChoices("track", "tracks"))

    def identity(self, whole: WholeItem) -> str:
        return digest(as_it_came(self.id))

    def columns(self) -> dict[str, Any]:
        columns = {
            "identifier": self.id,
            "name": self.name,
            "description": self.description,
            "made_at": self.made,
            "edited_at": self.edited,
            "tracks": written(self.tracks),
        }
        of_fields = {"id": "identifier", "made": "made_at", "edited": "edited_at"}
        said = {of_fields.get(name, name) for name in self.model_fields_set}
        return {name: value for name, value in columns.items() if name in said}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        identity = self.identity(arrival.whole)
        record = records.find(Playlist, arrival, identity)
        if record is not None and self._is_known(record, arrival):
            return ItemAnswer(record.doc_id, ItemStatus.UNCHANGED)
        return records.save_once(Playlist, arrival, identity, self.columns())[1]

    def _is_known(self, record: Playlist, arrival: IncomingItem) -> bool:
        """Whether the record says all that the item says, which is kept beside what the other model said of it."""
        if record.is_placeholder or record.trashed_at is not None:
            return False
        if any(getattr(record, name) != value for name, value in self.columns().items()):
            return False
        earlier = Revision.objects.filter(owner_id=record.owner_id, kind="playlist", doc_id=record.doc_id)
        return any(records.same_item(payload, arrival) for payload in earlier.values_list("payload", flat=True))


class PlaylistTrackItem(MusicShape, Item):
    """That a track is in a playlist. It carries no identifier: playlist, order and track are what identifies it.

    In a later job the same track at another place is the one that was there before, moved; in the same job it is there
    twice.
    """

    types: ClassVar = ("MusicPlaylistItem",)
    model: ClassVar = PlaylistTrack
    identified_by: ClassVar = (("playlist_id", "order", "track"),)
    examples: ClassVar = (
        {
            "@type": "MusicPlaylistItem",
            "playlistId": "yard",
            "order": 1,
            "track": {"isrcCode": "SEABC2400001", "title": "Fog", "byArtists": [{"name": "The Engines"}]},
        },
    )

    track: Annotated[Track | None, TRACK] = None
    playlist_id: Text = Field(default="", validation_alias="playlistId")
    order: WholeNumber = None

    def identity(self, whole: WholeItem) -> str:
        if self.track is None:
            return digest("whole", whole.canonical)
        order = "" if self.order is None else str(self.order)
        return digest(as_it_came(self.playlist_id), order, self.track.key)

    def columns(self) -> dict[str, Any]:
        track = self.track or Track()
        return {
            "position": self.order,
            "track_key": track.key if self.track else "",
            "title": track.title,
            "artists": artist_lines(track.artists),
            "album": track.release.title,
            "isrc": track.isrc,
            "duration_ms": track.duration,
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        playlist = None
        if self.playlist_id:
            named = digest(as_it_came(self.playlist_id))
            playlist = records.container_for(Playlist, arrival, named, self.playlist_id)
        identity, columns = self.identity(arrival.whole), self.columns() | {"playlist": playlist}
        record = records.find(PlaylistTrack, arrival, identity)
        if record is None and (moved := self._moved(arrival, playlist)) is not None:
            if records.stays_deleted(moved, arrival):
                return deleted_answer(moved.doc_id)
            records.remember(moved, arrival)
            beside = {"identity": identity, "seen_in": arrival.transfer, "trashed_at": None}
            records.replace(moved, arrival, columns | beside)
            return ItemAnswer(moved.doc_id, ItemStatus.UPDATED)
        if record is None and playlist is not None and self.track is not None:
            named = wherever(digest(as_it_came(self.playlist_id)), self.track.key)
            require_not_deleted(PlaylistTrack, arrival, named, later=True)
        if record is not None and record.seen_in_id != arrival.transfer.pk:
            PlaylistTrack.objects.filter(pk=record.pk).update(seen_in=arrival.transfer)
        return records.save_once(PlaylistTrack, arrival, identity, columns | {"seen_in": arrival.transfer})[1]

    def _moved(self, arrival: IncomingItem, playlist: Playlist | None) -> PlaylistTrack | None:
        """Returns the same track at another place of the playlist, which this job has not brought."""
        if playlist is None or self.track is None or not arrival.transfer.job_id:
            return None
        named = {"playlist_id": playlist.pk, "track_key": self.track.key}
        if statements.first(PlaylistTrack, ("id",), named) is None:  # mostly the track is nowhere in it
            return None
        same = PlaylistTrack.objects.filter(**named)
        others = same.exclude(seen_in=arrival.transfer).select_related("transfer")
        found: PlaylistTrack | None = others.order_by(
            F("trashed_at").asc(nulls_first=True), F("position").asc(nulls_last=True), "pk"
        ).first()
        return found


class RecordingItem(Track, Item):
    """A recording, known by its ISRC, else by its identifier, else by all that it says."""

    types: ClassVar = ("MusicRecording",)
    model: ClassVar = Recording
    identified_by: ClassVar = (("isrc",), ("identifier",), (WHOLE,))
    examples: ClassVar = (
        {
            "@type": "MusicRecording",
            "isrcCode": "SEABC2400002",
            "title": "Rain",
            "durationMillis": 215000,
            "musicRelease": {"icpnCode": "7300009000017", "title": "Weather"},
            "byArtists": [{"name": "The Engines"}],
            "isExplicit": False,
        },
        {"@type": "MusicRecording", "identifier": "t2", "headline": "Sleet", "byArtist": "The Engines"},
        {"@type": "MusicRecording", "title": "Hail", "musicAlbum": "Weather"},
    )

    def identity(self, whole: WholeItem) -> str:
        return self.key if self.isrc or self.identifier else digest("whole", whole.canonical)

    def columns(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "artists": artist_lines(self.artists),
            "isrc": self.isrc,
            "album": self.release.title,
            "icpn": self.release.icpn,
            "duration_ms": self.duration,
            "explicit": self.explicit,
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(Recording, arrival, self.identity(arrival.whole), self.columns())[1]


class ReleaseItem(SaidRelease, Item):
    """A release, known by its ICPN, else by its identifier, else by all that it says."""

    types: ClassVar = ("MusicRelease", "MusicAlbum")
    model: ClassVar = Release
    identified_by: ClassVar = (("icpn",), ("identifier",), (WHOLE,))
    examples: ClassVar = (
        {
            "@type": "MusicRelease",
            "icpnCode": "7300009000017",
            "title": "Weather",
            "byArtists": [{"name": "The Engines"}],
        },
        {"@type": "MusicAlbum", "identifier": "r2", "headline": "More weather"},
        {"@type": "MusicRelease", "title": "No more weather"},
    )

    def identity(self, whole: WholeItem) -> str:
        if self.icpn:
            return digest("icpn", self.icpn)
        if self.identifier:
            return digest("identifier", as_it_came(self.identifier))
        return digest("whole", whole.canonical)

    def columns(self) -> dict[str, Any]:
        return {"title": self.title, "artists": artist_lines(self.artists), "icpn": self.icpn}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(Release, arrival, self.identity(arrival.whole), self.columns())[1]
