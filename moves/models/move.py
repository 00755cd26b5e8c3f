"""Moves: an account goes from one server to another. Each server keeps its own side of it."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from moves.models.run import Run
from moves.peers.secrets import EncryptedTextField


def new_move_id() -> str:
    """32 hex digits that name a move in addresses."""
    return secrets.token_hex(16)


class Move(Run):
    """One side of a move. `peer_url` is the other server (or this one, where two accounts of it are meant)."""

    class Side(models.TextChoices):
        SOURCE = "source", "leaves"
        TARGET = "target", "arrives"

    doc_id = models.CharField(max_length=32, unique=True, default=new_move_id)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moves")
    side = models.CharField(max_length=8, choices=Side.choices)
    state = models.CharField(max_length=24)
    peer_url = models.URLField(max_length=2000, blank=True)
    peer_token = EncryptedTextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="moves_of")]

    def __str__(self) -> str:
        return f"{self.owner} {self.get_side_display()}, {self.created_at:%Y-%m-%d %H:%M}"
