"""The memory of exporters that were deleted."""

from django.contrib.auth.hashers import check_password
from django.db import models
from django.utils import timezone


class EndedClients(models.Manager["EndedClient"]):
    """Finds exporters that were deleted."""

    def proves(self, client_id: str, client_secret: str) -> bool:
        """Returns whether this is the id of a deleted exporter, with its secret, or one that was good beside it."""
        if "\0" in client_id:  # no client has one in its id, and PostgreSQL can't be asked for it
            return False
        ended = self.filter(client_id=client_id).first()
        return ended is not None and any(check_password(client_secret, one) for one in ended.client_secret.split())


class EndedClient(models.Model):
    """An exporter that an operator has deleted, by its id and the hash of its secret; of both, with a space between
    them, where the one before was still good.

    It serves for one answer: a worker that still refreshes is told `session_invalidated` and stops, instead of
    `invalid_client`, which it would try again for ever.
    """

    client_id = models.CharField(max_length=100, unique=True)
    client_secret = models.CharField(max_length=255)
    ended_at = models.DateTimeField(default=timezone.now)

    objects = EndedClients()

    def __str__(self) -> str:
        return f"Ended client {self.client_id}"
