"""Moves: an account goes from one server to another. Each server keeps its own side of it."""

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.dates import minute
from accounts.models import User
from accounts.secrets import EncryptedTextField
from moves.models.export import Export
from moves.models.run import Run


def new_move_id() -> str:
    """32 hex digits that name a move in addresses."""
    return secrets.token_hex(16)


class Moves(models.Manager["Move"]):
    """Moves, and the order in which rows are locked for one."""

    def lock(self, pk: int) -> models.QuerySet["Move"]:
        """Returns the move with this key, locked when it is read, with its owner; the owner's row is locked right now.

        Whoever changes what a person has, or deletes the account, has locked the person first and the move after it;
        the other way round, two of them could wait for each other.
        """
        owner = User.objects.select_for_update(of=("self",)).filter(moves=pk)
        list(owner.values_list("pk", flat=True))
        return self.select_for_update(of=("self",)).select_related("owner").filter(pk=pk)


class Move(Run):
    """One side of a move. `peer_url` is the other server (or this one, where two accounts of it are meant).

    `state` is what is being done; moves/moving/steps.py says by which step, and what comes after. `next_at`: when the
    step is due; `lease_until`: when the state ends by itself, whatever the other server does. `changes`: both servers
    know `POST /move/changes`, so that the source stays in use until the target has the first export.

    `peer_move`, at a target, is what the source calls the move in its hints (moves/moving/hints.py).

    `token_checksum` is the SHA-256 of the token that the other server calls this one with. It outlives the token, so
    that a call that comes again, or late, is answered as it was. Secrets of the other server (`peer_...`, the links)
    are encrypted, and wiped at the end; so is `given_token`, which the target is to be given. Of the confirmation's
    secret there is only the hash, and itself until it is mailed.

    `doubted_at`: since when a call may have been taken by which the source closes the account, and nobody has said what
    came of it.

    `nonce`, in hex, is the source's: under it the target hashes what it left out because it has it already.
    """

    class Side(models.TextChoices):
        SOURCE = "source", _("leaves")
        TARGET = "target", _("arrives")

    class State(models.TextChoices):
        # At the source
        REQUESTED = "requested", _("waits for the confirmation by mail")
        ANNOUNCING = "announcing", _("tells the other server")
        EXPORTING = "exporting", _("makes the archive")
        HANDING_OVER = "handing over", _("hands the archive over")
        WAITING = "waiting", _("the other server takes everything in")
        CATCHING_UP = "catching up", _("the other server takes in what changed since")
        # At the target
        ANNOUNCED = "announced", _("waits for the archive")
        IMPORTING = "importing", _("takes everything in")
        ASKING = "asking", _("asks for what changed since")
        FETCHING = "fetching", _("waits for what changed since")
        IMPORTING_REST = "importing the rest", _("takes in what changed since")
        PROVING = "proving", _("proves that it has what it left out")
        FINALIZING = "finalizing", _("says that everything arrived")
        RETRACTING = (
            "retracting",
            _("was stopped after everything had arrived: asks whether the other server has closed"),
        )
        # At both; the account is open again
        CALLING_OFF = "calling off", _("tells the other server that it is off")
        # Ends
        MOVED = "moved", _("moved")
        ARRIVED = "arrived", _("arrived")
        COPIED = "copied", _("arrived, and stays open at the other server as well")
        UNCLEAR = "unclear", _("arrived; whether it is closed at the other server, nobody knows")
        FAILED = "failed", _("called off")
        EXPIRED = "expired", _("never confirmed")

    class Why(models.TextChoices):
        """Why a move was called off."""

        FAILURE = "failure", _("a step failed")
        LAPSED = "lapsed", _("the other server was silent for too long")
        ABORTED = "aborted", _("the other server called it off")
        STOPPED = "stopped", _("it was stopped here")
        STOPPED_THERE = "stopped there", _("it was stopped at the other server")

    doc_id = models.CharField(_("number"), max_length=32, unique=True, default=new_move_id)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moves")
    side = models.CharField(max_length=8, choices=Side.choices)
    state = models.CharField(max_length=24, choices=State.choices)
    next_at = models.DateTimeField(_("next step is due"), null=True, blank=True, help_text=_("When its step is due."))
    lease_until = models.DateTimeField(_("ends by itself"), help_text=_("When the state ends by itself."))
    tries = models.PositiveIntegerField(
        _("failed tries of the step"), default=0, help_text=_("How often the step of the state has failed.")
    )

    peer_url = models.URLField(_("other server"), max_length=2000, blank=True)
    peer_token = EncryptedTextField(blank=True, editable=False)
    peer_client_id = models.CharField(max_length=255, blank=True)
    peer_client_secret = EncryptedTextField(blank=True, editable=False)
    given_token = EncryptedTextField(blank=True, editable=False)
    token_checksum = models.CharField(max_length=64, blank=True, db_index=True)
    peer_move = models.CharField(
        max_length=64, blank=True, db_default="", db_index=True, help_text=_("Its number at the source.")
    )
    token_until = models.DateTimeField(null=True, blank=True)

    secret_hash = models.CharField(max_length=64, blank=True, db_index=True)
    secret_used_at = models.DateTimeField(null=True, blank=True)
    unsent_secret = EncryptedTextField(blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, db_index=True, help_text=_("Of the code that asked."))

    changes = models.BooleanField(_("takes in what changed at the end"), default=False)
    vault = models.BooleanField(
        _("vault of passwords"), default=False, help_text=_("Whether a vault has to be moved by hand.")
    )
    first_export = models.ForeignKey(Export, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    second_export = models.ForeignKey(Export, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    link = EncryptedTextField(blank=True, editable=False)
    changes_link = EncryptedTextField(blank=True, editable=False)
    current_import = models.ForeignKey(
        "moves.ArchiveImport", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    progress = models.CharField(
        max_length=64, blank=True, help_text=_("How far the import was, when it was last looked at.")
    )
    rounds = models.PositiveIntegerField(
        _("times that missing files were fetched again"),
        default=0,
        help_text=_("How often what was missing was fetched again."),
    )
    nonce = models.CharField(max_length=64, blank=True, editable=False)
    proven_count = models.BigIntegerField(
        _("files proven to be there already"),
        default=0,
        help_text=_("Files that were left out, proven by a keyed hash."),
    )
    proven_size = models.BigIntegerField(_("their bytes"), default=0, help_text=_("Their bytes."))

    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    greeted_at = models.DateTimeField(
        _("other server last called"), null=True, blank=True, help_text=_("When the other server was last called.")
    )
    frozen_at = models.DateTimeField(_("read-only since"), null=True, blank=True)
    doubted_at = models.DateTimeField(null=True, blank=True, help_text=_("Since when the source may have closed."))
    reopened_at = models.DateTimeField(_("open again since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    fingerprint = models.JSONField(default=dict, blank=True, help_text=_("Of the account, when it was frozen."))
    why = models.CharField(_("why it is off"), max_length=16, choices=Why.choices, blank=True)
    error = models.TextField(_("reason, in words"), blank=True)

    receipt = models.JSONField(default=dict, blank=True)
    peer_receipt = models.JSONField(default=dict, blank=True)
    mail_due = models.CharField(
        _("mail that is due"), max_length=16, blank=True, help_text=_("What the person is to be told by mail.")
    )
    mail_at = models.DateTimeField(_("mail is due"), null=True, blank=True, help_text=_("When it is due."))

    # Where something arrives, so that nothing is edited meanwhile
    HOLDS_TARGET = (
        State.ANNOUNCED,
        State.IMPORTING,
        State.ASKING,
        State.FETCHING,
        State.IMPORTING_REST,
        State.PROVING,
    )
    # Where the source waits for requests of the target, each of which renews the lease
    UNDER_LEASE = (State.WAITING, State.CATCHING_UP)
    # Where it has been called off, or is being
    OFF = (State.CALLING_OFF, State.FAILED, State.EXPIRED)
    # Where it is in the way of no other one of its account: not confirmed yet, or as good as over
    OUT_OF_THE_WAY = (State.REQUESTED, State.CALLING_OFF, State.FINALIZING, State.RETRACTING)
    # Where the target alone is left, which asks the source how it ended
    ASKING_HOW_IT_ENDED = (State.FINALIZING, State.RETRACTING)

    objects: ClassVar[Moves] = Moves()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="moves_of"),
            models.Index(fields=["next_at"], condition=models.Q(ended_at=None), name="moves_due"),
            # What operators look for first: those that have not ended, and those that failed lately.
            models.Index(fields=["ended_at", "state"], name="moves_by_end"),
            models.Index(fields=["created_at"], name="moves_by_time"),
        ]
        constraints = [
            # One at a time in each direction, kept by the database whatever races for it. A request that waits for
            # its confirmation is none yet, and one that is being called off none any more.
            models.UniqueConstraint(
                fields=["owner", "side"],
                condition=models.Q(ended_at=None)
                & ~models.Q(state__in=["requested", "calling off", "finalizing", "retracting"]),
                name="one_move_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.get_side_display()}, {minute(self.created_at)}"

    @property
    def peer(self) -> str:
        """The other server as people call it."""
        return self.peer_url.partition("://")[2].rstrip("/") or "the other server"

    @property
    def was_stopped(self) -> bool:
        """Whether a person has stopped it, on either side: that is no failure."""
        return self.why in (self.Why.STOPPED, self.Why.STOPPED_THERE)

    @property
    def is_running(self) -> bool:
        """Whether it has neither ended nor been called off."""
        return self.ended_at is None and self.state not in (self.State.CALLING_OFF, self.State.RETRACTING)


class MoveStep(models.Model):
    """One step of a move, once per attempt: what was tried when, what came of it, and when it is tried again."""

    class Outcome(models.TextChoices):
        BEGUN = "begun", _("under way")
        DONE = "done", _("done")
        WAITING = "waiting", _("waits")
        AGAIN = "again", _("failed, will be tried again")
        GAVE_UP = "gave up", _("failed")
        CALLED_OFF = "called off", _("stopped")
        OVERTAKEN = "overtaken", _("overtaken by something else")

    move = models.ForeignKey(Move, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=24, choices=Move.State.choices)
    what = models.CharField(max_length=120)
    attempt = models.PositiveIntegerField(default=1)
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.BEGUN)
    detail = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text=_("When it is tried again."))

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.what}: {self.get_outcome_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """In one transaction with what the audit trail is told of it (moves/told.py)."""
        with transaction.atomic():
            super().save(*args, **kwargs)


# Their short names, for what is about moves alone
Side = Move.Side
State = Move.State
Why = Move.Why
Outcome = MoveStep.Outcome
