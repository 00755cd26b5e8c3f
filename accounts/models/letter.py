"""A mail that is to be sent, until it has been."""

from django.db import models
from django.utils import timezone


class Letter(models.Model):
    """What a mail is about (see accounts/letters.py): the row says that it has to be sent, whatever a message does.

    `sending_at`: when somebody last began to send it.
    """

    kind = models.CharField(max_length=50)
    about = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.kind
