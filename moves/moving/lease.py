"""The lease under which a source waits: every request of the target for its data renews it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from moves.models import Export, Move

OFTEN = timedelta(minutes=1)  # between two times that it is written down, at least


def renew(export: Export, **_: Any) -> None:
    """Somebody has asked for this export, or still fetches it."""
    if export.origin != "move":
        return
    now, lease = timezone.now(), settings.WHARF_MOVE_LEASE
    Move.objects.filter(
        Q(first_export=export) | Q(second_export=export),
        side=Move.Side.SOURCE,
        state__in=Move.UNDER_LEASE,
        ended_at=None,
        lease_until__lt=now + lease - min(OFTEN, lease / 10),
    ).update(lease_until=now + lease)
