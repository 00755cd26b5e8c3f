"""The transfers that records say they came in, found or made again in the account, and what each of them brought."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from accounts.models import User
from accounts.texts import kept_text
from importers import statements
from importers.documents.values import LONGEST_NAME, Unreadable, moment, text
from importers.merging.origin import Origin
from importers.models import Transfer, TransferCount
from importers.text import keepable
from importers.transfers import budget
from importers.transfers.transfer import TRAIL_FULL

NO_TRANSFER = kept_text("It does not say which transfer brought it.")
UNREADABLE_TRANSFER = kept_text("What it says of its transfer can't be read.")
MOST_TRANSFERS = 10_000  # that are remembered between batches
LONGEST_SERVER = 200  # characters of its name
NAMELESS = kept_text("An archive")  # what a server is called that says no name
TRANSFER_TEXTS = ("client_id", "client_name", "service", "job_id", "recurring_job_id")
TRANSFER_TIMES = ("first_item_at", "last_item_at")
TRANSFER_FACTS = (*TRANSFER_TEXTS, *TRANSFER_TIMES)

Counts = Mapping[tuple[int, str], tuple[int, int]]


class TransferKeys(NamedTuple):
    """The keys of a transfer and of its source."""

    source: int
    transfer: int


class MergeTransfers:
    """The transfers of one archive in one account. Counts are written once, at the end of each transaction."""

    def __init__(self, owner: User, origin: Origin) -> None:
        self._owner = owner
        self._origin = origin
        self._now = timezone.now()
        self._found: dict[tuple[Any, ...], TransferKeys] = {}
        self._of_origin: TransferKeys | None = None
        self._counts: dict[tuple[int, str], tuple[int, int]] = {}

    def begin(self, now: datetime) -> None:
        """A transaction begins, at this time."""
        self._now = now
        self._counts = {}
        if len(self._found) > MOST_TRANSFERS:
            self._found = {}

    def forget(self) -> None:
        """What was found may not be there any more."""
        self._found, self._of_origin = {}, None

    def named(self, facts: Any) -> TransferKeys:
        """Returns the transfer that a record says it came in. Raises `Unreadable`."""
        if not isinstance(facts, dict):
            raise Unreadable(NO_TRANSFER)
        key = tuple(facts.get(name) for name in TRANSFER_FACTS)
        try:
            found = self._found.get(key)
        except TypeError as error:
            raise Unreadable(UNREADABLE_TRANSFER) from error
        if found is None:
            texts = [text(facts.get(name), name, LONGEST_NAME) for name in TRANSFER_TEXTS]
            first, last = (moment(facts.get(name), name) for name in TRANSFER_TIMES)
            found = self._found[key] = self._found_or_made(*texts, first=first, last=last)
        return found

    def of_origin(self) -> TransferKeys:
        """Returns the transfer of documents that don't say what brought them: the server that the archive comes from.

        All archives of one server are one transfer, so that a second one that brings nothing new leaves nothing.
        """
        if self._of_origin is None:
            product, server = self._origin.product, keepable(self._origin.server)[:LONGEST_SERVER]
            client = f"archive:{server}"
            rows = Transfer.objects.filter(owner=self._owner, source__client_id=client, source__service=product)
            here = rows.first()
            if here is not None:
                self._of_origin = TransferKeys(here.source_id, here.pk)
            else:
                job = keepable(self._origin.job)[:LONGEST_NAME]
                name = server or NAMELESS
                self._of_origin = self._found_or_made(
                    client, name, product, job, "", first=self._now, last=self._now, must=True
                )
        return self._of_origin

    def _found_or_made(
        self,
        client: str,
        name: str,
        service: str,
        job: str,
        recurring: str,
        *,
        first: datetime,
        last: datetime,
        must: bool = False,
    ) -> TransferKeys:
        source = budget.source_of(self._owner, client, service, name, must=must)
        if source is None:
            raise Unreadable(TRAIL_FULL)
        same = {"job_id": job} if job else {"job_id": "", "recurring_job_id": recurring, "first_item_at": first}
        transfer = Transfer.objects.filter(source=source, **same).order_by("pk").first()
        if transfer is None:
            transfer = budget.transfer_in(
                source, self._owner, job, recurring, first_item_at=first, last_item_at=last, told_until=last
            )
        elif first < transfer.first_item_at or last > transfer.last_item_at:
            Transfer.objects.filter(pk=transfer.pk).update(
                first_item_at=min(first, transfer.first_item_at), last_item_at=max(last, transfer.last_item_at)
            )
        return TransferKeys(source.pk, transfer.pk)

    # What they brought

    def count(self, transfer: int, vertical: str, size: int) -> None:
        """One more record that this transfer once brought, of `size` bytes with its file."""
        records, counted = self._counts.get((transfer, vertical), (0, 0))
        self._counts[transfer, vertical] = records + 1, counted + size

    def count_bytes(self, transfer: int, vertical: str, size: int) -> None:
        """The bytes of a record that is counted already."""
        records, counted = self._counts.get((transfer, vertical), (0, 0))
        self._counts[transfer, vertical] = records, counted + size

    def counted(self) -> Counts:
        """Returns what has been counted in this transaction, for `count_from`."""
        return dict(self._counts)

    def count_from(self, counts: Counts) -> None:
        """Counts again from there."""
        self._counts = dict(counts)

    def write_counts(self) -> None:
        """Lets the transfers count what came back, so that people see what each of them has brought."""
        for (transfer, vertical), (number, size) in self._counts.items():
            # One that an exporter's job brought, elsewhere, ended there; the archive's own goes on until now.
            is_archives = self._of_origin is not None and self._of_origin.transfer == transfer
            ended = {"last_item_at": self._now} if is_archives else {}
            statements.add(Transfer, {"id": transfer}, {"items": number, "received_bytes": size}, **ended)
            row = {"transfer_id": transfer, "vertical": vertical}
            if not statements.add(TransferCount, row, {"created": number, "received_bytes": size}):
                TransferCount.objects.create(**row, created=number, received_bytes=size)
        self._counts = {}
