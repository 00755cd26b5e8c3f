"""What a person has thrown away: the memory of it, and the work of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.dates import minute
from importers.models.source import Source
from importers.models.transfer import Transfer


class Deletion(models.Model):
    """That a record was deleted for good, so that the job which brought it does not bring it again.

    Nothing of what it said is here. `kind`: the name of its model; `identity`: what identified it at its source (see
    `Record.remembered_as`); `transfer`: that it came with, whose recurring job is meant, too; `doc_id`: the id that it
    had, which its exporter is answered; `reading`: the `READING` by which it was identified so, empty where that is not
    known. It goes with its account; it is not exported, and counts in no use.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    identity = models.CharField(max_length=32)
    doc_id = models.CharField(max_length=64)
    reading = models.SmallIntegerField(null=True, editable=False)
    deleted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "identity", "transfer"], name="one_deletion_per_transfer")
        ]

    def __str__(self) -> str:
        said = {"kind": self.kind, "id": self.doc_id, "moment": minute(self.deleted_at)}
        return gettext("%(kind)s %(id)s, deleted %(moment)s") % said


class BinJob(models.Model):
    """Something that a person does with many records at once: throw away, bring back from the bin, delete for good.

    `chosen`: which records (see importers/bin/choices.py); `title`: what they are, in English, and
    `said` for other languages (see importers/bin_titles.py). `part` and `position`: how
    far it is. `at`: when it was asked for; what is thrown away has it as its time, so that it can be brought back
    together. `records` and `bytes`: with how many it was done until now, and the room that came free.
    """

    class Action(models.TextChoices):
        THROW = "throw", _("throw away")
        RESTORE = "restore", _("bring back")
        DELETE = "delete", _("delete for good")

    MOST_TITLE: ClassVar[int] = 200

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bin_jobs")
    action = models.CharField(max_length=8, choices=Action.choices)
    chosen = models.JSONField()
    title = models.CharField(max_length=MOST_TITLE)
    said = models.JSONField(null=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    part = models.IntegerField(default=0)
    position = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "at"], name="one_bin_job_at_a_time")]
        indexes = [models.Index(fields=["id"], condition=models.Q(ended_at=None), name="bin_job_to_do")]

    def __str__(self) -> str:
        return gettext("%(action)s: %(title)s") % {"action": self.get_action_display(), "title": self.title}
