"""How much of what a person has."""

from django.conf import settings
from django.db import models


class RecordCount(models.Model):
    """How many rows of one kind a person has, and the bytes of their files; `in_bin` and `bin_bytes` of what is in the
    bin. `kind`: the name of the model. What others named and that has not come is not counted.

    Nobody writes it but the database (see importers/counting). A file that two rows have counts with each of them.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="record_counts")
    kind = models.CharField(max_length=32)
    records = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    in_bin = models.BigIntegerField(default=0)
    bin_bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "kind"], name="one_count_per_kind")]

    def __str__(self) -> str:
        return f"{self.records} of {self.kind}, {self.in_bin} in the bin"
