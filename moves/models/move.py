"""Moves: an account goes from one server to another. Each server keeps its own side of it."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from moves.models.export import Export
from moves.models.run import Run
from moves.peers.secrets import EncryptedTextField


def new_move_id() -> str:
    """32 hex digits that name a move in addresses."""
    return secrets.token_hex(16)


class Move(Run):
    """One side of a move. `peer_url` is the other server (or this one, where two accounts of it are meant).

    `state` is what is being done; moves/moving/steps.py says by which step, and what comes after. `next_at`: when the
    step is due; `lease_until`: when the state ends by itself, whatever the other server does. `changes`: both servers
    know `POST /move/changes`, so that the source stays in use until the target has the first export.

    `token_checksum` is the SHA-256 of the token that the other server calls this one with. It outlives the token, so
    that a call that comes again, or late, is answered as it was. Secrets of the other server (`peer_...`, the links)
    are encrypted, and wiped at the end; so is `given_token`, which the target is to be given. Of the confirmation's
    secret there is only the hash, and itself until it is mailed.

    `doubted_at`: since when a call may have been taken by which the source closes the account, and nobody has said what
    came of it.

    `nonce`, in hex, is the source's: under it the target hashes what it left out because it has it already.
    """

    class Side(models.TextChoices):
        SOURCE = "source", "leaves"
        TARGET = "target", "arrives"

    class State(models.TextChoices):
        # At the source
        REQUESTED = "requested", "waits for the confirmation by mail"
        ANNOUNCING = "announcing", "tells the other server"
        EXPORTING = "exporting", "makes the archive"
        HANDING_OVER = "handing over", "hands the archive over"
        WAITING = "waiting", "the other server takes everything in"
        CATCHING_UP = "catching up", "the other server takes in what changed since"
        # At the target
        ANNOUNCED = "announced", "waits for the archive"
        IMPORTING = "importing", "takes everything in"
        ASKING = "asking", "asks for what changed since"
        FETCHING = "fetching", "waits for what changed since"
        IMPORTING_REST = "importing the rest", "takes in what changed since"
        PROVING = "proving", "proves that it has what it left out"
        FINALIZING = "finalizing", "says that everything arrived"
        RETRACTING = "retracting", "was stopped after everything had arrived: asks whether the other server has closed"
        # At both; the account is open again
        CALLING_OFF = "calling off", "tells the other server that it is off"
        # Ends
        MOVED = "moved", "moved"
        ARRIVED = "arrived", "arrived"
        COPIED = "copied", "arrived, and stays open at the other server as well"
        UNCLEAR = "unclear", "arrived; whether it is closed at the other server, nobody knows"
        FAILED = "failed", "called off"
        EXPIRED = "expired", "never confirmed"

    class Why(models.TextChoices):
        """Why a move was called off."""

        FAILURE = "failure", "a step failed"
        LAPSED = "lapsed", "the other server was silent for too long"
        ABORTED = "aborted", "the other server called it off"
        STOPPED = "stopped", "it was stopped here"

    doc_id = models.CharField(max_length=32, unique=True, default=new_move_id)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moves")
    side = models.CharField(max_length=8, choices=Side.choices)
    state = models.CharField(max_length=24, choices=State.choices)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When its step is due.")
    lease_until = models.DateTimeField(help_text="When the state ends by itself.")
    tries = models.PositiveIntegerField(default=0, help_text="How often the step of the state has failed.")

    peer_url = models.URLField(max_length=2000, blank=True)
    peer_token = EncryptedTextField(blank=True, editable=False)
    peer_client_id = models.CharField(max_length=255, blank=True)
    peer_client_secret = EncryptedTextField(blank=True, editable=False)
    given_token = EncryptedTextField(blank=True, editable=False)
    token_checksum = models.CharField(max_length=64, blank=True, db_index=True)
    token_until = models.DateTimeField(null=True, blank=True)

    secret_hash = models.CharField(max_length=64, blank=True, db_index=True)
    secret_used_at = models.DateTimeField(null=True, blank=True)
    unsent_secret = EncryptedTextField(blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, db_index=True, help_text="Of the code that asked.")

    changes = models.BooleanField(default=False)
    vault = models.BooleanField(default=False, help_text="Whether a vault has to be moved by hand.")
    first_export = models.ForeignKey(Export, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    second_export = models.ForeignKey(Export, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    link = EncryptedTextField(blank=True, editable=False)
    changes_link = EncryptedTextField(blank=True, editable=False)
    current_import = models.ForeignKey(
        "moves.ArchiveImport", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    progress = models.CharField(
        max_length=64, blank=True, help_text="How far the import was, when it was last looked at."
    )
    rounds = models.PositiveIntegerField(default=0, help_text="How often what was missing was fetched again.")
    nonce = models.CharField(max_length=64, blank=True, editable=False)
    proven_count = models.BigIntegerField(default=0, help_text="Files that were left out, proven by a keyed hash.")
    proven_size = models.BigIntegerField(default=0, help_text="Their bytes.")

    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    greeted_at = models.DateTimeField(null=True, blank=True, help_text="When the other server was last called.")
    frozen_at = models.DateTimeField(null=True, blank=True)
    doubted_at = models.DateTimeField(null=True, blank=True, help_text="Since when the source may have closed.")
    reopened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    fingerprint = models.JSONField(default=dict, blank=True, help_text="Of the account, when it was frozen.")
    why = models.CharField(max_length=16, choices=Why.choices, blank=True)
    error = models.TextField(blank=True)

    receipt = models.JSONField(default=dict, blank=True)
    peer_receipt = models.JSONField(default=dict, blank=True)
    mail_due = models.CharField(max_length=16, blank=True, help_text="What the person is to be told by mail.")
    mail_at = models.DateTimeField(null=True, blank=True, help_text="When it is due.")

    # Where the person sees the progress instead of the own pages
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

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="moves_of"),
            models.Index(fields=["next_at"], condition=models.Q(ended_at=None), name="moves_due"),
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
        return f"{self.owner} {self.get_side_display()}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def peer(self) -> str:
        """The other server as people call it."""
        return self.peer_url.partition("://")[2].rstrip("/") or "the other server"

    @property
    def is_running(self) -> bool:
        """Whether it has neither ended nor been called off."""
        return self.ended_at is None and self.state not in (self.State.CALLING_OFF, self.State.RETRACTING)


class MoveStep(models.Model):
    """One step of a move, once per attempt: what was tried when, what came of it, and when it is tried again."""

    class Outcome(models.TextChoices):
        BEGUN = "begun", "under way"
        DONE = "done", "done"
        WAITING = "waiting", "waits"
        AGAIN = "again", "failed, will be tried again"
        GAVE_UP = "gave up", "failed for good"
        OVERTAKEN = "overtaken", "overtaken by something else"

    move = models.ForeignKey(Move, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=24, choices=Move.State.choices)
    what = models.CharField(max_length=120)
    attempt = models.PositiveIntegerField(default=1)
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.BEGUN)
    detail = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When it is tried again.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.what}: {self.get_outcome_display()}"


# Their short names, for what is about moves alone
Side = Move.Side
State = Move.State
Why = Move.Why
Outcome = MoveStep.Outcome
