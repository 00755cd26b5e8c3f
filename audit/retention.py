"""Details go: with the account that they are about, or when they are old. Chains stay, and verify as before."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit import pending, repeats
from audit.acting import Actor, current_actor
from audit.kinds import AuditKind
from audit.links import append
from audit.models import AuditDetail

DETAILS_AT_ONCE = 1000  # that are deleted together


def end(kind: AuditKind, subject: str) -> None:
    """Adds the last event of a subject, and deletes what is known of all its events and of what it did, in the
    transaction that is under way.

    Where somebody else of the people here did something in its chain, that is kept of them.
    """
    pending.add(subject, partial(_end, kind, subject, current_actor(), timezone.now()))


def _end(kind: AuditKind, subject: str, by: Actor, now: datetime) -> None:
    repeats.close_of(subject, now)
    append(kind, subject=subject, by=by, what={}, at=now)
    for known in details_of(subject):
        known.delete()


def details_of(subject: str) -> tuple[QuerySet[AuditDetail], QuerySet[AuditDetail]]:
    """Returns what is known of a subject, and of what was done in its chain by those who are no people here. Whoever
    has much of it deletes that in pieces before `end`, which then takes no time."""
    others = Q(event__chain__subject=subject) & ~Q(about__startswith="person:")
    return AuditDetail.objects.filter(about=subject), AuditDetail.objects.filter(others)


def forget() -> int:
    """Deletes details that are older than `WHARF_AUDIT_KEEP_DAYS`. Returns how many."""
    if not settings.WHARF_AUDIT_KEEP_DAYS:
        return 0
    old = AuditDetail.objects.filter(at__lt=timezone.now() - timedelta(days=settings.WHARF_AUDIT_KEEP_DAYS))
    forgotten = 0
    while found := list(old.order_by("at").values_list("pk", flat=True)[:DETAILS_AT_ONCE]):
        forgotten += AuditDetail.objects.filter(pk__in=found).delete()[0]
    return forgotten
