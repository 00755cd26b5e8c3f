"""What every record has in common."""

import secrets
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from importers.digests import waiting_identity
from importers.models.source import Source
from importers.models.transfer import Transfer

# When a record was changed that a document named and that has not come. One that an item named was changed just then.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

# How items are read: which records they become, what identifies them, and what their columns say. Whoever changes that
# raises the number, and writes a migration that calls for the records that stand to be read again, as 0005 does.
READING = 2


def todays_reading() -> int:
    """Returns the number of how items are read today."""
    return READING


class Records(models.Manager[Any]):
    """Records of one kind."""

    def placeholders(self) -> models.QuerySet[Any]:
        """Returns those that others named and of which nothing has come yet (see `Record.is_placeholder`)."""
        if issubclass(self.model, Container):
            return self.filter(arrived_at=None)
        return self.filter(changed_at=NEVER)

    def named_by_archives(self) -> models.QuerySet[Any]:
        """Returns those placeholders that only documents have named (see `Record.is_named_by_archive`)."""
        return self.placeholders().filter(changed_at=NEVER)


def new_doc_id() -> str:
    """32 hex digits, as documents of an export carry them: the time in milliseconds first (as RFC 9562, section 5.7,
    does), so that new rows stand at the end of their index and the index stays warm, then 80 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


class Record(models.Model):
    """What is kept of one item.

    The columns are for looking things up; `payload` is the item's JSON as it came, to the byte, and empty only where
    nothing came (see `Container`). `identity` is a digest of what identifies the item at its source: sending it again
    finds this row. `doc_id` survives moves. `trashed_at`: the person has deleted it; the row stays, so that the same
    recurring job does not bring it back. `reading`: with which `READING` it was made; empty before there was one.

    `from_payload`: columns that follow from the payload and from nothing else, in other words than it has.
    """

    from_payload: ClassVar[frozenset[str]] = frozenset()

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+")
    identity = models.CharField(max_length=32)
    doc_id = models.CharField(max_length=64, default=new_doc_id)
    payload = models.TextField(blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    trashed_at = models.DateTimeField(null=True, blank=True)
    reading = models.SmallIntegerField(null=True, editable=False, default=todays_reading)

    objects: ClassVar[Records] = Records()

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["source", "identity"], name="%(class)s_once")]
        indexes = [models.Index(fields=["owner", "doc_id"], name="%(class)s_by_doc_id")]

    def __str__(self) -> str:
        return getattr(self, "name", "") or getattr(self, "title", "") or f"{self._meta.verbose_name} {self.doc_id}"

    @property
    def is_placeholder(self) -> bool:
        """Whether others named it and nothing of it has come yet; a file stands so for its versions."""
        return self.changed_at == NEVER

    @property
    def is_named_by_archive(self) -> bool:
        """Whether it is a placeholder that only a document has named: by an id, or by a path. Whose it is, and what
        identifies it, its own document says; one that an item named has both."""
        return self.changed_at == NEVER and self.is_placeholder

    def adopt(self, other: "Record") -> int:
        """Takes over what points to another row of this kind, which stands for the same record and is about to go.
        Returns by how many bytes the account's use grows."""
        for relation in self._meta.related_objects:
            if relation.one_to_many:
                rows: type[models.Model] = relation.related_model
                name = relation.field.name
                rows._default_manager.filter(**{name: other}).update(**{name: self})
        return 0


class Container(Record):
    """A record that others are in: a folder, an album, a calendar.

    An item may come before its container, and its container may never come. Then the row stands for the
    container, with nothing but the `identifier` that the item gave, and `arrived_at` is empty.
    """

    identifier = models.TextField()
    name = models.TextField(blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        abstract = True
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["owner"], condition=models.Q(arrived_at=None), name="%(class)s_missing"),
        ]

    def __str__(self) -> str:
        return self.name or self.identifier

    @property
    def is_placeholder(self) -> bool:
        """Whether items or documents are in it, and it has not come itself."""
        return self.arrived_at is None

    @property
    def waits(self) -> bool:
        """Whether it is identified by nothing but its id in an archive, where something was in it before it came."""
        return self.identity == waiting_identity(self.doc_id)

    def own_identity(self) -> str:
        """Returns what identifies it where it was made of no item."""
        return self.identity


class Alias(models.Model):
    """Another id of a record: the one that it had in an archive, where the account had the same record already, or that
    it had here before two rows became one.

    What comes later and refers to `doc_id` means the record `of`. `kind` is the name of the record's model; an item
    that was kept as it came, and has become a record of another kind since, is still named by its former one.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    doc_id = models.CharField(max_length=64)
    of = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "aliases"
        constraints = [models.UniqueConstraint(fields=["owner", "kind", "doc_id"], name="one_alias")]

    def __str__(self) -> str:
        return f"{self.kind} {self.doc_id} is {self.of}"


class Revision(models.Model):
    """What an item said before a later item with the same identity replaced it, as it came."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    doc_id = models.CharField(max_length=64)
    payload = models.TextField()
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["owner", "kind", "doc_id"], name="revision_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.doc_id} before {self.replaced_at:%Y-%m-%d %H:%M}"
