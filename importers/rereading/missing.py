"""Items that were refused before it was noted what they are known again by, and whose record stands by now.

Of these, a rejection has their JSON and the length of their request. It is closed where a record of its source has that
JSON, to the byte, and a request with it and with the record's file is as long, as workers frame them. A file must have
come after that, and for an item that its JSON tells from all others: of two photos of one name, nothing says which one
was refused. Where anything differs, or is not known, it stays open: that costs a line, and one closed wrongly an item.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import transaction

from accounts.models import User
from importers.content import quota
from importers.errors import Refusal
from importers.items.arrival import WholeItem
from importers.models import Content, Record, Rejection
from importers.rereading.todays import read_today
from importers.transfers import rejections
from importers.transfers.rejections import TakenItem
from importers.vertical import record_models

log = logging.getLogger("wharf.rereading")

BOUNDARY = 36  # characters of a worker's, which is a UUID
JSON_TYPE = "application/json"
LONGEST_JSON = 64 * 1024  # of an item that is looked for: records are asked for by it


def close(refused: list[Rejection]) -> int:
    """Closes those of these rejections whose items stand. Returns how many these were."""
    by_source: dict[int, dict[str, list[Rejection]]] = defaultdict(lambda: defaultdict(list))
    for rejection in refused:
        if (json := _json_of(rejection)) is not None:
            by_source[rejection.transfer.source_id][json].append(rejection)
    return sum(
        _close(rejection, record)
        for source, wanted in by_source.items()
        for record in _standing(source, list(wanted))
        for rejection in wanted[record.payload]
    )


def _json_of(rejection: Rejection) -> str | None:
    """Returns the JSON of an item that was refused before more was noted; None of another one, or of what was cut."""
    is_former = not rejection.item_digest and rejection.has_file is None and rejection.made_good_at is None
    if not is_former or not 0 < len(rejection.item) == rejection.item_size <= LONGEST_JSON:
        return None
    try:
        return bytes(rejection.item).decode()
    except UnicodeDecodeError:
        return None


def _standing(source: int, payloads: list[str]) -> Iterator[Any]:
    for model in record_models():
        rows = model._default_manager.filter(source_id=source, payload__in=payloads).order_by("pk")
        files = [field.name for field in model._meta.fields if field.attname == "content_id"]
        yield from rows.select_related(*files) if files else rows


def _close(rejection: Rejection, record: Record) -> bool:
    """Closes a rejection if it was of the item of this record."""
    try:
        if not _may_be_of(rejection, record):
            return False
        item = _taken(record)
        with transaction.atomic():
            quota.lock(User(pk=record.owner_id))
            standing = Rejection.objects.select_related("transfer").filter(pk=rejection.pk, made_good_at=None).first()
            return standing is not None and rejections.make_good_if_of(standing, item)
    except Refusal as refused:  # its account has been deleted meanwhile, or its item can't be read any more
        log.warning("not looked at: %s", refused, extra={"rejection": rejection.pk})
        return False


def _may_be_of(rejection: Rejection, record: Any) -> bool:
    """Whether the file of a record, if it has one, can only be that of the item that was refused."""
    if (content := _content(record)) is None:
        return True
    item = read_today(record).item
    if item is None or max(record.received_at, record.changed_at) <= rejection.last_at:
        return False
    whole = WholeItem(getattr(record, "vertical", ""), record.payload, content.sha256)
    return item.identity(whole) == item.identity(replace(whole, sha256=""))


def _taken(record: Any) -> TakenItem:
    """Returns the item of a record as one that a worker sends."""
    json, content = record.payload.encode(), _content(record)
    return TakenItem(
        json=json,
        body_size=len(json) if content is None else request_size(len(json), content.size, record.mime),
        file_size=None if content is None else content.size,
        file_sha256="" if content is None else content.sha256,
        says=str,
        file_beginning=str,
        is_told_by=lambda beginning: False,
    )


def _content(record: Any) -> Content | None:
    """The file of a record of a kind that has one."""
    return record.content if getattr(record, "content_id", None) is not None else None


def request_size(json_size: int, file_size: int, mime: str) -> int:
    """Returns how many bytes the body has by which a worker sends an item and its file."""
    parts = ((JSON_TYPE, json_size), (mime, file_size))
    framed = sum(
        len("--\r\n") + BOUNDARY + len(f"Content-Type: {kind}\r\nContent-Length: {size}\r\n\r\n\r\n") + size
        for kind, size in parts
    )
    return framed + len("----\r\n") + BOUNDARY
