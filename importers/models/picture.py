"""What stored pictures and videos show: small pictures of them, and when and where they were taken."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.models.content import Content, Drawn, new_storage_key

__all__ = ["Drawn", "Picture", "Thumbnail", "ThumbnailSize"]


class ThumbnailSize(models.TextChoices):
    """How large a thumbnail is: for a line of a list, for a grid, for a whole screen."""

    SMALL = "small", _("small")
    MEDIUM = "medium", _("medium")
    LARGE = "large", _("large")

    @property
    def edge(self) -> int:
        """Pixels that it has at most, in width and in height."""
        return {"small": 160, "medium": 480, "large": 1600}[self.value]

    @classmethod
    def edges(cls) -> list[int]:
        """Returns those of all sizes, in their order."""
        return [size.edge for size in cls]


class Picture(models.Model):
    """What some content says of the picture or video that it is, whoever holds it, and how far its drawing is.

    `width` and `height` in pixels, as it is shown. `taken_at`: when it was taken; where nothing says in which zone the
    clock was (`taken_offset`, minutes ahead of UTC, is empty), as if that had been UTC's. `seconds`: how long a video
    is. All of it is empty where the file does not say it. A place is for those who hold the content, and no one else.

    `tries`: how often drawing was begun without an end, which it comes to by itself but for what kills the child.
    `busy_until`: a worker has it in hand until then, or nobody should try before.
    """

    content = models.OneToOneField(Content, on_delete=models.CASCADE, related_name="picture", primary_key=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    orientation = models.SmallIntegerField(null=True, help_text=_("As Exif numbers it; thumbnails are upright."))
    taken_at = models.DateTimeField(null=True)
    taken_offset = models.SmallIntegerField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    seconds = models.FloatField(null=True)
    tries = models.SmallIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"the picture of {self.content_id}"

    @property
    def taken_by_the_clock(self) -> datetime | None:
        """When it was taken, as the clock there said; it has no zone of its own."""
        if self.taken_at is None:
            return None
        return (self.taken_at + timedelta(minutes=self.taken_offset or 0)).replace(tzinfo=None)


class Thumbnail(models.Model):
    """A small picture of some content: made once, however many hold it, and counted in nobody's use.

    `bytes`: how many it has; `sha256` in hex; `width` and `height` in pixels.
    """

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="thumbnails")
    size = models.CharField(max_length=8, choices=ThumbnailSize.choices)
    storage_key = models.CharField(max_length=64, unique=True, default=new_storage_key)
    sha256 = models.CharField(max_length=64)
    bytes = models.IntegerField()
    width = models.SmallIntegerField()
    height = models.SmallIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content", "size"], name="thumbnail_once")]

    def __str__(self) -> str:
        return f"{self.get_size_display()} picture of {self.content_id}"


def no_facts() -> dict[str, Any]:
    """Returns the columns of a `Picture` of which nothing is known."""
    names = ("width", "height", "orientation", "taken_at", "taken_offset", "latitude", "longitude", "seconds")
    return dict.fromkeys(names)
