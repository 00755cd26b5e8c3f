"""The head of a chain."""

from django.db import models

from audit.hashes import NOTHING


class AuditChain(models.Model):
    """The events of one subject (see audit/subjects.py): how many there are, and the hash of the last one.

    Its row is locked by whoever adds an event, as the last lock of a transaction. `proved`: how many of them the last
    checkpoint has seen.
    """

    subject = models.CharField(max_length=64, unique=True)
    length = models.BigIntegerField(default=0)
    head = models.BinaryField(default=NOTHING)
    proved = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(length__gt=models.F("proved")), name="chain_unproved"),
        ]

    def __str__(self) -> str:
        return self.subject
