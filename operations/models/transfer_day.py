"""What one transfer brought on one day."""

from typing import ClassVar

from django.db import models

from importers.models import Transfer


class TransferDay(models.Model):
    """The items, bytes and refusals of one vertical that a transfer has counted on one day (UTC). Those of all its days
    together are what the transfer itself says."""

    # What a transfer has counted of other verticals, or on other days, leaves rows of nothing as well.
    SOMETHING: ClassVar = models.Q(items__gt=0) | models.Q(received_bytes__gt=0) | models.Q(refused__gt=0)

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="days")
    vertical = models.CharField(max_length=32)
    day = models.DateField(db_index=True)
    items = models.BigIntegerField(default=0)
    received_bytes = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transfer", "vertical", "day"], name="one_row_per_transfer_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.vertical}, {self.day}: {self.items}"
