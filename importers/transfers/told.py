"""What the audit trail is told of what comes in: when a transfer begins and is over, and what is refused."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from accounts.models import Application, User
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from importers.models import Transfer

TRANSFERS_AT_ONCE = 500  # transfers that are looked for together

_exporters: dict[str, str] = {}  # by client id, as this process has found them


def tell_of_begin(transfer: Transfer) -> None:
    """Tells that an exporter has begun one."""
    record(AuditKind.TRANSFER_BEGUN, subject=subjects.person(transfer.owner_id), **_source(transfer))


def tell_of_refusal(transfer: Transfer, vertical: str, status: int, code: str, reason: str) -> None:
    """Tells that something was refused: once a minute for each cause, however often that is."""
    client_id = transfer.source.client_id
    record(
        AuditKind.ITEM_REFUSED,
        subject=subjects.person(transfer.owner_id),
        cause=f"{client_id} {code}",
        status=status,
        code=code,
        reason=reason,
        vertical=vertical,
        **_source(transfer),
    )


def tell_of_ends(now: datetime, pause: timedelta) -> int:
    """Tells of transfers of which nothing has come for `pause`: nothing else says that they are over. One that goes on
    after all is told of again. Returns how many. Each becomes one of which its person may get a mail."""
    silent = Q(told_until=None) | Q(told_until__lt=F("last_item_at"))
    over = Transfer.objects.filter(silent, last_item_at__lt=now - pause).order_by("last_item_at")
    found = list(over.values_list("pk", "owner_id")[:TRANSFERS_AT_ONCE])
    return sum(_tell_of_end(pk, owner, now - pause) for pk, owner in found)


@transaction.atomic
def _tell_of_end(pk: int, owner: int, before: datetime) -> bool:
    if not User.objects.select_for_update().filter(pk=owner).exists():  # as whoever brings an item
        return False
    transfer = Transfer.objects.select_related("source").filter(pk=pk, last_item_at__lt=before).first()
    if transfer is None:
        return False
    Transfer.objects.filter(pk=pk).update(told_until=transfer.last_item_at, mail_due=True)
    record(
        AuditKind.TRANSFER_OVER,
        subject=subjects.person(owner),
        first=transfer.first_item_at.isoformat(),
        last=transfer.last_item_at.isoformat(),
        items=transfer.items,
        received_bytes=transfer.received_bytes,
        refused=transfer.rejected,
        outcome=transfer.outcome,
        **_source(transfer),
    )
    return True


def _source(transfer: Transfer) -> dict[str, Any]:
    source = transfer.source
    return {
        "actor": _exporter(source.client_id),
        "transfer": str(transfer.pk),
        "client": source.client_name,
        "client_id": source.client_id,
        "service": source.service,
        "job": transfer.job_id,
    }


def _exporter(client_id: str) -> str:
    """Returns the opaque name of a client, or that of the server where it is gone."""
    if client_id not in _exporters:
        pk = Application.objects.filter(client_id=client_id).values_list("pk", flat=True).first()
        if pk is None:
            return subjects.SERVER
        _exporters[client_id] = subjects.exporter(pk)
    return _exporters[client_id]
