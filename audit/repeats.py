"""What can be repeated is counted while its minute lasts, and is an event when that is over.

So nobody fills the disk with it, and no row of a chain is changed.
"""

import json
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from audit.acting import Actor
from audit.hashes import text_of
from audit.links import append
from audit.models import AuditRepeat

MINUTE = 60
LONGEST_CAUSE = 255  # characters
REPEATS_AT_ONCE = 500  # that are read together

COUNT = (
    "INSERT INTO audit_auditrepeat (subject, kind, cause, minute, actor, times, first_at, last_at, what, who)"
    " VALUES (%s, %s, %s, %s, %s, 1, %s, %s, %s, %s) ON CONFLICT (subject, kind, cause, minute)"
    " DO UPDATE SET times = audit_auditrepeat.times + 1, last_at = excluded.last_at"
)


def count(kind: str, *, subject: str, cause: str, by: Actor, what: str, at: datetime) -> None:
    """One more in its minute."""
    moment = connection.ops.adapt_datetimefield_value(at)
    row: list[Any] = [subject, str(kind), cause[:LONGEST_CAUSE], int(at.timestamp()) // MINUTE, by.name]
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [*row, moment, moment, what, text_of(by.known)])


def close(now: datetime) -> int:
    """Makes events of what was counted in minutes that are over. Returns how many."""
    closed = 0
    over = AuditRepeat.objects.filter(minute__lt=int(now.timestamp()) // MINUTE).order_by("minute", "pk")
    while found := list(over.values_list("pk", flat=True)[:REPEATS_AT_ONCE]):
        closed += sum(_close(pk, now) for pk in found)
    return closed


def close_of(subject: str, now: datetime) -> None:
    """The same of one subject, whatever its minute: nothing is left that is no event yet."""
    for pk in AuditRepeat.objects.filter(subject=subject).order_by("pk").values_list("pk", flat=True):
        _close(pk, now)


@transaction.atomic
def _close(pk: int, now: datetime) -> bool:
    repeat = AuditRepeat.objects.select_for_update().filter(pk=pk).first()
    if repeat is None:
        return False
    counted = {"times": repeat.times, "first": repeat.first_at.isoformat(), "last": repeat.last_at.isoformat()}
    by = Actor(repeat.actor, json.loads(repeat.who))
    append(repeat.kind, subject=repeat.subject, by=by, what=json.loads(repeat.what) | counted, at=now)
    repeat.delete()
    return True
