"""Which records are meant, as a job of the bin keeps it: parts of one kind each, which are done one after the other.

A part is JSON: `kind`, and one of `ids` (of documents), `transfer` (a key), `in` (a lookup and the key of a container),
`path` (all folders or files at it and below), or `all`. `since`: only what was thrown away at this moment. `last`: the
highest key that there was of the kind, so that what comes meanwhile is not meant.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from accounts.models import User
from importers.models import Container, Record, Transfer
from importers.models.record import NEVER
from importers.pages.kinds import RecordPages, all_pages, pages_of

Part = dict[str, Any]


def pages_named(kind: str) -> RecordPages | None:
    """Returns how the records of a kind are shown, by its name; None where there is none of this name."""
    return next((pages for pages in all_pages() if pages.kind.name == kind), None)


def rows_of(person: User, pages: RecordPages, part: Part, *, in_bin: bool) -> QuerySet[Any]:
    """Returns the rows that a part means, in the bin or out of it."""
    model = pages.kind.model
    rows: QuerySet[Any] = model._default_manager.filter(owner=person, trashed_at__isnull=not in_bin)
    rows = rows.exclude(changed_at=NEVER)
    if "ids" in part:
        rows = rows.filter(doc_id__in=part["ids"])
    elif "transfer" in part:
        rows = rows.filter(transfer_id=part["transfer"])
    elif "in" in part:
        lookup, container = part["in"]
        rows = rows.filter(**{lookup: container})
    elif "path" in part:
        rows = pages.below(rows, person, part["path"], in_bin=in_bin)
    if "since" in part:
        rows = rows.filter(trashed_at=datetime.fromisoformat(part["since"]))
    return rows.filter(pk__lte=part["last"]) if "last" in part else rows


def of_ids(pages: RecordPages, ids: Iterable[str]) -> list[Part]:
    """Returns the choice of some records of a kind."""
    return [{"kind": pages.kind.name, "ids": list(ids)}]


def of_kind(pages: RecordPages) -> list[Part]:
    """Returns the choice of all of a kind."""
    return [{"kind": pages.kind.name, "all": True}]


def of_transfers(transfers: Iterable[Transfer], only: RecordPages | None = None) -> list[Part]:
    """Returns the choice of what came with these transfers, `only` of one kind or of all."""
    kinds = [only] if only else list(reversed(list(all_pages())))
    return [{"kind": pages.kind.name, "transfer": one.pk} for one in transfers for pages in kinds]


def inside(container: Container, only: RecordPages | None = None) -> list[Part]:
    """Returns the choice of what is in a container, `only` of one kind or of all."""
    kinds = [only] if only else pages_of(type(container)).contents
    return [{"kind": pages.kind.name, "in": [pages.container[0], container.pk]} for pages in kinds if pages.container]


def with_contents(container: Container) -> list[Part]:
    """Returns the choice of a container with all that is in it; what is in it comes first."""
    pages = pages_of(type(container))
    return [*(pages.whole(container) or inside(container)), *of_ids(pages, [container.doc_id])]


def thrown_with(record: Record) -> list[Part]:
    """Returns the choice of a record in the bin with what was in it when it was thrown away."""
    pages = pages_of(type(record))
    if not isinstance(record, Container) or record.trashed_at is None:
        return of_ids(pages, [record.doc_id])
    since = {"since": record.trashed_at.isoformat()}
    within = [part | since for part in with_contents(record)[:-1]]
    return [*within, *of_ids(pages, [record.doc_id])]


def thrown_at(moment: datetime) -> list[Part]:
    """Returns the choice of what was thrown away at once."""
    return [part | {"since": moment.isoformat()} for part in everything()]


def everything() -> list[Part]:
    """Returns the choice of all there is; what is in something comes before that."""
    return [part for pages in reversed(list(all_pages())) for part in of_kind(pages)]


def as_of_now(parts: list[Part]) -> list[Part]:
    """Returns the same choice without what comes from now on."""
    kinds = {part["kind"] for part in parts}
    last = {pages.kind.name: _highest(pages) for pages in all_pages() if pages.kind.name in kinds}
    return [part | {"last": last[part["kind"]]} for part in parts]


def _highest(pages: RecordPages) -> int:
    return pages.kind.model._default_manager.aggregate(last=Max("pk"))["last"] or 0


def counted(person: User, parts: list[Part], *, in_bin: bool, most: int) -> int:
    """Returns how many records a choice means, up to `most` of each part."""
    return sum(_count(person, pages, part, in_bin, most) for pages, part in shown_by(parts))


def _count(person: User, pages: RecordPages, part: Part, in_bin: bool, most: int) -> int:
    return rows_of(person, pages, part, in_bin=in_bin)[:most].count()


def shown_by(parts: list[Part]) -> Iterator[tuple[RecordPages, Part]]:
    """Yields parts, each with how its records are shown."""
    for part in parts:
        if (pages := pages_named(part["kind"])) is not None:
            yield pages, part
