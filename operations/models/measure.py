"""A number about the whole server that takes long to find out."""

from django.db import models


class Measure(models.Model):
    """What a worker last found, and when. `counted_to`: of what is counted on, up to where that was done."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)
    found_at = models.DateTimeField()
    counted_to = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
