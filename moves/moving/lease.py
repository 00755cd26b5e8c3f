"""The lease under which a source waits: requests of the target for its data renew it, as long as that may take."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from moves.models import Export, Move
from moves.moving.fetched import sizes

OFTEN = timedelta(minutes=1)  # between two times that it is written down, at least


def renew(export: Export, **_: Any) -> None:
    """Somebody has asked for this export, or still fetches it."""
    if export.origin != "move":
        return
    now, lease = timezone.now(), settings.WHARF_MOVE_LEASE
    due = Move.objects.filter(
        Q(first_export=export) | Q(second_export=export),
        side=Move.Side.SOURCE,
        state__in=Move.UNDER_LEASE,
        ended_at=None,
        lease_until__lt=now + lease - min(OFTEN, lease / 10),
    )
    for move in due:
        same = Move.objects.filter(pk=move.pk, state=move.state, ended_at=None)
        same.update(lease_until=min(now + lease, max(ends_at(move), move.lease_until)))


def ends_at(move: Move) -> datetime:
    """Returns when a source under lease waits no longer, whatever it is asked for: a byte now and then would hold its
    account for ever. What counts is what it really sent, once."""
    began = move.steps.filter(state=move.state).order_by("began_at").values_list("began_at", flat=True).first()
    _, sent = sizes(move)
    deserved = timedelta(seconds=sent / settings.WHARF_IMPORT_LEAST_RATE)
    return (began or move.created_at) + settings.WHARF_MOVE_DEADLINE + deserved
