"""What another server is still to be told of a move whose account is gone."""

from django.db import models
from django.utils import timezone

from accounts.dates import minute
from accounts.secrets import EncryptedTextField


class Farewell(models.Model):
    """That a move to or from `peer_url` is off, since its account was deleted here. It outlives the account, and knows
    nothing of it; it goes when the other server has been told, or when nobody could be told for too long.

    `next_at`: when somebody is next to try.
    """

    peer_url = models.URLField(max_length=2000)
    peer_token = EncryptedTextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now, db_index=True)
    tries = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.peer_url}, {minute(self.created_at)}"
