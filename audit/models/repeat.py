"""What happens again and again, while its minute lasts."""

from django.db import models


class AuditRepeat(models.Model):
    """How often something was done by one subject and for one cause in one minute, until that is an event.

    `minute`: of 60 seconds since 1970. `what` and `who` are the details of the first time.
    """

    subject = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    cause = models.CharField(max_length=255)
    minute = models.BigIntegerField(db_index=True)
    actor = models.CharField(max_length=64)
    times = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    what = models.TextField()
    who = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "kind", "cause", "minute"], name="one_repeat_per_minute")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.times}"
