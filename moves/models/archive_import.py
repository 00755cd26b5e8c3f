"""Imports of archives: everything of an export comes into an account."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.dates import minute
from accounts.secrets import EncryptedTextField
from accounts.texts import translated
from moves.models.move import Move
from moves.models.run import Mailed, Run


def new_import_id() -> str:
    """32 hex digits that name an import in addresses."""
    return secrets.token_hex(16)


class ArchiveImport(Run, Mailed):
    """A job, and how far it came. A row is there before any worker is told; the row alone says what has to be done.

    Sizes are bytes. Where it comes from is a `link` to an export (a capability, so encrypted, and wiped at the end) or
    `paths` of files on this machine. `source` is what the other server's export says of itself. `doctypes` counts the
    documents by doctype, `outcomes` by what became of them, `codes` the things `reported` by code (of which
    `report` lists the first ones). `proof` is what was compared at the end, and `missing` how much of it is not here;
    where anything is, the import is `incomplete`, which is to say done.

    `tries` counts the runs since there was any progress; `retry_at` is when the next one begins after an interruption,
    which `waiting_for` says in a sentence. `tally`: what was unpacked so far, which the limits are compared with.
    """

    class State(models.TextChoices):
        IMPORTING = "importing", _("Importing")
        DONE = "done", _("Done")
        INCOMPLETE = "incomplete", _("done, with some missing")
        ERROR = "error", _("Error")

    doc_id = models.CharField(_("number"), max_length=32, unique=True, default=new_import_id)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="archive_imports")
    origin = models.CharField(
        _("asked for by"), max_length=16, blank=True, help_text=_("What asked for it: api, page, command or move.")
    )
    move = models.ForeignKey(Move, null=True, blank=True, on_delete=models.SET_NULL, related_name="archive_imports")
    link = EncryptedTextField(blank=True, editable=False)
    paths = models.JSONField(_("files on this machine"), default=list, blank=True)
    server = models.CharField(_("comes from"), max_length=255, blank=True, help_text=_("The host that it comes from."))
    site = models.CharField(max_length=255, blank=True, help_text=_("Whose share of the workers it has."))
    whence = models.CharField(max_length=64, blank=True, help_text=_("Stands for the link or the paths after the end."))
    state = models.CharField(max_length=16, choices=State.choices, default=State.IMPORTING)
    error = models.TextField(_("reason, in words"), blank=True)
    stopped = models.BooleanField(
        default=False, db_default=False, help_text=_("A person wanted that; it is no failure.")
    )
    source = models.JSONField(default=dict, blank=True)

    tries = models.PositiveIntegerField(_("runs without progress"), default=0)
    retry_at = models.DateTimeField(_("goes on"), null=True, blank=True)
    waiting_for = models.TextField(_("waits for"), blank=True)
    tally = models.JSONField(default=dict, blank=True)

    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    started_at = models.DateTimeField(_("began"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    settled_at = models.DateTimeField(
        _("everybody told"), null=True, blank=True, help_text=_("When everybody who waited for its end was told.")
    )

    documents = models.BigIntegerField(default=0)
    files_count = models.BigIntegerField(default=0)
    files_size = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    bytes_expected = models.BigIntegerField(default=0, help_text=_("0: nobody knows."))
    doctypes = models.JSONField(default=dict, blank=True)
    outcomes = models.JSONField(default=dict, blank=True)
    reported = models.BigIntegerField(_("entries in the report"), default=0)
    codes = models.JSONField(default=dict, blank=True)
    proof = models.JSONField(default=dict, blank=True)
    missing = models.BigIntegerField(_("missing"), default=0, help_text=_("What should have come, and is not here."))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(state="importing"), name="one_import_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="imports_of"),
            # What operators look for first: those under way, and those that failed lately.
            models.Index(fields=["state", "finished_at"], name="imports_by_state"),
            models.Index(fields=["created_at"], name="imports_by_time"),
        ]
        verbose_name = _("import of archives")
        verbose_name_plural = _("imports of archives")

    def __str__(self) -> str:
        return f"{self.owner}, {minute(self.created_at)}"

    @property
    def percent(self) -> int | None:
        """How far it has come, from 0 to 100; None while nobody knows how much there is."""
        if self.state in (self.State.DONE, self.State.INCOMPLETE):
            return 100
        return min(99, 100 * self.bytes_read // self.bytes_expected) if self.bytes_expected else None


class ImportPart(models.Model):
    """One archive of an import. Everything before `offset`, which is where an entry begins, is placed; those were
    `entries`.

    `staging_key` is of a large entry whose bytes begin at `staged_at` of the archive: where the bytes are that came
    before they were cut off.

    `files_count` and `files_size` are of the files and earlier versions in it, as their documents say; `first_file` is
    the size of the first one, None where there is none. `ends_at` is where its last entry ends. `fetched_again`: it
    looked as if it had ended early, so it was fetched a second time. `ordered_from`: from this place on, its entries
    are in another order than exports have; then `offset` is this place and the number of steps that were taken since,
    in the order `ordered_by`.
    """

    archive_import = models.ForeignKey(ArchiveImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    cursor = models.CharField(max_length=255, blank=True)
    path = models.TextField(blank=True)
    etag = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    offset = models.BigIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    staging_key = models.CharField(max_length=64, blank=True)
    staged_at = models.BigIntegerField(default=0)
    files_count = models.BigIntegerField(default=0)
    files_size = models.BigIntegerField(default=0)
    first_file = models.BigIntegerField(null=True, blank=True)
    ends_at = models.BigIntegerField(default=0)
    fetched_again = models.BooleanField(default=False)
    ordered_from = models.BigIntegerField(null=True, blank=True)
    ordered_by = models.CharField(max_length=16, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["archive_import", "number"], name="one_import_part")]

    def __str__(self) -> str:
        return f"part {self.number + 1} of {self.archive_import}"


class ReportEntry(models.Model):
    """Something of an archive that was not simply placed: what, and in a sentence why."""

    archive_import = models.ForeignKey(ArchiveImport, on_delete=models.CASCADE, related_name="report")
    at = models.DateTimeField(default=timezone.now)
    code = models.CharField(max_length=32, db_index=True)
    entry = models.TextField(blank=True)
    doctype = models.CharField(max_length=255, blank=True)
    doc_id = models.CharField(max_length=255, blank=True)
    sentence = models.TextField()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = _("report entries")

    def __str__(self) -> str:
        return self.sentence

    @property
    def said(self) -> str:
        """The sentence, in the language of whoever reads it."""
        return translated(self.sentence)
