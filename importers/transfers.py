"""Which transfer an item belongs to, and what it counts there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from importers.arrival import Status
from importers.digests import digest
from importers.models import Source, Transfer, TransferCount
from importers.text import keepable

PAUSE = timedelta(hours=1)  # after which a client that names no job begins another transfer
LONGEST = 255


@dataclass(frozen=True)
class Job:
    """Who sends, and what the request's headers say of the job. All may be empty but the client."""

    client_id: str
    client_name: str
    service: str
    job_id: str
    recurring_job_id: str

    @classmethod
    def of(cls, client_id: str, client_name: str, headers: Mapping[str, str]) -> "Job":
        return cls(
            client_id=client_id,
            client_name=client_name,
            service=_header(headers, "X-DTP-Export-Service"),
            job_id=_header(headers, "X-DTP-Job-Id"),
            recurring_job_id=_header(headers, "X-DTP-Recurring-Job-Id"),
        )


def _header(headers: Mapping[str, str], name: str) -> str:
    text = headers.get(name, "").encode("latin-1", "replace").decode("utf-8", "replace").strip()
    text = keepable(text)
    return text if len(text) <= LONGEST else f"{text[:200]}…{digest(text)}"


def transfer_of(owner: User, job: Job) -> Transfer:
    """The transfer of this job, begun if need be; once, since the transaction has locked `owner`."""
    now = timezone.now()
    running = Transfer.objects.select_related("source").filter(
        source__owner=owner, source__client_id=job.client_id, source__service=job.service, job_id=job.job_id
    )
    if not job.job_id:
        running = running.filter(last_item_at__gt=now - PAUSE).order_by("-last_item_at")
    transfer = running.first()
    if transfer is not None:
        return transfer
    source, _ = Source.objects.get_or_create(
        owner=owner, client_id=job.client_id, service=job.service, defaults={"client_name": job.client_name}
    )
    return Transfer.objects.create(source=source, owner=owner, job_id=job.job_id, recurring_job_id=job.recurring_job_id)


def count(transfer: Transfer, vertical: str, status: Status, size: int) -> None:
    """One more item of `size` received bytes; exact, since the database adds."""
    now = timezone.now()
    _add_to_counts(transfer, vertical, status.value, size)
    Transfer.objects.filter(pk=transfer.pk).update(
        items=F("items") + 1, received_bytes=F("received_bytes") + size, last_item_at=now
    )


def count_rejection(transfer: Transfer, vertical: str, outcome: Transfer.Outcome) -> None:
    """One more refused attempt."""
    _add_to_counts(transfer, vertical, "rejected", 0)
    Transfer.objects.filter(pk=transfer.pk).update(
        rejected=F("rejected") + 1, outcome=outcome, last_item_at=timezone.now()
    )


def _add_to_counts(transfer: Transfer, vertical: str, column: str, size: int) -> None:
    counts = TransferCount.objects.filter(transfer=transfer, vertical=vertical)
    if not counts.update(**{column: F(column) + 1}, received_bytes=F("received_bytes") + size):
        TransferCount.objects.create(transfer=transfer, vertical=vertical, received_bytes=size, **{column: 1})
