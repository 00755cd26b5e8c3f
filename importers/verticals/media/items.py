"""Albums, photos and videos on the wire."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import AliasChoices, AliasPath, Field

from importers.digests import digest, waiting_identity
from importers.formats.local_time import ZonedMoment
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.deletions import deleted_answer
from importers.items.item import FILE, ChangeableItem, IdentifiedItem
from importers.items.wire import Flag, Text, as_it_came, kept_item, moment_of
from importers.models import Record
from importers.models.record import AS_IT_CAME, IN_ZONES
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo, Video


class AlbumItem(IdentifiedItem, ChangeableItem):
    """An album of photos, videos or both."""

    types: ClassVar = ("Album", "MediaAlbum", "PhotoAlbum", "VideoAlbum")
    model: ClassVar = Album
    examples: ClassVar = (
        {"@type": "Album", "id": "harbour", "name": "The harbour", "description": None},
        {"@type": "MediaAlbum", "id": "engines", "name": "Engines"},
    )

    name: Text = ""
    description: Text = ""

    def columns(self) -> dict[str, Any]:
        return {"identifier": self.id, "name": self.name, "description": self.description}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(Album, arrival, self.identity(arrival.whole), self.columns())[1]


def uploaded_without_zone(payload: str) -> datetime | None:
    """Returns when a photo was uploaded as it was read before `READING` 4; None where the zone behind that, which only
    counts since then, can't make it another moment."""
    item = kept_item(payload) if "[" in payload else None
    said = item.get("uploadedTime") if item else None
    return moment_of(said) if isinstance(said, str) and "[" in said else None


class MediaFileItem(ChangeableItem):
    """A photo or a video. The same one in two albums comes twice, and is one record in both."""

    has_file: ClassVar = True
    identified_by: ClassVar = (("name", "uploaded", FILE),)
    model: ClassVar[type[Photo] | type[Video]]
    entry: ClassVar[type[AlbumPhoto] | type[AlbumVideo]]

    name: Text = Field(default="", validation_alias=AliasChoices("name", "title"))
    description: Text = ""
    album_id: Text = Field(default="", validation_alias="albumId")
    uploaded: ZonedMoment = Field(default=None, validation_alias="uploadedTime")
    favorite: Flag = Field(default=None, validation_alias=AliasPath("favoriteInfo", "favorite"))
    favorite_changed: ZonedMoment = Field(default=None, validation_alias=AliasPath("favoriteInfo", "lastUpdateTime"))

    def columns(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "uploaded_at": self.uploaded,
            "favorite": self.favorite,
            "favorite_changed_at": self.favorite_changed,
        }

    def identity(self, whole: WholeItem) -> str:
        return digest(as_it_came(self.name), whole.sha256, self.uploaded.isoformat() if self.uploaded else "")

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        """A time that was not understood did not identify it, nor did what no column can hold of its name. The zone of
        one without an offset was not looked at."""
        unzoned = uploaded_without_zone(whole.payload)
        at = self.uploaded.isoformat() if self.uploaded else ""
        found = {digest(as_it_came(self.name), whole.sha256, unzoned.isoformat()): IN_ZONES} if unzoned else {}
        found |= dict.fromkeys((digest(self.name, whole.sha256, one) for one in (at, "")), AS_IT_CAME)
        found.pop(self.identity(whole), None)
        return found

    def identity_anew(self, whole: WholeItem, standing: str) -> str:
        """Stays what it is where the record has other bytes by now."""
        return self.identity(whole) if standing in self.former_identities(whole) else standing

    def columns_anew(self, standing: dict[str, Any]) -> dict[str, Any]:
        unzoned = uploaded_without_zone(str(standing["payload"]))
        is_former = unzoned is not None and unzoned == standing["uploaded_at"]
        return super().columns_anew(standing) | ({"uploaded_at": self.uploaded} if is_former else {})

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
            return deleted_answer(record.doc_id)
        brought_back = record.trashed_at is not None
        records.bring_back(record)
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
        return records.container_for(Album, arrival, digest(as_it_came(self.album_id)), self.album_id)


class PhotoItem(MediaFileItem):
    """A photo, with its bytes. The same one in two albums comes twice."""

    types: ClassVar = ("Photo", "PhotoModel")
    model: ClassVar = Photo
    entry: ClassVar = AlbumPhoto
    examples: ClassVar = (
        {
            "@type": "Photo",
            "name": "fog.jpg",
            "description": "The harbour in fog",
            "albumId": "harbour",
            "uploadedTime": "2024-06-03T10:05:12Z",
            "favoriteInfo": {"favorite": True, "lastUpdateTime": "2024-06-04T08:00:00Z"},
        },
        {"@type": "PhotoModel", "title": "rain.jpg", "albumId": None, "uploadedTime": 1731604863.845677},
    )


class VideoItem(MediaFileItem):
    """A video, with its bytes. The same one in two albums comes twice."""

    types: ClassVar = ("Video", "VideoModel")
    model: ClassVar = Video
    entry: ClassVar = AlbumVideo
    examples: ClassVar = (
        {"@type": "Video", "name": "engine.mp4", "albumId": "engines", "uploadedTime": "2024-06-03T10:05:12Z"},
        {"@type": "VideoModel", "name": "launch.mp4", "uploadedTime": "1731604863.845677"},
    )
