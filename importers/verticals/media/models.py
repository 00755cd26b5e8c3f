"""Albums, and the photos and videos in them."""

from django.db import models

from importers.models.content import Content, WithFile
from importers.models.record import Container, Record


class Album(Container):
    """An album of photos and videos."""

    description = models.TextField(blank=True)


class MediaItem(WithFile, Record):
    """A photo or a video, in any number of albums.

    It carries no identifier: name, content and the time of its upload are its identity. `album_identifier` is the
    album that `payload` names; an item that names another album stands in that album's entry. `favorite_changed_at`:
    when it became a favourite, or stopped being one.
    """

    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="%(class)ss")
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    mime = models.TextField(blank=True)
    album_identifier = models.TextField(blank=True)
    path = models.TextField(blank=True, help_text="The folder it stands in, where that is not its album's.")
    uploaded_at = models.DateTimeField(null=True, blank=True)
    favorite = models.BooleanField(null=True, blank=True)
    favorite_changed_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        abstract = True


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
