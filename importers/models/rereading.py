"""How far the records that stand have been read again."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from importers.models.record import READING, Record


class Rereading(models.Model):
    """That records of one kind, which a former version of this program made, are read as items are read today.

    `kind`: the name of their model; of documents that were kept whole, their doctype. `position`: the key up to which
    all have been read. `read` and `changed`: how many were, and how many of them say something else now. `through_at`:
    when the last one had been read. Later rows of a process of the former version, which may still run then, are found
    behind the position.
    """

    kind = models.CharField(max_length=32, unique=True)
    position = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    through_at = models.DateTimeField(null=True, blank=True)

    known_to_be_through: ClassVar[bool] = False  # to this process; once it is so, it stays so

    def __str__(self) -> str:
        return f"{self.kind}: {self.read} read, {self.changed} changed"

    @classmethod
    def is_through(cls) -> bool:
        """Returns whether every record that stood before this version has been read again."""
        if not cls.known_to_be_through:
            cls.known_to_be_through = not cls.objects.filter(through_at=None).exists()
        return cls.known_to_be_through

    @classmethod
    def reading_of(cls, record: Record) -> int | None:
        """Returns the `READING` by which a record is identified. Of one that says the same today it is not noted that
        it has been read again."""
        return READING if cls.is_through() else record.reading

    def end(self) -> None:
        """Notes that the last one has been read, if nobody has."""
        type(self).objects.filter(pk=self.pk, through_at=None).update(through_at=timezone.now())

    @classmethod
    def begin(cls, kind: str) -> None:
        """Lets all records of a kind be read again, whatever they were read with."""
        cls.known_to_be_through = False
        start = {"position": 0, "read": 0, "changed": 0, "through_at": None}
        cls.objects.update_or_create(kind=kind, defaults=start)
