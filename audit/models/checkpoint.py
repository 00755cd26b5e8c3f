"""Checkpoints over all chains, and where copies of them stand."""

from datetime import UTC, datetime
from typing import Any

from django.db import models


class AuditCheckpoint(models.Model):
    """What stood in all chains at one time, signed: it is never changed and never deleted.

    `leaves` has 48 bytes for each chain that has grown since the checkpoint before: its key and its length, 8 bytes
    each, and its head. `root` is the root of their Merkle tree, `previous` the hash of the checkpoint before: so each
    one speaks for all chains.
    """

    number = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    leaves = models.BinaryField()
    root = models.BinaryField()
    previous = models.BinaryField()
    key_id = models.CharField(max_length=16)
    public_key = models.BinaryField()
    hash = models.BinaryField()
    signature = models.BinaryField()

    def __str__(self) -> str:
        return f"Checkpoint {self.number}"

    def as_copy(self, size: int) -> dict[str, Any]:
        """Returns what a copy of it says, which whoever has the public key can check. `size`: bytes of a leaf."""
        at: datetime = self.at
        return {
            "checkpoint": self.number,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "leaves": len(self.leaves) // size,
            "root": bytes(self.root).hex(),
            "previous": bytes(self.previous).hex(),
            "key_id": self.key_id,
            "public_key": bytes(self.public_key).hex(),
            "hash": bytes(self.hash).hex(),
            "signature": bytes(self.signature).hex(),
        }


class CheckpointCopy(models.Model):
    """Up to which checkpoint copies have gone one way ("print", "mail", "post"), and when the last ones went."""

    way = models.CharField(max_length=8, unique=True)
    number = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.way}: {self.number}"
