"""What a person sees of what came in: where it came from, how much there is, the newest, and what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import Truncator

from accounts.models import User
from importers.models import Container, Content, Record, Rejection, Transfer
from importers.registry import UNKNOWN
from importers.vertical import record_models, vertical

LATEST_TRANSFERS = 5  # transfers
NEWEST_SHOWN = 6  # files, photos and videos
MISSING_SHOWN = 5  # containers of each kind
REFUSALS = 200  # rejections of one transfer that are read to say why
MOST_SHOWN = 9_999  # records of a kind; where there are more, the page says so

REASONS = {
    "destination_full": "There was no room for it, or your account was closed to new data.",
    "insufficient_scope": "You have not allowed the service to add this kind of data.",
    "invalid_item": "Something was missing without which it can’t be kept, such as its file.",
    "invalid_request": "It was broken, or cut short on its way.",
    "payload_too_large": "It is larger than this server takes.",
    "server_error": "This server made a mistake. Tell the people who run it.",
    "temporarily_unavailable": "A part of this server was away at that moment.",
    "too_many_requests": "The service sent more in a minute than this server takes.",
    "unknown_vertical": "This server does not take this kind of data yet.",
}
OTHER_REASON = "The service sent it in a form that this server can’t read."


@dataclass(frozen=True)
class Total:
    """How many records of a kind a person has; `words` with the number, such as "more than 9,999" photos."""

    number: str
    words: str


@dataclass(frozen=True)
class ShownTransfer:
    """A transfer in plain words.

    `kinds`: what was in it, and how many of each; `received` in bytes; `known`: how many of them had come before;
    `kept`: how many are kept as they came, since nobody here can tell what they are; `refused`: how many items, and the
    sentence that says why.
    """

    transfer: Transfer
    kinds: list[tuple[str, int]]
    received: int
    known: int
    kept: int
    refused: list[tuple[int, str]]
    counted: int


@dataclass(frozen=True)
class Missing:
    """Containers of one kind that items name and that never came."""

    words: str
    names: list[str]
    more: bool


@dataclass(frozen=True)
class Newest:
    """A record with a file, and where the file is saved from. `size` in bytes."""

    name: str
    kind: str
    size: int
    address: str
    received_at: datetime


@dataclass(frozen=True)
class Arrived:
    """Everything the page shows."""

    brought: list[ShownTransfer] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    newest: list[Newest] = field(default_factory=list)


def arrived(user: User) -> Arrived:
    """Returns what came in for this person, by bounded queries, however much it is."""
    transfers = list(
        Transfer.objects.filter(owner=user).select_related("source").order_by("-last_item_at")[:LATEST_TRANSFERS]
    )
    if not transfers:
        return Arrived()
    return Arrived([_brought(one) for one in transfers], _totals(user), list(_missing(user)), _newest(user))


def _brought(transfer: Transfer) -> ShownTransfer:
    counts = list(transfer.counts.order_by("vertical")[:50])
    came = [count for count in counts if count.created + count.updated + count.unchanged + count.kept]
    kinds = [
        (
            settings.WHARF_VERTICALS.get(count.vertical, count.vertical),
            count.created + count.updated + count.unchanged + count.kept,
        )
        for count in came
    ]
    known = sum(count.unchanged for count in counts)
    kept = _still_kept(transfer, sum(count.kept for count in counts))
    refused = _reasons(transfer) if transfer.rejected else []
    counted = sum(one.times for one in transfer.counted_refusals.all()) if transfer.rejected else 0
    return ShownTransfer(transfer, kinds, transfer.received_bytes, known, kept, refused, counted)


def _still_kept(transfer: Transfer, counted: int) -> int:
    """Of how many items that were kept as they came nobody can tell yet what they are: others have become records of
    their kind since."""
    model = vertical(UNKNOWN).kinds[0].model
    return model._default_manager.filter(transfer=transfer)[:counted].count() if counted else 0


def _reasons(transfer: Transfer) -> list[tuple[int, str]]:
    """How many items were refused and have not come since, by the sentence that says why. Tries of the same item count
    once."""
    codes = (
        Rejection.objects.filter(transfer=transfer, made_good_at=None)
        .order_by("-pk")
        .values_list("code", flat=True)[:REFUSALS]
    )
    numbers: dict[str, int] = {}
    for code in codes:
        sentence = REASONS.get(code, OTHER_REASON)
        numbers[sentence] = numbers.get(sentence, 0) + 1
    return [(number, sentence) for sentence, number in numbers.items()]


def _totals(user: User) -> list[Total]:
    totals = []
    for model in record_models():
        rows: QuerySet[Any] = model._default_manager.filter(owner=user, trashed_at=None)
        if issubclass(model, Container):
            rows = rows.exclude(arrived_at=None)
        number = rows[: MOST_SHOWN + 1].count()
        if number:
            written = f"{number:,}" if number <= MOST_SHOWN else f"more than {MOST_SHOWN:,}"
            totals.append(Total(written, words(model)[number != 1]))
    return totals


def _missing(user: User) -> Iterable[Missing]:
    containers: list[Any] = [model for model in record_models() if issubclass(model, Container)]
    for model in containers:
        rows = model.objects.placeholders().filter(owner=user).only("identifier")
        names = [Truncator(row.identifier).chars(80) for row in rows[: MISSING_SHOWN + 1]]
        if names:
            yield Missing(words(model)[len(names) > 1], names[:MISSING_SHOWN], len(names) > MISSING_SHOWN)


def _newest(user: User) -> list[Newest]:
    """The newest records with files, of all kinds together: ids begin with the time they were made."""
    records: list[Any] = []
    models: list[Any] = [*record_models()]
    for model in models:
        if any(column.name == "content" and column.related_model is Content for column in model._meta.fields):
            mine = model._default_manager.filter(owner=user, trashed_at=None, content__isnull=False)
            records += mine.select_related("content").defer("payload").order_by("-doc_id")[:NEWEST_SHOWN]
    records.sort(key=lambda record: record.received_at, reverse=True)
    return [_as_newest(record) for record in records[:NEWEST_SHOWN]]


def _as_newest(record: Any) -> Newest:
    address = reverse("content", args=[record.content.sha256])
    return Newest(
        name=getattr(record, "shown_name", "") or getattr(record, "name", "") or "Without a name",
        kind=words(type(record))[0],
        size=record.content.size,
        address=f"{address}?doc={record.doc_id}",
        received_at=record.received_at,
    )


def words(model: type[Record]) -> tuple[str, str]:
    """Returns what people call one of a kind, and several."""
    return str(model._meta.verbose_name), str(model._meta.verbose_name_plural)
