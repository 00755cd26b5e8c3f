"""What came in and what was refused on one day, of everybody."""

from django.db import models


class DayCount(models.Model):
    """One day (UTC) of one vertical; an empty `vertical` is all of them together, whose people are each counted once.
    It names nobody, and stays when accounts go."""

    day = models.DateField()
    vertical = models.CharField(max_length=32, blank=True)
    items = models.BigIntegerField(default=0)
    received_bytes = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    people = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "vertical"], name="one_count_per_day_and_vertical")]

    def __str__(self) -> str:
        return f"{self.day}, {self.vertical or 'all'}: {self.items}"


class DayRefusals(models.Model):
    """How many items were refused for the first time on one day (UTC), for one cause."""

    day = models.DateField()
    code = models.CharField(max_length=64)
    items = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "code"], name="one_count_per_day_and_cause")]

    def __str__(self) -> str:
        return f"{self.day}, {self.code}: {self.items}"
