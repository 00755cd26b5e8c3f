"""Which transfer an item belongs to, and what it counts there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from accounts.texts import kept_text
from importers import errors, statements
from importers.digests import digest
from importers.items.arrival import ItemAnswer
from importers.models import Source, Transfer, TransferCount
from importers.registry import SPECIFIED, VERTICALS
from importers.statements import StatementBatch
from importers.text import keepable
from importers.transfers import budget

PAUSE = timedelta(hours=1)  # after which a client that names no job begins another transfer
# How exact the time of a transfer's last item is while items come. That time is in indexes, and on PostgreSQL a row one
# of whose indexed columns changes is written into every index that it has.
TIMES_APART = timedelta(seconds=1)
LONGEST_HEADER = 255
ELSEWHERE = "elsewhere"  # what refusals at paths that nobody knows are counted by, however many are made up
TRAIL_FULL = kept_text(
    "The audit trail of this account has as many sources and transfers as this server keeps of one person. Its operator"
    " can allow more."
)
LONGEST_VERTICAL = 32  # characters that a count names it by


@dataclass(frozen=True)
class ExporterJob:
    """Who sends, and what the request's headers say of the job. All may be empty but the client."""

    client_id: str
    client_name: str
    service: str
    job_id: str
    recurring_job_id: str

    @classmethod
    def of(cls, client_id: str, client_name: str, headers: Mapping[str, str]) -> "ExporterJob":
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
    return text if len(text) <= LONGEST_HEADER else f"{text[:200]}…{digest(text)}"


class RecentTransfers:
    """Which transfer a job's last item was counted in, so that the next one need not look it up, with the time of its
    last item as this process has written it.

    Only what is committed stands here; whoever uses it checks the row, for another process may have changed it.
    """

    SIZE = 1000

    def __init__(self) -> None:
        self._transfers: dict[tuple[int, ExporterJob], Transfer] = {}

    def get(self, owner: User, job: ExporterJob) -> Transfer | None:
        return self._transfers.get((owner.pk, job))

    def remember(self, owner: User, job: ExporterJob, transfer: Transfer) -> None:
        if len(self._transfers) >= self.SIZE:
            self._transfers.clear()
        self._transfers[owner.pk, job] = transfer

    def forget(self, owner: User, job: ExporterJob) -> None:
        self._transfers.pop((owner.pk, job), None)


_recent = RecentTransfers()


class TransferEnded(Exception):
    """The transfer that a job's last item was counted in is its transfer no longer. The next try finds which one is."""


def count_item(owner: User, job: ExporterJob, size: int, batch: StatementBatch) -> Transfer:
    """One more item of `size` received bytes in its job's transfer, which is begun if need be.

    Once, since the transaction has locked `owner`. The batch raises `TransferEnded` where all must be done again.
    """
    recent = _recent.get(owner, job)
    transfer = recent or transfer_of(owner, job)
    if transfer is None:
        raise errors.destination_full(TRAIL_FULL)
    now = timezone.now()
    changed = {}
    if recent is None or abs(now - transfer.last_item_at) > TIMES_APART:
        changed["last_item_at"] = now

        def committed() -> None:
            transfer.last_item_at = now
            _recent.remember(owner, job, transfer)

        transaction.on_commit(committed)

    def ended() -> TransferEnded:
        _recent.forget(owner, job)
        return TransferEnded()

    still_it = {"id": transfer.pk, "owner_id": transfer.owner_id, "job_id": transfer.job_id}
    if recent is not None and not job.job_id:
        still_it["last_item_at__gt"] = now - PAUSE
    batch.add(Transfer, still_it, {"items": 1, "received_bytes": size}, otherwise=ended, **changed)
    return transfer


def count_answer(transfer: Transfer, vertical: str, answer: ItemAnswer, size: int, batch: StatementBatch) -> None:
    """What became of an item of `size` received bytes."""
    row = {"transfer_id": transfer.pk, "vertical": vertical}
    more = {"thrown_away": 1} if answer.is_thrown_away else {}
    batch.add_or_insert(TransferCount, row, {answer.status.value: 1, "received_bytes": size} | more)


def count_rejection(transfer: Transfer, vertical: str, outcome: Transfer.Outcome) -> None:
    """One more refused attempt."""
    name = _counted_by(vertical)
    row = {"transfer_id": transfer.pk, "vertical": name}
    if not TransferCount.objects.filter(transfer=transfer, vertical=name).exists():
        budget.take(transfer.owner, len(name))  # there are few, so beyond the budget as well
    batch = StatementBatch()
    batch.add_or_insert(TransferCount, row, {"rejected": 1})
    batch.run()
    statements.add(Transfer, {"id": transfer.pk}, {"rejected": 1}, outcome=outcome, last_item_at=timezone.now())


def _counted_by(path: str) -> str:
    """Returns the name that a refusal at a path is counted by. What anybody makes up has one together: each would be a
    row here and of each day, and a line on the operator's first page. The rejection has its path."""
    return path if path in VERTICALS or path in SPECIFIED else ELSEWHERE


def uncount_rejection(transfer: Transfer, vertical: str, times: int, outcome: Transfer.Outcome) -> None:
    """Takes `times` refused attempts at an item off the counts; `outcome` of what is left."""
    row = {"transfer_id": transfer.pk, "vertical": vertical[:LONGEST_VERTICAL]}
    if not statements.add(TransferCount, row | {"rejected__gt": times - 1}, {"rejected": -times}):
        statements.add(TransferCount, row | {"vertical": ELSEWHERE}, {"rejected": -times})
    statements.add(Transfer, {"id": transfer.pk}, {"rejected": -times}, outcome=outcome)


def transfer_of(owner: User, job: ExporterJob) -> Transfer | None:
    """The transfer of this job, begun if need be; once, since the transaction has locked `owner`. None where the
    person's audit trail has no room for another source."""
    running = Transfer.objects.select_related("source").filter(
        source__owner=owner, source__client_id=job.client_id, source__service=job.service, job_id=job.job_id
    )
    if not job.job_id:
        running = running.filter(last_item_at__gt=timezone.now() - PAUSE).order_by("-last_item_at")
    transfer = running.first()
    if transfer is not None:
        return transfer
    source = budget.source_of(owner, job.client_id, job.service, job.client_name)
    return budget.transfer_in(source, owner, job.job_id, job.recurring_job_id) if source else None


def any_transfer_of(owner: User, job: ExporterJob) -> Transfer:
    """The same, or where there is no room for a source of its own, another one: of its client, or of anybody."""
    if (transfer := transfer_of(owner, job)) is not None:
        return transfer
    others = Transfer.objects.select_related("source").filter(owner=owner).order_by("-last_item_at")
    other = others.filter(source__client_id=job.client_id).first() or others.first()
    if other is not None:
        return other
    source = budget.source_of(owner, job.client_id, job.service, job.client_name, must=True)
    return budget.transfer_in(cast(Source, source), owner, job.job_id, job.recurring_job_id)


def last_items(owner: User) -> dict[str, datetime]:
    """Returns when something last came for a person from each client, by its id, whatever service it sent from."""
    last = Transfer.objects.filter(owner=owner).values_list("source__client_id").annotate(at=Max("last_item_at"))
    return dict(last)
