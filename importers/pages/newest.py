"""The newest records with files, of all kinds together: ids begin with the time they were made."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from accounts.models import User
from importers.models import Content, Record
from importers.pages.kinds import RecordPages, all_pages
from importers.pages.together import rows_together

FACTS = ("pk", "doc_id", "received_at")
OF_CONTENT = ("content_id", "content__sha256", "content__size", "content__drawn")


def newest_records(person: User, most: int) -> list[Any]:
    """Returns them, with what their titles are made of, and with what is said of their content; nothing else of them
    is read."""
    kinds = _with_files()
    most_titles = max(len(pages.titles) for pages in kinds)
    found = rows_together([_newest(pages, person, most_titles)[:most] for pages in kinds])
    records = [_record(kinds[number], row) for number, row in found]
    records.sort(key=lambda record: record.received_at, reverse=True)
    return records[:most]


@cache
def _with_files() -> list[RecordPages]:
    return [pages for pages in all_pages() if pages.has_content]


def models_with_files() -> list[type[Record]]:
    """Returns the models of which each record has a file."""
    return [pages.kind.model for pages in _with_files()]


def newest_of(model: type[Record], owner: Any) -> QuerySet[Any]:
    """Returns the records of a model that have a file, the newest first."""
    mine = model._default_manager.filter(owner=owner, trashed_at=None, content__isnull=False)
    return mine.order_by("-doc_id")


def _newest(pages: RecordPages, person: User, titles: int) -> QuerySet[Any, Any]:
    named = [Cast(F(name), CharField()) for name in pages.titles]
    padded = [*named, *[Value("", CharField())] * (titles - len(named))]
    return newest_of(pages.kind.model, person).values_list(*FACTS, *OF_CONTENT, *padded)


def _record(pages: RecordPages, row: Any) -> Any:
    (pk, doc_id, received, content, sha256, size, drawn), titles = row[:7], row[7:]
    at = received if isinstance(received, datetime) else parse_datetime(received)
    assert at is not None  # noqa: S101 (a column that is never empty)
    named = dict(zip(pages.titles, titles, strict=False))
    of_content = Content(pk=content, sha256=sha256, size=size, drawn=drawn)
    model: Any = pages.kind.model
    return model(
        pk=pk, doc_id=doc_id, received_at=at if at.tzinfo else at.replace(tzinfo=UTC), content=of_content, **named
    )
