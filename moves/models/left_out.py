"""What the target of a move left out because it has it already, and proves by a keyed hash."""

from django.db import models

from moves.models.move import Move


class LeftOut(models.Model):
    """The bytes of one entry of an export, which the target has not fetched: `size` bytes from `at` on in the zip of a
    part. Both sides have such rows, some hundred at a time, until they are dealt with.

    `export`: its id at the source. `sha256`: of the bytes, as the source says; empty for what the target must fetch,
    since no file of its own can prove it. `hmac`: HMAC-SHA-256 of the bytes under the source's nonce, in hex: what the
    target computed, or claims.
    """

    move = models.ForeignKey(Move, on_delete=models.CASCADE, related_name="left_out", db_index=False)
    export = models.CharField(max_length=32)
    part = models.PositiveIntegerField()
    at = models.BigIntegerField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    hmac = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["move", "export", "part", "at"], name="left_out_once")]

    def __str__(self) -> str:
        return f"{self.size} bytes from {self.at} on in part {self.part + 1}"
