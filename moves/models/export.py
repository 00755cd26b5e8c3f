"""Exports: everything of one person, as it was at one moment, in one or more archives."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.dates import minute
from importers.models.content import new_storage_key
from moves.models.run import Mailed, Run


def new_export_id() -> str:
    """32 hex digits, as `data.id` of the specification."""
    return secrets.token_hex(16)


class Export(Run, Mailed):
    """A job, and what it made. A row is there before any worker is told; the row alone says what has to be done.

    Sizes are bytes, `max_age` and `creation_duration` nanoseconds as in the specification. `documents`, `total_size`
    (of documents), `files_count`, `files_size` and `doctypes` grow while it is made, towards `documents_expected`.
    `kinds`: how many records were in the account, by the names of their kinds.

    `since`: an earlier export of everything, whose bytes this one omits; it has all documents all the same.
    `changes_only`: documents that the earlier one has with the same bytes are omitted as well.
    `bin_folder`: the folder that what is in the bin goes to, for a server that takes nothing in its own bin (a Cozy).
    `link` counts the links that were given out: a link with another number is revoked.
    `notes_ranges`: whether all that was sent of it to the target of a move is noted (see `SentRange`), as it is of each
    but those that stood when that began.
    """

    class State(models.TextChoices):
        EXPORTING = "exporting", _("Exporting")
        DONE = "done", _("Done")
        ERROR = "error", _("Error")

    doc_id = models.CharField(_("number"), max_length=32, unique=True, default=new_export_id)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    origin = models.CharField(
        _("asked for by"), max_length=16, blank=True, help_text=_("What asked for it: api, page or command.")
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.EXPORTING)
    revision = models.PositiveIntegerField(default=1)
    error = models.TextField(_("reason, in words"), blank=True)

    parts_size = models.BigIntegerField(_("bytes of a part"))
    max_age = models.BigIntegerField()
    with_doctypes = models.JSONField(_("only these kinds"), default=list, blank=True)
    since = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="later", help_text=_("Omits its bytes.")
    )

    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    snapshot_at = models.DateTimeField(_("as it was"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    expires_at = models.DateTimeField(_("link works until"), db_index=True)
    removed_at = models.DateTimeField(
        _("bytes removed"), null=True, blank=True, help_text=_("When its bytes were removed.")
    )
    creation_duration = models.BigIntegerField(_("time it took, in nanoseconds"), default=0)

    documents = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0, help_text=_("Documents that the earlier one has, too."))
    documents_expected = models.BigIntegerField(default=0)
    total_size = models.BigIntegerField(default=0)
    files_count = models.BigIntegerField(default=0)
    files_size = models.BigIntegerField(default=0)
    doctypes = models.JSONField(default=dict, blank=True)
    kinds = models.JSONField(default=dict, blank=True, help_text=_("How many records it has, by kind."))
    cut_names = models.PositiveIntegerField(
        _("names that were cut"), default=0, help_text=_("Names that were too long, and were cut.")
    )

    let_go = models.PositiveIntegerField(default=0, help_text=_("Runs that ended before their end, but did not die."))
    tries = models.PositiveSmallIntegerField(
        _("runs that a fault has ended"), default=0, help_text=_("Runs that a fault of a service has ended.")
    )
    retry_at = models.DateTimeField(_("goes on"), null=True, blank=True, help_text=_("When it is tried again."))
    waiting_for = models.TextField(_("waits for"), blank=True, default="", help_text=_("Why it waits, as a sentence."))
    hashing_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When somebody last was at the hashes of parts.")
    )
    changes_only = models.BooleanField(default=False, help_text=_("Omits its equal documents, too."))
    bin_folder = models.CharField(
        _("folder of the bin"), max_length=255, blank=True, default="", help_text=_("What the bin leaves as.")
    )
    link = models.PositiveIntegerField(default=1)
    notes_ranges = models.BooleanField(default=True, editable=False)

    class Meta:
        constraints = [
            # The rule of one at a time, kept by the database whatever races for it.
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(state="exporting"), name="one_export_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="exports_of"),
            # What operators look for first: those under way, and those that failed lately.
            models.Index(fields=["state", "created_at"], name="exports_by_state"),
            models.Index(fields=["created_at"], name="exports_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}, {minute(self.created_at)}"

    @property
    def short_id(self) -> str:
        """What tells its archives from those of other exports, in the names of files."""
        return self.doc_id[:8]

    @property
    def is_available(self) -> bool:
        """Whether its bytes may be fetched."""
        return self.state == self.State.DONE and not self.has_expired

    @property
    def has_expired(self) -> bool:
        """Whether its link is dead. Its time counts from its end on, so none ends while it is made."""
        over = self.state != self.State.EXPORTING and self.expires_at <= timezone.now()
        return over or self.removed_at is not None

    def wants(self, doctype: str) -> bool:
        """Whether documents of a doctype are in it."""
        return not self.with_doctypes or doctype in self.with_doctypes

    @property
    def archives_size(self) -> int:
        """The bytes of its archives: what somebody downloads, and what pages and mails say."""
        found: int = self.parts.aggregate(size=models.Sum("zip_size", default=0))["size"]
        return found

    @property
    def rev(self) -> str:
        """`meta.rev` of the specification: another one whenever the state has changed."""
        return f"{self.revision}-{self.doc_id}"

    @property
    def percent(self) -> int:
        """How far the job has come, from 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        done = self.documents + self.unchanged
        return min(99, 100 * done // self.documents_expected) if self.documents_expected else 0


class Part(models.Model):
    """One archive of an export: entries `first_entry` up to `first_entry + entries` of its index.

    `directory_at`: where the zip's central directory begins, and `directory_size` its bytes. `sha256` is that of the
    zip, computed by reading it once as it would be downloaded; empty until then.
    """

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    first_entry = models.BigIntegerField()
    entries = models.BigIntegerField()
    files_size = models.BigIntegerField()
    directory_at = models.BigIntegerField()
    directory_size = models.BigIntegerField()
    zip_size = models.BigIntegerField()
    tar_at_end = models.BigIntegerField(help_text=_("Where the tar's last entry ends."))
    tar_size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="one_part_of_a_number")]

    def __str__(self) -> str:
        return f"part {self.number + 1} of {self.export}"

    @property
    def cursor(self) -> str:
        """What `?cursor=` names it by; the first one has none."""
        return f"{self.number:05d}" if self.number else ""

    @staticmethod
    def number_of(cursor: str) -> int | None:
        """The number of the part that a cursor names, if it is one."""
        if not cursor:
            return 0
        digits = len(cursor) >= 5 and cursor.isascii() and cursor.isdigit() and len(cursor) <= 9
        number = int(cursor) if digits else 0
        return number if number and f"{number:05d}" == cursor else None


class Spool(models.Model):
    """Stored bytes that a run of an export wrote. The row is there before the bytes are, so that whatever a kill leaves
    is found: without its export, or of a run that is not the last one, or expired, it is removed."""

    class Kind(models.TextChoices):
        DOCUMENTS = "documents", _("Documents")
        INDEX = "index", _("Index")
        NAMES = "names", _("Names")
        NEEDED = "needed", _("Needed")

    export = models.ForeignKey(Export, null=True, on_delete=models.SET_NULL, related_name="spools")
    epoch = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    storage_key = models.CharField(max_length=64, unique=True, default=new_storage_key)

    def __str__(self) -> str:
        return f"{self.kind} of {self.export}"
