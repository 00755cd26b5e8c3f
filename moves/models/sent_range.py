"""Which bytes of an export the target of a move was really sent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from moves.models.export import Part


class SentRange(models.Model):
    """The bytes `start` up to, not including, `stop` of a part, in one format: sent to the target of the move that the
    export was made for, or proven to be there by a keyed hash. The ranges of a part neither overlap nor touch."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="sent_ranges", db_index=False)
    suffix = models.CharField(max_length=4, help_text=_("Of the format: zip or tar."))
    start = models.BigIntegerField()
    stop = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "suffix", "start"], name="one_range_from_a_place")]

    def __str__(self) -> str:
        return f"{self.start} to {self.stop} of {self.part}"
