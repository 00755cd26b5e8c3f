"""What a person sees of what came in: where it came from, how much there is, the newest, and what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.text import Truncator

from accounts.models import User
from importers.models import Container, Deletion, Record, RecordCount, Transfer
from importers.pages.coming import ComingIn, is_coming
from importers.pages.counts import KindCount, counted
from importers.pages.kinds import pages_of
from importers.pages.newest import newest_records
from importers.pages.shown_transfer import ShownTransfer, read_together
from importers.pages.together import rows_together
from importers.vertical import record_models

LATEST_TRANSFERS = 5  # transfers
NEWEST_SHOWN = 6  # files, photos and videos
MISSING_SHOWN = 5  # containers of each kind


@dataclass(frozen=True)
class Total:
    """How many records of a kind a person has, the bytes of their files, and where they are listed."""

    number: int
    words: str
    size: int
    address: str


@dataclass(frozen=True)
class Missing:
    """Containers of one kind that items name and that never came."""

    words: str
    names: list[str]
    more: bool


@dataclass(frozen=True)
class Newest:
    """A record with a file, and where the file is saved from. `size` in bytes; `page`: the record's."""

    record: Any
    name: str
    kind: str
    size: int
    address: str
    page: str
    received_at: datetime


@dataclass(frozen=True)
class Arrived:
    """Everything the page shows. `coming`: what of it is under way."""

    coming: list[ComingIn] = field(default_factory=list)
    brought: list[ShownTransfer] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    newest: list[Newest] = field(default_factory=list)


def arrived(user: User, of_person: Iterable[RecordCount]) -> Arrived:
    """Returns what came in for this person, of whom these are the counts, by bounded queries, however much it is."""
    transfers = list(
        Transfer.objects.filter(owner=user).select_related("source").order_by("-last_item_at")[:LATEST_TRANSFERS]
    )
    if not transfers:
        return Arrived()
    brought = [ShownTransfer(one) for one in transfers]
    read_together(brought)
    return Arrived(
        [ComingIn(one.transfer, one.kinds, one.number_refused) for one in brought if is_coming(one.transfer)],
        brought,
        totals(counted(of_person)),
        list(_missing(user)),
        _newest(user),
    )


def totals(kinds: Iterable[KindCount]) -> list[Total]:
    """Returns what is said of how much there is."""
    return [
        Total(one.records, words(one.pages.kind.model)[one.records != 1], one.size, one.pages.entry_address)
        for one in kinds
    ]


def _missing(user: User) -> Iterable[Missing]:
    containers: list[Any] = [model for model in record_models() if issubclass(model, Container)]
    names: dict[int, list[str]] = {}
    for number, (identifier,) in rows_together(
        [_placeholders(model, user)[: MISSING_SHOWN + 1] for model in containers]
    ):
        names.setdefault(number, []).append(Truncator(identifier).chars(80))
    for number, found in sorted(names.items()):
        called = words(containers[number])[len(found) > 1]
        yield Missing(called, found[:MISSING_SHOWN], len(found) > MISSING_SHOWN)


def _placeholders(model: Any, user: User) -> Any:
    rows = model.objects.placeholders().filter(owner=user, trashed_at=None)
    if user.has_deleted:
        named = {"source": OuterRef("source"), "identity": OuterRef("identity"), "kind": model._meta.model_name}
        rows = rows.exclude(Exists(Deletion.objects.filter(**named)))
    return rows.values_list("identifier")


def _newest(user: User) -> list[Newest]:
    return [_as_newest(record) for record in newest_records(user, NEWEST_SHOWN)]


def newest(records: Iterable[Any]) -> list[Newest]:
    """Returns the newest of these."""
    latest = sorted(records, key=lambda record: record.received_at, reverse=True)
    return [_as_newest(record) for record in latest[:NEWEST_SHOWN]]


def _as_newest(record: Any) -> Newest:
    address = reverse("content", args=[record.content.sha256])
    return Newest(
        record=record,
        name=pages_of(type(record)).title(record),
        kind=words(type(record))[0],
        size=record.content.size,
        address=f"{address}?doc={record.doc_id}",
        page=pages_of(type(record)).address(record),
        received_at=record.received_at,
    )


def words(model: type[Record]) -> tuple[str, str]:
    """Returns what people call one of a kind, and several."""
    return str(model._meta.verbose_name), str(model._meta.verbose_name_plural)
