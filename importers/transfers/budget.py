"""What the audit trail of one person may take: bytes and rows of its own, which no quota counts.

Sources, transfers, their counts and what was refused are kept for whoever sends, taken or not, and without an end. So
each person has a budget for them. Beyond it nothing is dropped silently: what is refused is counted by its cause, in
the transfer, and a job without room for a transfer of its own is counted in the last one of its source.

Every call runs in a transaction that has locked the person's row.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import Length

from accounts.models import User
from importers.models import AuditUse, CountedRefusal, Rejection, Source, Transfer, TransferCount
from importers.transfers import told


def take(owner: User, size: int, *, of_item: int = 0) -> bool:
    """Takes a row of `size` bytes of text, and `of_item` of a refused item, out of the person's budget. Returns whether
    there was room."""
    if _take(owner, size, of_item):
        return True
    if AuditUse.objects.filter(owner=owner).exists():
        return False
    AuditUse.objects.create(owner=owner, **_measured(owner))
    return _take(owner, size, of_item)


def _take(owner: User, size: int, of_item: int) -> bool:
    most = settings.WHARF_AUDIT_BYTES - size - of_item
    room = AuditUse.objects.filter(owner=owner, rows__lt=settings.WHARF_AUDIT_ROWS, bytes__lte=most)
    return bool(
        room.update(rows=F("rows") + 1, bytes=F("bytes") + size + of_item, item_bytes=F("item_bytes") + of_item)
    )


def has_room_for_item(owner: User, size: int) -> bool:
    """Whether `size` more bytes of a refused item are kept whole; beyond that, the first bytes of each still tell."""
    use = AuditUse.objects.filter(owner=owner).values_list("item_bytes", flat=True).first()
    kept = _measured(owner)["item_bytes"] if use is None else use
    return kept + size <= settings.WHARF_REJECTED_BYTES_KEPT


def source_of(owner: User, client_id: str, service: str, client_name: str, *, must: bool = False) -> Source | None:
    """Returns the source of these names, which is made if need be; None where there is no room for another one.
    `must`: it is made all the same."""
    named = {"owner": owner, "client_id": client_id, "service": service}
    source = Source.objects.filter(**named).first()
    if source is None and (take(owner, len(client_id) + len(service) + len(client_name)) or must):
        source = Source.objects.create(**named, client_name=client_name)
    return source


def transfer_in(source: Source, owner: User, job_id: str, recurring_job_id: str, **times: datetime) -> Transfer:
    """Returns a new transfer of the source, or the last one that it has where there is no room for another. Its first
    one it always gets."""
    last = Transfer.objects.select_related("source").filter(source=source).order_by("-last_item_at").first()
    if not take(owner, len(job_id) + len(recurring_job_id)) and last is not None:
        return last
    columns = {"job_id": job_id, "recurring_job_id": recurring_job_id, "told_until": times.get("last_item_at"), **times}
    begun = Transfer.objects.create(source=source, owner=owner, **columns)
    if not times:  # what an archive tells of has been elsewhere
        told.tell_of_begin(begun)
    return begun


def count_by_cause(transfer: Transfer, code: str) -> None:
    """One more refused attempt of which nothing but the cause is kept. There are few causes, and so few rows."""
    counted, _ = CountedRefusal.objects.get_or_create(transfer=transfer, code=code)
    CountedRefusal.objects.filter(pk=counted.pk).update(times=F("times") + 1)


def _measured(owner: User) -> dict[str, int]:
    """Returns what is there of a person whose use nobody has counted yet."""
    refused = Rejection.objects.filter(transfer__owner=owner)
    sums = refused.aggregate(items=Sum(Length("item")), reasons=Sum(Length("reason")))
    items = sums["items"] or 0
    rows = (
        Source.objects.filter(owner=owner),
        Transfer.objects.filter(owner=owner),
        TransferCount.objects.filter(transfer__owner=owner),
        refused,
    )
    return {"bytes": items + (sums["reasons"] or 0), "item_bytes": items, "rows": sum(each.count() for each in rows)}
