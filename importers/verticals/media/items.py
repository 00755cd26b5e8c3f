"""Albums, photos and videos on the wire."""

from typing import Any, ClassVar

from pydantic import AliasChoices, AliasPath, Field

from importers.digests import digest, waiting_identity
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.item import ChangeableItem
from importers.items.wire import Flag, Identifier, Moment, Text
from importers.models import Record
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo, Video


class AlbumItem(ChangeableItem):
    types: ClassVar = ("Album", "MediaAlbum", "PhotoAlbum", "VideoAlbum")
    model: ClassVar = Album

    id: Identifier
    name: Text = ""
    description: Text = ""

    def identity(self, whole: WholeItem) -> str:
        return digest(self.id)

    def columns(self) -> dict[str, Any]:
        return {"identifier": self.id, "name": self.name, "description": self.description}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(Album, arrival, self.identity(arrival.whole), self.columns())[1]


class MediaFileItem(ChangeableItem):
    """A photo or a video. The same one in two albums comes twice, and is one record in both."""

    has_file: ClassVar = True
    model: ClassVar[type[Photo] | type[Video]]
    entry: ClassVar[type[AlbumPhoto] | type[AlbumVideo]]

    name: Text = Field(default="", validation_alias=AliasChoices("name", "title"))
    description: Text = ""
    album_id: Text = Field(default="", validation_alias="albumId")
    uploaded: Moment = Field(default=None, validation_alias="uploadedTime")
    favorite: Flag = Field(default=None, validation_alias=AliasPath("favoriteInfo", "favorite"))
    favorite_changed: Moment = Field(default=None, validation_alias=AliasPath("favoriteInfo", "lastUpdateTime"))

    def columns(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "uploaded_at": self.uploaded,
            "favorite": self.favorite,
            "favorite_changed_at": self.favorite_changed,
        }

    def identity(self, whole: WholeItem) -> str:
        return digest(self.name, whole.sha256, self.uploaded.isoformat() if self.uploaded else "")

    def former_identities(self, whole: WholeItem) -> tuple[str, ...]:
        """A time that was not understood did not identify it."""
        return (digest(self.name, whole.sha256, ""),) if self.uploaded else ()

    def identity_anew(self, whole: WholeItem, standing: str) -> str:
        """Stays what it is where the record has other bytes by now."""
        return self.identity(whole) if standing in self.former_identities(whole) else standing

    def twin(self, arrival: IncomingItem, standing: Photo | Video, facts: dict[str, Any]) -> Record:
        """One of another album is saved with that: what the item says of it stays there."""
        beside = {"mime": arrival.mime, "content_id": arrival.file.pk, "album_identifier": self.album_id}
        row = super().twin(arrival, standing, facts | beside)
        if self.album_id != standing.album_identifier:
            row.identity = waiting_identity(row.doc_id)
            arrival.keep_json()
            row.save()
            if self.album_id:
                self.entry._default_manager.create(item_id=row.pk, album=self._album(arrival))
        return row

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        identity = self.identity(arrival.whole)
        record = records.find(self.model, arrival, identity)
        if record is None:
            beside = {"mime": arrival.mime, "content_id": arrival.file.pk, "album_identifier": self.album_id}
            record = records.create(self.model, arrival, identity, self.columns() | beside)
            if self.album_id:
                self.entry._default_manager.create(item_id=record.pk, album=self._album(arrival))
            return ItemAnswer(record.doc_id, ItemStatus.CREATED)
        if record.album_identifier == self.album_id:
            return records.save_once(self.model, arrival, identity, self.columns() | {"mime": arrival.mime})[1]
        return self._in_another_album(record, arrival)

    def _in_another_album(self, record: Photo | Video, arrival: IncomingItem) -> ItemAnswer:
        """The record stands in the album it named first; this item says that it is in another one, or in none, too."""
        if records.stays_deleted(record, arrival):
            return ItemAnswer(record.doc_id, ItemStatus.UNCHANGED)
        brought_back = record.trashed_at is not None
        if brought_back:
            record.trashed_at = None
            record.save(update_fields=["trashed_at"])
        entry, created = self.entry._default_manager.get_or_create(
            item_id=record.pk, album=self._album(arrival), defaults={"payload": arrival.payload}
        )
        if created:
            arrival.keep_json()
        elif not records.same_item(entry.payload, arrival):
            records.remember(record, arrival, entry.payload)
            entry.payload = arrival.keep_json()
            entry.save(update_fields=["payload"])
        elif not brought_back:
            return ItemAnswer(record.doc_id, ItemStatus.UNCHANGED)
        return ItemAnswer(record.doc_id, ItemStatus.UPDATED)

    def _album(self, arrival: IncomingItem) -> Album | None:
        if not self.album_id:
            return None
        return records.container_for(Album, arrival, digest(self.album_id), self.album_id)


class PhotoItem(MediaFileItem):
    types: ClassVar = ("Photo", "PhotoModel")
    model: ClassVar = Photo
    entry: ClassVar = AlbumPhoto


class VideoItem(MediaFileItem):
    types: ClassVar = ("Video", "VideoModel")
    model: ClassVar = Video
    entry: ClassVar = AlbumVideo
