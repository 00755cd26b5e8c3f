"""What happened to an export, an import or a move, for the person and for the operator."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from moves.models.archive_import import ArchiveImport
from moves.models.export import Export
from moves.models.move import Move


class Event(models.Model):
    """One step, written once and never changed."""

    class Kind(models.TextChoices):
        """What it was; the values are shown, too."""

        REQUESTED = kept_text("requested"), _("Requested")
        STARTED = kept_text("started"), _("Started")
        SNAPSHOT = kept_text("snapshot taken"), _("Snapshot")
        RESTARTED = kept_text("restarted"), _("Restarted")
        INTERRUPTED = kept_text("interrupted"), _("Interrupted")
        CANCELLED = kept_text("cancelled"), _("Cancelled")
        DONE = kept_text("done"), _("Done")
        INCOMPLETE = kept_text("done, with some missing"), _("Incomplete")
        FAILED = kept_text("failed"), _("Failed")
        MAILED = kept_text("mailed"), _("Mailed")
        MISSING = kept_text("entry missing"), _("Missing")
        REVOKED = kept_text("link revoked"), _("Revoked")
        EXPIRED = kept_text("expired"), _("Expired")

    export = models.ForeignKey(Export, null=True, on_delete=models.CASCADE, related_name="events")
    archive_import = models.ForeignKey(ArchiveImport, null=True, on_delete=models.CASCADE, related_name="events")
    move = models.ForeignKey(Move, null=True, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind

    def save(self, *args: Any, **kwargs: Any) -> None:
        """In one transaction with what the audit trail is told of it (moves/told.py)."""
        with transaction.atomic():
            super().save(*args, **kwargs)


class Fetch(models.Model):
    """Who fetched a part: one row per part, address and program, however many ranges they took it in.

    `sent` in bytes; `ended`: how many of the requests reached the part's last byte.
    """

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="fetches")
    part = models.PositiveIntegerField()
    address = models.CharField(max_length=64)
    agent = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    requests = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    sent = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["export", "part", "address", "agent"], name="one_fetch")]

    def __str__(self) -> str:
        return f"part {self.part + 1} from {self.address}"
