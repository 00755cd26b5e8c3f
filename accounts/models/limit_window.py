"""How often something was tried, and by whom it may not be tried again for a while."""

import time

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class LimitWindows(models.Manager["LimitWindow"]):
    """Takes places, in the database: no other process and no other moment can take the same one."""

    def take(self, subject: str, most: int, lasts: int) -> int | None:
        """Takes one of `most` places of a subject's window, which lasts so many milliseconds from its first one.

        Returns when the window ends, in milliseconds since the epoch, or None where no place is left. It is one
        statement, which nothing can come between; where no place is left, it writes nothing.
        """
        now = now_ms()
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [subject, now + lasts, now, now, now, most])
            row = cursor.fetchone()
        return None if row is None else int(row[0])

    def shut_until(self, subject: str, most: int) -> int | None:
        """Returns when a place is free again, in milliseconds since the epoch, or None where one is free now."""
        full = self.filter(subject=subject, taken__gte=most, ends_at__gt=now_ms())
        return full.values_list("ends_at", flat=True).first()

    def give_back(self, subject: str, ends_at: int) -> None:
        """Frees a place that was taken in the window that ends then, if that is still the one."""
        window = self.filter(subject=subject, ends_at=ends_at, taken__gt=0)
        window.update(taken=models.F("taken") - 1)

    def purge(self) -> int:
        """Deletes windows that have ended. Returns their number."""
        deleted, _ = self.filter(ends_at__lte=now_ms()).delete()
        return deleted


class LimitWindow(models.Model):
    """The places that are taken of one limit for one subject, such as an address or an account.

    `subject` is a hash, so that nobody reads here who tried what. A subject has one row, whose next window takes the
    place of the one before.
    """

    subject = models.CharField(max_length=64, primary_key=True)
    ends_at = models.BigIntegerField(db_index=True, help_text=_("In milliseconds since the epoch."))
    taken = models.PositiveIntegerField()

    objects = LimitWindows()

    def __str__(self) -> str:
        return f"{self.taken} taken"


def now_ms() -> int:
    """The time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


_TABLE = LimitWindow._meta.db_table
_TAKE = f"""
INSERT INTO {_TABLE} (subject, ends_at, taken) VALUES (%s, %s, 1)
ON CONFLICT (subject) DO UPDATE SET
    taken = CASE WHEN {_TABLE}.ends_at <= %s THEN 1 ELSE {_TABLE}.taken + 1 END,
    ends_at = CASE WHEN {_TABLE}.ends_at <= %s THEN excluded.ends_at ELSE {_TABLE}.ends_at END
WHERE {_TABLE}.ends_at <= %s OR {_TABLE}.taken < %s
RETURNING ends_at
"""  # noqa: S608  (the table's name is ours; Django has no upsert with a condition)
