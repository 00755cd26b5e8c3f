"""What is searched of records, and what is still to be written of it. Nobody sees it but its person, by searching."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchEntry(models.Model):
    """What is searched of one record.

    `place`: where it stands in the index (see importers/search/places.py). `kind`: the name of the record's model, and
    `record` its key. `at`: the moment that the record is sorted by. `text` and `beginnings`: see
    importers/search/normal.py. Entries are made and deleted, and never changed: an index follows by triggers.
    """

    place = models.BigIntegerField(primary_key=True)
    owner = models.ForeignKey(  # goes with its record, by a trigger: no constraint makes whoever writes it wait
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    kind = models.CharField(max_length=32)
    record = models.BigIntegerField()
    source = models.BigIntegerField()
    at = models.DateTimeField()
    text = models.TextField()
    beginnings = models.TextField()

    class Meta:
        verbose_name_plural = _("search entries")
        constraints = [models.UniqueConstraint(fields=["kind", "record"], name="one_search_entry")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}"


class SearchMark(models.Model):
    """That a record has come, or says something else: its entry has still to be written. The database marks it, in the
    transaction that changes the record."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=32)
    record = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.record}"


class SearchFill(models.Model):
    """How far the records of a kind that stand have been compared with the index.

    `version`: what was searched of them, and how; another one lets it begin again. `position`: the key up to which all
    have been looked at. `through_at`: when the last one had been.
    """

    kind = models.CharField(max_length=32, unique=True)
    version = models.CharField(max_length=32)
    position = models.BigIntegerField(default=0)
    through_at = models.DateTimeField(null=True, blank=True)

    known_to_be_through: ClassVar[bool] = False  # of all kinds, to this process

    def __str__(self) -> str:
        return f"{self.kind} up to {self.position}"
