"""What happened to an export, an import or a move, for the person and for the operator."""

from django.db import models
from django.utils import timezone

from moves.models.archive_import import ArchiveImport
from moves.models.export import Export
from moves.models.move import Move


class Event(models.Model):
    """One step, written once and never changed."""

    class Kind(models.TextChoices):
        REQUESTED = "requested"
        STARTED = "started"
        SNAPSHOT = "snapshot taken"
        RESTARTED = "restarted"
        INTERRUPTED = "interrupted"
        CANCELLED = "cancelled"
        DONE = "done"
        INCOMPLETE = "done, with some missing"
        FAILED = "failed"
        MAILED = "mailed"
        MISSING = "entry missing"
        REVOKED = "link revoked"
        EXPIRED = "expired"

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
