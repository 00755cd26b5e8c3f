"""Where documents come from that come back: the sources and transfers that brought them, and what they refer to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from importers import statements
from importers.digests import digest
from importers.documents.values import LONGEST_NAME, Unreadable, moment, text
from importers.models import Alias, Container, Content, Record, Source, Transfer, TransferCount
from importers.models.record import NEVER
from importers.text import keepable

MOST_REMEMBERED = 10_000  # things found that are remembered between batches


@dataclass(frozen=True)
class Origin:
    """Where an archive comes from: the host, "Cozy" or "Wharf", and the id of the import, if there is one."""

    server: str
    product: str = "Cozy"
    job: str = ""


class MergeContext:
    """One account into which an archive comes: what its transactions share.

    What is found is remembered from batch to batch, so that most documents ask only for what they are themselves. What
    is counted for transfers, and in `new_bytes`, belongs to one transaction.

    | when                         | call           | what was found | what was counted       |
    | ---------------------------- | -------------- | -------------- | ---------------------- |
    | a transaction begins         | `begin`        | stays          | is zero                |
    | one document's part of it    | `mark`         | stays          | is noted               |
    | ... is rolled back alone     | `reset`        | is forgotten   | is what `mark` noted   |
    | the transaction ends         | `write_counts` | stays          | is written             |
    | it is rolled back            | `forget`       | is forgotten   | `begin` sets to zero   |
    """

    def __init__(self, owner: User, origin: Origin) -> None:
        self.owner = owner
        self.origin = origin
        self.new_bytes = 0
        self.now = timezone.now()
        self._transfers: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._known: dict[tuple[Any, ...], Any] = {}
        self._made_anew: dict[str, str] = {}
        self._counts: dict[tuple[int, str], list[int]] = {}

    def begin(self) -> None:
        """A transaction begins."""
        self.new_bytes = 0
        self.now = timezone.now()
        self._counts = {}
        if len(self._known) > MOST_REMEMBERED:
            self._known = {}
        if len(self._transfers) > MOST_REMEMBERED:
            self._transfers = {}

    def mark(self) -> tuple[int, dict[tuple[int, str], list[int]]]:
        """Returns what has been counted so far, for `reset`."""
        return self.new_bytes, {key: list(counts) for key, counts in self._counts.items()}

    def reset(self, mark: tuple[int, dict[tuple[int, str], list[int]]]) -> None:
        """Counts again from there, and forgets what was found since: it was rolled back."""
        self.new_bytes, self._counts = mark
        self.forget()

    def forget(self) -> None:
        """What was found may not be there any more."""
        self._known, self._transfers = {}, {}

    def remember(self, key: tuple[Any, ...], found: Any) -> Any:
        self._known[key] = found
        return found

    def known(self, *key: Any) -> Any:
        return self._known.get(key)

    def note_made_anew(self, doc_id: str, path: str) -> None:
        """A directory that every export makes anew stands at this path. No row tells of it, so it is not forgotten when
        one is rolled back."""
        if len(self._made_anew) < MOST_REMEMBERED:
            self._made_anew[doc_id] = path

    def made_anew(self, doc_id: Any) -> str | None:
        """The path of such a directory that has come."""
        return self._made_anew.get(doc_id) if isinstance(doc_id, str) else None

    # Sources and transfers

    def transfer(self, said: Any) -> tuple[int, int]:
        """Source and transfer that brought a record, found again or made again. Raises `Unreadable`."""
        if not isinstance(said, dict):
            raise Unreadable("It does not say which transfer brought it.")
        key = tuple(said.get(name) for name in TRANSFER_FACTS)
        try:
            found = self._transfers.get(key)
        except TypeError as error:
            raise Unreadable("What it says of its transfer can't be read.") from error
        if found is None:
            client, name, service, job, recurring = (
                text(said.get(fact), fact, LONGEST_NAME) for fact in TRANSFER_FACTS[:5]
            )
            first, last = (moment(said.get(fact), fact) for fact in TRANSFER_FACTS[5:])
            found = self._transfers[key] = self._transfer(client, name, service, job, recurring, first, last)
        return found

    def of_origin(self) -> tuple[int, int]:
        """Source and transfer of documents that don't say what brought them: the server that the archive comes from.

        All archives of one server are one transfer, so that a second one that brings nothing new leaves nothing."""
        found = self._transfers.get(())
        if found is None:
            server = keepable(self.origin.server)[:200]
            client, name, job = f"archive:{server}", server or "An archive", keepable(self.origin.job)[:LONGEST_NAME]
            last = Transfer.objects.filter(
                owner=self.owner, source__client_id=client, source__service=self.origin.product
            ).first()
            found = self._transfers[()] = (
                (last.source_id, last.pk)
                if last
                else self._transfer(client, name, self.origin.product, job, "", self.now, self.now)
            )
        return found

    def _transfer(
        self, client: str, name: str, service: str, job: str, recurring: str, first: datetime, last: datetime
    ) -> tuple[int, int]:
        source, _ = Source.objects.get_or_create(
            owner=self.owner, client_id=client, service=service, defaults={"client_name": name}
        )
        same = {"job_id": job} if job else {"job_id": "", "recurring_job_id": recurring, "first_item_at": first}
        transfer = Transfer.objects.filter(source=source, **same).order_by("pk").first()
        if transfer is None:
            transfer = Transfer.objects.create(
                source=source,
                owner=self.owner,
                job_id=job,
                recurring_job_id=recurring,
                first_item_at=first,
                last_item_at=last,
            )
        elif first < transfer.first_item_at or last > transfer.last_item_at:
            Transfer.objects.filter(pk=transfer.pk).update(
                first_item_at=min(first, transfer.first_item_at), last_item_at=max(last, transfer.last_item_at)
            )
        return source.pk, transfer.pk

    def count(self, transfer: int, vertical: str, size: int) -> None:
        """One more record that this transfer once brought, of `size` bytes with its file."""
        counts = self._counts.setdefault((transfer, vertical), [0, 0])
        counts[0] += 1
        counts[1] += size

    def count_bytes(self, transfer: int, vertical: str, size: int) -> None:
        """The bytes of a record that is counted already."""
        self._counts.setdefault((transfer, vertical), [0, 0])[1] += size

    def write_counts(self) -> None:
        """Lets the transfers count what came back, so that people see what each of them has brought."""
        for (transfer, vertical), (number, size) in self._counts.items():
            when = {"last_item_at": self.now} if (transfer == self._transfers.get((), (0, 0))[1]) else {}
            statements.add(Transfer, {"id": transfer}, {"items": number, "received_bytes": size}, **when)
            row = {"transfer_id": transfer, "vertical": vertical}
            if not statements.add(TransferCount, row, {"created": number, "received_bytes": size}):
                TransferCount.objects.create(**row, created=number, received_bytes=size)
        self._counts = {}

    # What others refer to

    def aliases(self, kind: str, doc_ids: Iterable[str]) -> dict[str, str]:
        """The ids here of records that the archive names by these."""
        found = Alias.objects.filter(owner=self.owner, kind=kind, doc_id__in=list(doc_ids))
        return dict(found.values_list("doc_id", "of"))

    def alias(self, kind: str, doc_id: str, of: str) -> bool:
        """From now on, the one id means the record with the other. Gives whether that is new."""
        return Alias.objects.get_or_create(owner=self.owner, kind=kind, doc_id=doc_id, defaults={"of": of})[1]

    def containers(self, model: type[Container], doc_ids: Iterable[str]) -> dict[str, int]:
        """The rows of the containers that documents name by their ids. One that has not come gets a row that waits for
        it, as one does that an exporter has not sent yet."""
        kind = str(model._meta.model_name)
        found = {doc_id: pk for doc_id in set(doc_ids) if (pk := self.known(kind, doc_id)) is not None}
        missing = set(doc_ids) - found.keys()
        if not missing:
            return found
        rows = model._default_manager.filter(owner=self.owner)
        here = dict(rows.filter(doc_id__in=missing).values_list("doc_id", "pk"))
        aliases = self.aliases(kind, missing - here.keys())
        if aliases:
            meant = dict(rows.filter(doc_id__in=aliases.values()).values_list("doc_id", "pk"))
            here |= {alias: meant[of] for alias, of in aliases.items() if of in meant}
        for doc_id in missing - here.keys():
            here[doc_id] = self._waiting(model, doc_id).pk
        for doc_id, pk in here.items():
            self.remember((kind, doc_id), pk)
        return found | here

    def _waiting(self, model: type[Container], doc_id: str) -> Container:
        source, transfer = self.of_origin()
        identifier = f"/{doc_id}" if str(model._meta.model_name) == "folder" else doc_id
        return model._default_manager.create(
            owner=self.owner,
            source_id=source,
            transfer_id=transfer,
            identity=digest("waits for", doc_id),
            doc_id=doc_id,
            identifier=identifier,
            received_at=self.now,
            changed_at=NEVER,
        )

    def contents_of(self, model: type[Record], doc_id: str) -> Iterator[tuple[Content, str]]:
        """Yields the bytes and the payload of the record that the archive names by this id."""
        of = self.aliases(str(model._meta.model_name), [doc_id]).get(doc_id, doc_id)
        rows: Any = model._default_manager.filter(owner=self.owner, doc_id=of).select_related("content")
        for record in rows:
            yield record.content, record.payload


TRANSFER_FACTS = (
    "client_id",
    "client_name",
    "service",
    "job_id",
    "recurring_job_id",
    "first_item_at",
    "last_item_at",
)
