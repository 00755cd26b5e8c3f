"""What is done again and again: when it is due, and who is at it."""

from django.db import models


class PeriodicTask(models.Model):
    """One row per task of the schedule; every beat and every worker looks here (see accounts/periodic.py).

    `told_at`: when a beat last told a worker. `working_at`: the last sign of life of whoever is at it; empty when
    nobody is. `failure`: why the last run failed; empty where it did not.
    """

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    working_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
