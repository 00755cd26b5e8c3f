"""Documents on their way back: what an archive says is read here, strictly, and becomes records again.

Nothing in an archive is trusted. Whose a record is, what it counts in the quota and where bytes lie is never read from
it; every text is one that a column can hold, every moment one that a database can hold. What can't be read is `Broken`,
with a sentence.
"""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from django.db.models import Field, Model
from django.db.models.fields import NOT_PROVIDED, BooleanField, DateTimeField
from django.utils import timezone
from pydantic import TypeAdapter

from accounts.models import User
from importers import statements
from importers.digests import digest
from importers.models import Alias, Container, Content, Record, Source, Transfer, TransferCount
from importers.text import keepable
from importers.wire import Moment

UNKNOWN_TIME = datetime(1970, 1, 2, tzinfo=UTC)  # when a document was changed that does not say it
LONGEST_ID = 64  # characters of a record's id
LONGEST_NAME = 255  # characters of what a column of a limited length takes
KEPT = 10_000  # things found that are remembered between batches
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # when a record was changed of which nothing has come yet

lenient_moment: Callable[[Any], datetime | None] = TypeAdapter(Moment).validate_python


class Outcome(StrEnum):
    """What became of a document."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    UPDATED = "updated"  # the archive's was newer; what was here is kept as an earlier version
    OLDER = "older"  # what is here is newer; the archive's is kept as an earlier version, or reported
    RENAMED = "renamed"  # another one stands where it stood
    REFUSED = "refused"
    IGNORED = "ignored"  # never imported


# What is said of a document that became several records: the first of these that happened.
WEIGHT = (Outcome.REFUSED, Outcome.RENAMED, Outcome.CREATED, Outcome.UPDATED, Outcome.OLDER, Outcome.UNCHANGED)


class Broken(Exception):
    """A document, or what it says of itself, that can't be read. Its text is a sentence for the person."""


@dataclass(frozen=True)
class Origin:
    """Where an archive comes from: the host, "Cozy" or "Wharf", and the id of the import, if there is one."""

    server: str
    product: str = "Cozy"
    job: str = ""

    @property
    def is_wharf(self) -> bool:
        return self.product == "Wharf"


@dataclass(eq=False)
class Coming:
    """A document on its way back: as it came, and what becomes of it.

    `content`: its bytes, if it has any. `wrote`: something has changed. `broken`: why it could not be read.
    `plain`: what only this product says of it is not to be believed.
    """

    doctype: str
    id: str
    text: str = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    content: Content | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrote: bool = False
    broken: str = ""
    plain: bool = False

    @property
    def facts(self) -> dict[str, Any] | None:
        """What only this product says of it; None where it says nothing."""
        if self.plain:
            return None
        metadata = self.body.get("metadata")
        wharf = metadata.get("wharf") if isinstance(metadata, dict) else None
        return wharf if isinstance(wharf, dict) else None

    @property
    def kind(self) -> str:
        kind = (self.facts or {}).get("kind")
        return kind if isinstance(kind, str) else ""

    @property
    def stored(self) -> Content:
        """Its bytes. Raises `Broken` where they have not come."""
        if self.content is None:
            raise Broken("Its content is missing in the archive.")
        return self.content

    @property
    def outcome(self) -> Outcome:
        return min(self.outcomes, key=WEIGHT.index, default=Outcome.UNCHANGED)

    @property
    def note(self) -> str:
        return " ".join(dict.fromkeys(self.notes))

    def became(self, outcome: Outcome, note: str = "", *, wrote: bool | None = None) -> None:
        """Notes what became of it, or of one of its records."""
        self.outcomes.append(outcome)
        if note:
            self.notes.append(note)
        self.wrote |= outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.RENAMED) if wrote is None else wrote


# Reading


def text(value: Any, name: str, most: int | None = None) -> str:
    """A text that a column can hold, as it came."""
    if not isinstance(value, str):
        raise Broken(f"{name} is not a text.")
    if most is not None and len(value) > most:
        raise Broken(f"{name} has more than {most} characters.")
    if "\x00" in value or (not value.isascii() and keepable(value) != value):
        raise Broken(f"{name} has a character that no database can hold.")
    return value


def identifier(value: Any, name: str = "The id") -> str:
    """The id of a record's document."""
    found = text(value, name, LONGEST_ID)
    if not found or "/" in found:
        raise Broken(f"{name} is empty, or has a slash.")
    return found


def moment(value: Any, name: str) -> datetime:
    """A moment as exports write it."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not UTC else found
    except (TypeError, ValueError, OverflowError) as error:
        raise Broken(f"{name} is not a time.") from error


def column(model: type[Model], name: str) -> Callable[[dict[str, Any]], Any]:
    """What reads a column of this name from what a document says."""
    field: Field = model._meta.get_field(name)  # type: ignore[assignment]
    most, nullable = getattr(field, "max_length", None), field.null

    def read(said: dict[str, Any]) -> Any:
        value = said.get(name, NOT_PROVIDED)
        if value is NOT_PROVIDED:
            if field.default is NOT_PROVIDED and not field.null and not field.blank:
                raise Broken(f"{name} is missing.")
            return field.get_default()
        if value is None and nullable:
            return None
        if isinstance(field, DateTimeField):
            return moment(value, name)
        if isinstance(field, BooleanField):
            if not isinstance(value, bool):
                raise Broken(f"{name} is neither true nor false.")
            return value
        return text(value, name, most)

    return read


@cache
def columns(model: type[Model], names: tuple[str, ...]) -> tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...]:
    """Names of columns, each with what reads it."""
    return tuple((name, column(model, name)) for name in names)


def columns_of(model: type[Model], names: tuple[str, ...], said: dict[str, Any]) -> dict[str, Any]:
    """The values of columns, from what a document says; the other direction of `zip_json`. Raises `Broken`."""
    return {name: read(said) for name, read in columns(model, names)}


def parsed(raw: bytes) -> Any:
    """JSON, whatever numbers stand in it. Raises `Broken`."""
    try:
        try:
            return _decode(raw.decode())
        except ValueError:
            return _decode_any_number(raw.decode())
    except RecursionError as error:
        raise Broken("It is nested too deep to be read.") from error
    except ValueError as error:
        raise Broken("It is not JSON.") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 1000 else math.inf


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
# Python refuses whole numbers of thousands of digits, which JSON allows.
_decode_any_number = json.JSONDecoder(parse_constant=_no_constant, parse_int=_whole).decode


# Where it comes from


class Session:
    """One account into which an archive comes: what its transactions share.

    What is found is remembered from batch to batch, so that most documents ask only for what they are themselves. A
    transaction that is rolled back takes with it what it made: `forget` must follow.
    """

    def __init__(self, owner: User, origin: Origin) -> None:
        self.owner = owner
        self.origin = origin
        self.new_bytes = 0
        self.now = timezone.now()
        self._transfers: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._known: dict[tuple[Any, ...], Any] = {}
        self._counts: dict[tuple[int, str], list[int]] = {}

    def begin(self) -> None:
        """A transaction begins."""
        self.new_bytes = 0
        self.now = timezone.now()
        self._counts = {}
        if len(self._known) > KEPT:
            self._known = {}
        if len(self._transfers) > KEPT:
            self._transfers = {}

    def mark(self) -> tuple[int, dict[tuple[int, str], list[int]]]:
        """What has been counted so far, for `reset`."""
        return self.new_bytes, {key: list(counts) for key, counts in self._counts.items()}

    def reset(self, mark: tuple[int, dict[tuple[int, str], list[int]]]) -> None:
        """Counts again from there."""
        self.new_bytes, self._counts = mark

    def forget(self) -> None:
        """What was found may not be there any more."""
        self._known, self._transfers = {}, {}

    def remember(self, key: tuple[Any, ...], found: Any) -> Any:
        self._known[key] = found
        return found

    def known(self, *key: Any) -> Any:
        return self._known.get(key)

    # Sources and transfers

    def transfer(self, said: Any) -> tuple[int, int]:
        """Source and transfer that brought a record, found again or made again. Raises `Broken`."""
        if not isinstance(said, dict):
            raise Broken("It does not say which transfer brought it.")
        key = tuple(said.get(name) for name in TRANSFER_FACTS)
        try:
            found = self._transfers.get(key)
        except TypeError as error:
            raise Broken("What it says of its transfer can't be read.") from error
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
            changed_at=EPOCH,
        )

    def is_waiting(self, record: Record) -> bool:
        """Whether nothing of it has come yet."""
        return record.changed_at == EPOCH


TRANSFER_FACTS = (
    "client_id",
    "client_name",
    "service",
    "job_id",
    "recurring_job_id",
    "first_item_at",
    "last_item_at",
)
