"""Albums, and the photos and videos in them."""

from typing import Any, cast

from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.content.suffixes import name_of_medium
from importers.models.content import Content, WithFile
from importers.models.record import Container, Record, Revision, by_date


class Album(Container):
    """An album of photos and videos."""

    description = models.TextField(blank=True)

    def adopt(self, other: Record) -> int:
        """Takes over the photos and videos of another row for this album."""
        entries: list[AlbumEntry] = [
            *AlbumPhoto.objects.filter(album_id=other.pk).select_related("item"),
            *AlbumVideo.objects.filter(album_id=other.pk).select_related("item"),
        ]
        return sum(_move(entry, album_id=self.pk) for entry in entries)


class MediaItem(WithFile, Record):
    """A photo or a video, in any number of albums.

    It carries no identifier: name, content and the time of its upload are its identity. `album_identifier` is the
    album that `payload` names; an item that names another album stands in that album's entry. `favorite_changed_at`:
    when it became a favourite, or stopped being one. `taken_at`: when its file says that it was taken; the database
    puts it here as soon as that is known (see importers/counting), so that lists can be sorted by it.
    """

    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="%(class)ss")
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    mime = models.TextField(blank=True)
    album_identifier = models.TextField(blank=True)
    path = models.TextField(blank=True, help_text=_("The folder it stands in, where that is not its album's."))
    uploaded_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, editable=False)
    favorite = models.BooleanField(null=True, blank=True)
    favorite_changed_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        abstract = True
        indexes = [*Record.Meta.indexes, by_date("uploaded_at", "taken_at")]

    @property
    def file_name(self) -> str:
        """What its bytes are saved as; a title gets the suffix of its type."""
        return name_of_medium(self.name, self.mime) if self.name.strip() else ""

    def adopt(self, other: Record) -> int:
        """Takes over the albums of another row for this photo or video; each of the two items stays where its album
        is."""
        growth = 0
        if self.album_identifier != getattr(other, "album_identifier", ""):
            growth += self._keep_own_entry() + cast(MediaItem, other)._keep_own_entry()
        entries = cast(Any, other).entries.select_related("item")
        return growth + sum(_move(entry, item_id=self.pk) for entry in entries)

    def _keep_own_entry(self) -> int:
        """Lets the entry of its own album, or of none, have its own item."""
        if not self.album_identifier:
            defaults = {"payload": self.payload}
            _, created = cast(Any, self).entries.get_or_create(album=None, defaults=defaults)
            return len(self.payload.encode()) if created else 0
        own = cast(Any, self).entries.filter(payload="", album__identifier=self.album_identifier)
        return len(self.payload.encode()) * own.update(payload=self.payload)


class Photo(MediaItem):
    """A photo."""

    albums = models.ManyToManyField(Album, through="AlbumPhoto", related_name="photos")


class Video(MediaItem):
    """A video."""

    albums = models.ManyToManyField(Album, through="AlbumVideo", related_name="videos")


class AlbumEntry(models.Model):
    """That a photo or video is in an album; `payload` is the item that said so, empty where it is the record's own.

    Without an album, it is an item that named none although the record's own had named one.
    """

    album = models.ForeignKey(Album, null=True, on_delete=models.CASCADE, related_name="%(class)ss")
    payload = models.TextField(blank=True)

    class Meta:
        abstract = True


def _move(entry: AlbumEntry, **to: int) -> int:
    """Lets an entry be of another row, unless that has the same one: then what it says is kept as something that its
    photo or video said before. Returns by how many bytes the account's use grows."""
    moved: Any = entry
    rows = type(moved)._default_manager
    same = rows.filter(**({"item_id": moved.item_id, "album_id": moved.album_id} | to)).first()
    if same is None:
        rows.filter(pk=entry.pk).update(**to)
        return 0
    entry.delete()
    item = moved.item
    if not entry.payload or entry.payload in (same.payload, item.payload):
        return -len(entry.payload.encode())
    Revision.objects.create(
        owner_id=item.owner_id,
        transfer_id=item.transfer_id,
        kind=item._meta.model_name,
        doc_id=item.doc_id,
        payload=entry.payload,
    )
    return 0


class AlbumPhoto(AlbumEntry):
    item = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="entries")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "album"], name="photo_in_album_once")]

    def __str__(self) -> str:
        return f"{self.item} in {self.album}"


class AlbumVideo(AlbumEntry):
    item = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="entries")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "album"], name="video_in_album_once")]

    def __str__(self) -> str:
        return f"{self.item} in {self.album}"
