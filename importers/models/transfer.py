"""The audit trail: what each exporter's job brought, and what was refused."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.dates import minute
from importers.models.source import Source


class Transfer(models.Model):
    """One exporter's job for one person.

    A new job id is the only sign that a transfer has begun, and nothing says that it has ended. Without a job id, a
    pause of more than an hour begins a new one. `items` and `received_bytes` are totals of its counts, `rejected` of
    its rejections that no later item has made good.

    What its person is told by mail (see importers/telling): `mail_due`, that it has fallen silent since they were last
    told, or it was decided that they need not be; `mailed_at`, when they last were, and `mailed_items`, how many items
    were new, changed or kept then.
    """

    class Outcome(models.TextChoices):
        COMPLETE = "complete", _("everything taken")
        REFUSALS = "refusals", _("some refused")
        FULL = "full", _("stopped: no room")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="transfers")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="transfers")
    job_id = models.CharField(max_length=255, blank=True, db_index=True, help_text="X-DTP-Job-Id")
    recurring_job_id = models.CharField(max_length=255, blank=True, db_index=True, help_text="X-DTP-Recurring-Job-Id")
    first_item_at = models.DateTimeField(default=timezone.now)
    last_item_at = models.DateTimeField(default=timezone.now, db_index=True)
    items = models.BigIntegerField(default=0)
    received_bytes = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.COMPLETE, db_index=True)
    told_until = models.DateTimeField(null=True, editable=False)
    mail_due = models.BooleanField(default=False, db_default=False, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)
    mailed_items = models.BigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "job_id"], condition=~models.Q(job_id=""), name="one_transfer_per_job"
            )
        ]
        indexes = [
            models.Index(fields=["source", "-last_item_at"], name="transfer_latest"),
            # Asked with every item: whether anything of its source is missing.
            models.Index(fields=["source"], condition=models.Q(rejected__gt=0), name="transfer_missing"),
            models.Index(
                fields=["last_item_at"],
                condition=models.Q(told_until=None) | models.Q(told_until__lt=models.F("last_item_at")),
                name="transfer_untold",
            ),
            models.Index(fields=["owner"], condition=models.Q(mail_due=True), name="transfer_mail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {minute(self.first_item_at)}"

    @property
    def duration(self) -> timedelta:
        """From the first item to the last one so far."""
        return self.last_item_at - self.first_item_at


class TransferCount(models.Model):
    """What a transfer brought of one vertical: items by their answer, and the bytes of their JSON and files.
    `thrown_away`: those of the unchanged ones that its person has thrown away, and that stay so."""

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="counts")
    vertical = models.CharField(max_length=32)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    thrown_away = models.BigIntegerField(default=0, db_default=0)
    kept = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    received_bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transfer", "vertical"], name="one_count_per_vertical")]
        indexes = [models.Index(fields=["vertical"], name="count_by_vertical")]

    def __str__(self) -> str:
        return f"{self.vertical}: {self.created} created, {self.unchanged} unchanged, {self.rejected} refused"


class CountedRefusal(models.Model):
    """Refused attempts of which only the cause is kept, and how many they were: the person's audit trail is as long as
    it may be (see importers/transfers/budget.py)."""

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="counted_refusals")
    code = models.CharField(max_length=64)
    times = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transfer", "code"], name="one_count_per_cause")]

    def __str__(self) -> str:
        return f"{self.code}: {self.times}"


class AuditUse(models.Model):
    """What a person's audit trail takes: rows, bytes of their texts and refused items, and of these `item_bytes`."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="audit_use"
    )
    bytes = models.BigIntegerField(default=0)
    item_bytes = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return gettext("%(size)s bytes in %(number)s rows") % {"size": self.bytes, "number": self.rows}


class Rejection(models.Model):
    """An item that was refused, why, and the item, so that it can be taken in later.

    `item` is the JSON as it came (the beginning of the body where it was not the announced multipart), `item_size` its
    size; less is kept than came where the account had no room for it. A worker that tries again raises `times`.
    `made_good_at`: when the item came in after all.

    What it is known again by: `item_digest`, of what its JSON says, empty where that was cut off or is no item;
    `body_size`, the request's length in bytes, if it was known; whether a file came with it (None: not known, as of all
    that was refused before this was looked at), and of that its size and SHA-256 where they could be told, or else the
    SHA-256 of its first 16 KiB.
    """

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="rejections")
    vertical = models.CharField(max_length=64, db_index=True)
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=64, db_index=True)
    reason = models.TextField()
    item = models.BinaryField(blank=True)
    item_size = models.BigIntegerField(default=0)
    item_sha256 = models.CharField(max_length=64)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)
    item_digest = models.CharField(max_length=32, blank=True, editable=False)
    body_size = models.BigIntegerField(null=True, editable=False)
    has_file = models.BooleanField(null=True, editable=False)
    file_size = models.BigIntegerField(null=True, editable=False)
    file_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    file_begins = models.CharField(max_length=64, blank=True, editable=False)
    made_good_at = models.DateTimeField(_("made good"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "vertical", "code", "item_sha256", "body_size", "file_sha256", "file_begins"],
                name="one_rejection_per_item",
            )
        ]
        indexes = [
            models.Index(fields=["item_sha256"], condition=models.Q(made_good_at=None), name="rejection_open"),
            models.Index(fields=["item_digest"], condition=models.Q(made_good_at=None), name="rejection_said"),
            models.Index(fields=["body_size"], condition=models.Q(made_good_at=None), name="rejection_cut"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.reason}"
