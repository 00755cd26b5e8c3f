"""The memory of connections that were ended."""

import hashlib
from collections.abc import Iterable

from django.db import models
from django.utils import timezone


class EndedSessions(models.Manager["EndedSession"]):
    """Finds and records connections that were ended."""

    def record(self, tokens: Iterable[tuple[str, str]]) -> None:
        """Remembers pairs of client id and checksum; one that is known already stays as it is."""
        now = timezone.now()
        self.bulk_create(
            [EndedSession(client_id=client, checksum=checksum, ended_at=now) for client, checksum in tokens],
            ignore_conflicts=True,
            batch_size=500,
        )

    def includes(self, client_id: str, refresh_token: str) -> bool:
        """Whether this refresh token of this client belonged to a connection that was ended."""
        checksum = hashlib.sha256(refresh_token.encode()).hexdigest()
        return self.filter(client_id=client_id, checksum=checksum).exists()


class EndedSession(models.Model):
    """A refresh token whose connection a person has ended, or whose account is gone.

    It outlives the token's row and the person's, so that the client can be told `session_invalidated` and stops,
    instead of `invalid_grant`, which it would try again. `checksum` is the SHA-256 of the token in hex, as the token's
    row has it; nothing here says whose it was.
    """

    client_id = models.TextField()
    checksum = models.CharField(max_length=64)
    ended_at = models.DateTimeField(default=timezone.now)

    objects = EndedSessions()

    class Meta:
        constraints = [models.UniqueConstraint("client_id", "checksum", name="ended_once")]

    def __str__(self) -> str:
        return f"Ended session {self.pk}"
