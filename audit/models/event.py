"""One event of the trail, and what is known of it."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.kinds import sentence_of
from audit.models.chain import AuditChain


class AuditEvent(models.Model):
    """A link of a chain: it is never changed and never deleted, which the database sees to (audit/append_only.py).

    It says nothing of a person but a name such as `person:7`. `what` and `who` are salted digests of its details, empty
    where it has none; `hash` is over all of it and the hash of the event before (audit/hashes.py).
    """

    chain = models.ForeignKey(AuditChain, on_delete=models.PROTECT, related_name="events")
    number = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=32)
    actor = models.CharField(max_length=64)
    what = models.BinaryField()
    who = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        verbose_name = _("event of the audit trail")
        verbose_name_plural = _("events of the audit trail")
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="one_event_per_number")]
        indexes = [
            models.Index(fields=["kind", "id"], name="event_by_kind"),
            models.Index(fields=["actor", "id"], name="event_by_actor"),
        ]

    def __str__(self) -> str:
        return sentence_of(self.kind)


class AuditDetail(models.Model):
    """What is known of an event: it may be deleted, and is never changed.

    `text` is JSON: of the part `what`, what happened and why; of the part `who`, from where it was done, and by whom.
    `about` is the subject whose own it is: with an account, all that is about its person goes, wherever it stands.
    """

    class Part(models.TextChoices):
        WHAT = "what", _("what happened")
        WHO = "who", _("who did it, and from where")

    event = models.ForeignKey(AuditEvent, on_delete=models.CASCADE, related_name="details")
    part = models.CharField(max_length=4, choices=Part.choices)
    about = models.CharField(max_length=64, db_index=True)
    at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=timezone.now, db_index=True)
    salt = models.BinaryField()
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "part"], name="one_detail_per_part")]

    def __str__(self) -> str:
        return self.text
