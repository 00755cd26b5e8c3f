"""How an item comes in: its JSON is read and judged, its file streams to the storage, one transaction saves both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils.http import parse_header_parameters

from accounts.models import User
from importers import errors, quota, transfers, uploads
from importers.arrival import Arrival, Saved
from importers.related import CutShort, FilePart, RelatedBody
from importers.text import keepable
from importers.transfers import Job
from importers.uploads import Received
from importers.verticals import item_type, unknown
from importers.verticals.item import Item
from importers.wire import judge, parse


class Body(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass
class Request:
    """One POST: who sends what kind of data in which job, and the body, of which nothing has been read.

    `json` is what has been read of the item; a rejection keeps it.
    """

    owner: User
    job: Job
    vertical: str
    headers: Mapping[str, str]
    stream: Body
    json: bytes = b""


def receive(request: Request) -> Saved:
    """Takes one item in. Gives its record, or raises `Refusal` (or `CutShort`) and leaves nothing behind.

    When it returns, bytes and row are on disk.
    """
    return _take(request, read_item(request))


def read_item(request: Request) -> RelatedBody | None:
    """Reads `request.json`, and gives the body that its file is still in, if it is one that has parts."""
    length = _content_length(request.headers)
    media_type, parameters = parse_header_parameters(request.headers.get("Content-Type", ""))
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise errors.unsupported_media_type("a body with a Content-Encoding")
    if media_type == "application/json":
        request.json = _read_json(request.stream, length)
        return None
    if media_type == "multipart/related" and parameters.get("boundary"):
        body = RelatedBody(request.stream, parameters["boundary"], length)
        request.json = body.json_part(settings.WHARF_MAX_JSON_BYTES)
        return body
    raise errors.unsupported_media_type(media_type)


def _content_length(headers: Mapping[str, str]) -> int:
    length = headers.get("Content-Length", "")
    if "Transfer-Encoding" in headers or not (length.isascii() and length.isdigit()):
        raise errors.length_required()
    largest = settings.WHARF_MAX_UPLOAD_BYTES
    if largest is not None and int(length) > largest:
        raise errors.payload_too_large("A request", largest)
    return int(length)


def _read_json(stream: Body, length: int) -> bytes:
    if length > settings.WHARF_MAX_JSON_BYTES:
        raise errors.payload_too_large("The JSON of an item", settings.WHARF_MAX_JSON_BYTES)
    held = bytearray()
    while len(held) < length:
        chunk = stream.read(length - len(held))
        if not chunk:
            raise CutShort
        held += chunk
    return bytes(held)


def _take(request: Request, body: RelatedBody | None) -> Saved:
    """Judges the item before its file comes, so that what is refused is refused early; then saves both."""
    quota.require_unblocked(request.owner)
    item = parse(request.json)
    kind = item_type(request.vertical, item["@type"])
    shape = judge(kind, item) if kind else None
    part = body.file_part() if body else None
    if shape is not None and shape.has_file and part is None:
        raise errors.invalid_item("file", f"a {item['@type']} comes as multipart/related with its file as second part.")
    if body is not None and part is None:
        body.finish()
    if shape is not None and not shape.has_file and part is not None:
        shape = None  # its file has no place in such a record, so both are kept whole instead
    received = uploads.receive(request.owner, part) if part else None
    saving = _Saving(request, item, shape, part, received)
    try:
        saved = saving.run()
    except BaseException:
        if received is not None and received.upload is not None and not saving.may_be_committed:
            uploads.discard(received.upload)
        raise
    if received is not None and received.upload is not None and not saving.adopted:
        uploads.discard(received.upload)  # the same bytes were there already
    return saved


@dataclass
class _Saving:
    """The one transaction of an item.

    `may_be_committed`: everything was said to the database. An error after that tells nothing about the outcome, so
    the bytes must stay until `purge` has seen whether the row is there.
    """

    request: Request
    item: dict[str, Any]
    shape: Item | None
    part: FilePart | None
    received: Received | None
    adopted: bool = False
    may_be_committed: bool = False

    @transaction.atomic
    def run(self) -> Saved:
        owner = quota.lock(self.request.owner)
        quota.require_unblocked(owner)
        size = len(self.request.json) + (self.received.size if self.received else 0)
        arrival = Arrival(
            owner=owner,
            transfer=transfers.count_item(owner, self.request.job, size),
            vertical=self.request.vertical,
            payload=self.request.json.decode(),
            item=self.item,
            mime=keepable(self.part.mime) if self.part else "",
        )
        new_bytes, upload = 0, None
        if self.received is not None:
            settled = uploads.settle(owner, self.received)
            arrival.content, self.adopted = settled.content, settled.adopted
            new_bytes, upload = settled.new_bytes, self.received.upload
        saved = self.shape.save(arrival) if self.shape else unknown.keep(arrival)
        new_bytes += arrival.new_json_bytes
        quota.require_room(owner, new_bytes, upload)
        quota.charge(owner, new_bytes)
        transfers.count_status(arrival.transfer, self.request.vertical, saved.status, size)
        self.may_be_committed = True
        return saved
