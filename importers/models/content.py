"""Bytes: kept once, held by people, and on their way."""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from importers.models.installation_id import own_folder

UPLOAD_LIFE = timedelta(minutes=5)  # how long an upload counts as alive after its last sign of life
COLLECTION_GRACE = timedelta(hours=24)  # how long bytes that nobody needs are kept


def new_storage_key() -> str:
    """A random key that is never used again, in the folder of this installation. 256 folders keep each of them small.
    Keys of earlier versions are in no installation's folder."""
    name = secrets.token_hex(16)
    return f"{own_folder()}/{name[:2]}/{name}"


class Drawn(models.TextChoices):
    """What came of drawing the thumbnails of some content."""

    MADE = "made", _("made")
    NOTHING = "nothing", _("no picture")
    BROKEN = "broken", _("could not be read")
    TOO_LARGE = "too_large", _("too large")
    UNSUPPORTED = "unsupported", _("of a kind that nothing here reads")
    CRASHED = "crashed", _("crashed what reads it")


class Content(models.Model):
    """Bytes, once, however often and by whomever they came. Never changed.

    `size` in bytes; `sha256` in hex; `crc32` as zip archives carry it; `md5` in base64 as documents of a Cozy have it,
    empty for bytes that were never read since it is kept. `unneeded_since`: when nobody held it any more;
    it is collected after a grace, unless an upload finds it again. `to_draw`: its thumbnails have still to be made, or
    again; `drawn`: what came of that the last time, empty before it.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    crc32 = models.BigIntegerField()
    size = models.BigIntegerField()
    md5 = models.CharField(max_length=24, blank=True, default="")
    storage_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    unneeded_since = models.DateTimeField(null=True, blank=True, db_index=True)
    to_draw = models.BooleanField(default=True)
    drawn = models.CharField(max_length=16, blank=True, default="", choices=Drawn.choices)

    class Meta:
        verbose_name_plural = pgettext_lazy("several", "content")
        permissions = [("asks_first", "Must give a reason before an item or a file is shown")]
        indexes = [models.Index(fields=["id"], condition=models.Q(to_draw=True), name="content_to_draw")]

    def __str__(self) -> str:
        return gettext("%(sha256)s… (%(size)s bytes)") % {"sha256": self.sha256[:12], "size": self.size}


class WithFile(models.Model):
    """A row with a file that somebody may save."""

    class Meta:
        abstract = True

    @property
    def file_name(self) -> str:
        """What its bytes are saved as; empty where it has no name."""
        return getattr(self, "shown_name", "") or getattr(self, "name", "")

    @classmethod
    def shown_of(cls, owner: Any, doc_id: str) -> models.QuerySet[Any]:
        """Returns the keys of the content that a person's row of this id shows now; none where it is not theirs."""
        rows: Any = cls._default_manager
        own: models.QuerySet[Any] = rows.filter(owner=owner, doc_id=doc_id)
        return own.values("content_id")

    def contents(self) -> Iterator[tuple[Content, str]]:
        """Yields the bytes that it has or had, each with the payload of that time."""
        own: Any = self
        if own.content is not None:
            yield own.content, own.payload


class Holding(models.Model):
    """That a person holds some content: counted once in their use, in however many records it stands."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="holdings")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="holdings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "content"], name="held_once")]

    def __str__(self) -> str:
        return f"{self.owner} holds {self.content}"


class Upload(models.Model):
    """Bytes that are on their way, or were when their process died: where they are written and what is reserved.

    The row is there before the first byte is, so whatever a kill leaves in the storage can be found. It dies with its
    `process` where that can be seen, otherwise at `expires_at`, which a living one puts off. `owner` is
    empty for bytes that were collected and only wait to be deleted.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="uploads")
    storage_key = models.CharField(max_length=64, unique=True, default=new_storage_key)
    process = models.CharField(max_length=32, blank=True, help_text=_("The server process that takes it in."))
    reserved_bytes = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        said = {"key": self.storage_key, "size": self.reserved_bytes}
        return gettext("%(key)s, %(size)s bytes reserved") % said

    @staticmethod
    def next_expiry() -> datetime:
        return timezone.now() + UPLOAD_LIFE


class PreparedKey(models.Model):
    """Where a process will write the next file that is whole in its memory.

    As of an `Upload`, the row is there before the first byte is, so whatever a kill leaves in the storage can be found;
    but nothing is reserved, so many can be made at once, before anybody asks. It goes in the transaction that makes
    content of its bytes. It dies with its `process` where that can be seen, otherwise at `expires_at`.
    """

    storage_key = models.CharField(max_length=64, unique=True, default=new_storage_key)
    process = models.CharField(max_length=32)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.storage_key
