"""What every record has in common."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.dates import minute
from importers.digests import waiting_identity
from importers.models.source import Source
from importers.models.transfer import Transfer

# When a record was changed that a document named and that has not come. One that an item named was changed just then.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

# How items are read: which records they become, what identifies them, and what their columns say. Whoever changes that
# raises the number, and writes a migration that calls for the records that stand to be read again, as 0005 does.
READING = 4
# Since when the same item is identified otherwise, so that what identified it before may be another one's:
AS_IT_CAME = 1  # by identifiers with what no column can hold, by times that are understood, and not by `@type`s
EVERY_MEMBER = 3  # by what an object says twice by one name, too
IN_ZONES = 4  # by times without an offset in the zones that stand behind them


def todays_reading() -> int:
    """Returns the number of how items are read today."""
    return READING


class SortName(models.Func):
    """What a name is sorted by: how it begins, without regard to case; an index takes no more of a text."""

    template = "LOWER(SUBSTR(%(expressions)s, 1, 60))"
    arity = 1
    output_field = models.TextField()


def sort_date(column: str, other: str = "") -> models.expressions.Combinable:
    """Returns the moment that a record is sorted by: what this column says, or the other one, or else when it came."""
    if column == "received_at":
        return models.F(column)
    return Coalesce(*filter(None, (column, other, "received_at")))


def by_date(column: str = "received_at", other: str = "") -> models.Index:
    """Returns the index of lists of a kind by this moment; what is in the bin is in none of them."""
    return _for_lists(sort_date(column, other), "date")


def by_name(column: str = "name") -> models.Index:
    """Returns the index of lists of a kind by name."""
    return _for_lists(SortName(column), "name")


def by_size() -> models.Index:
    """Returns the index of lists of a kind by the size of its files."""
    return _for_lists(models.F("size"), "size")


def within(container: str, order: Any, called: str) -> models.Index:
    """Returns the index of lists of what is in one container, in this order."""
    in_lists = models.Q(trashed_at=None)
    return models.Index(models.F(container), order, models.F("id"), condition=in_lists, name=f"%(class)s_in_{called}")


def _for_lists(order: Any, called: str) -> models.Index:
    in_lists = models.Q(trashed_at=None)
    return models.Index(models.F("owner"), order, models.F("id"), condition=in_lists, name=f"%(class)s_by_{called}")


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


@dataclass(frozen=True)
class ToDoMark:
    """A column that says whether a worker has made of a record what pages need besides: false as long as that is still
    to be done, true when it is, and null where there is nothing to be made.

    The database marks a record as still to be done (see importers/counting), whichever way it comes or is changed.
    `of`: a column of text; where it is empty, there is nothing to be made. `changes`: the columns of which any change
    has it made anew.
    """

    column: str
    of: str
    changes: tuple[str, ...]


class Record(models.Model):
    """What is kept of one item.

    The columns are for looking things up; `payload` is the item's JSON as it came, to the byte, and empty only where
    nothing came (see `Container`). `identity` is a digest of what identifies the item at its source: sending it again
    finds this row. `doc_id` survives moves. `trashed_at`: the person has deleted it; the row stays, so that the same
    recurring job does not bring it back. `reading`: with which `READING` it was made; empty before there was one.

    `from_payload`: columns that follow from the payload and from nothing else, in other words than it has. `to_do`:
    the mark of what a worker makes of it.
    """

    from_payload: ClassVar[frozenset[str]] = frozenset()
    to_do: ClassVar[ToDoMark | None] = None

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+", db_index=False)
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
        indexes = [
            models.Index(fields=["owner", "doc_id"], name="%(class)s_by_doc_id"),
            models.Index(fields=["transfer", "id"], name="%(class)s_of_transfer"),
            models.Index(
                fields=["owner", "trashed_at", "id"],
                condition=models.Q(trashed_at__isnull=False),
                name="%(class)s_in_bin",
            ),
        ]

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

    def came_with(self) -> Iterator[str]:
        """Yields the SHA-256, in hex, of each file that its item may have come with; empty for none."""
        own: Any = self
        yield own.content.sha256 if getattr(self, "content_id", None) is not None else ""

    def remembered_as(self) -> tuple[str, ...]:
        """Returns what a `Deletion` remembers it by when it is deleted for good."""
        return (self.identity,)

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
            by_date(),
            by_name(),
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
        verbose_name_plural = _("aliases")
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
        said = {"kind": self.kind, "id": self.doc_id, "moment": minute(self.replaced_at)}
        return gettext("%(kind)s %(id)s before %(moment)s") % said
