"""The request of one item, and reading its body."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.utils.http import parse_header_parameters

from accounts.models import User
from importers import errors
from importers.receiving.multipart import CutShort, ReadableBody, RelatedBody
from importers.receiving.patience import LockPatience
from importers.transfers.transfer import ExporterJob

EXCERPT_OF_BODY = 64 * 1024  # bytes that are read of a body that is no item, to show what it was


@dataclass
class ItemRequest:
    """One POST: who sends what kind of data in which job, with which scopes, and the body, of which nothing has been
    read.

    `json` is what has been read of the item; a rejection keeps it. `begun`: something of the body has been read;
    `whole`: all of `json` has. `patience`: how long it waits for a locked database. `is_in_memory`: all of the body is
    there, since the server reads so much before it begins.
    """

    owner: User
    job: ExporterJob
    scopes: set[str]
    vertical: str
    headers: Mapping[str, str]
    stream: ReadableBody
    patience: LockPatience
    json: bytes = b""
    begun: bool = False
    whole: bool = False
    is_in_memory: bool = False

    @property
    def body_size(self) -> int | None:
        """The Content-Length, where there is one."""
        length = self.headers.get("Content-Length", "")
        return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None


def read_item(request: ItemRequest) -> RelatedBody | None:
    """Reads `request.json`, and gives the body that its file is still in, if it is one that has parts."""
    length = _content_length(request)
    largest = settings.WHARF_MAX_UPLOAD_BYTES
    if largest is not None and length > largest:
        raise errors.payload_too_large("A request", largest)
    return _read(request, length)


def read_refused(request: ItemRequest) -> None:
    """Reads `request.json` as far as it can be, where the request was refused before anything of it was read."""
    if not request.begun:
        with suppress(errors.Refusal, OSError):
            _read(request, _content_length(request))
    if not request.begun:
        with suppress(OSError):
            request.json = request.stream.read(EXCERPT_OF_BODY)


def _read(request: ItemRequest, length: int) -> RelatedBody | None:
    request.is_in_memory = length <= settings.WHARF_READ_FIRST
    media_type, parameters = parse_header_parameters(request.headers.get("Content-Type", ""))
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise errors.unsupported_media_type("a body with a Content-Encoding")
    if media_type == "application/json":
        _read_json(request, length)
        return None
    if media_type == "multipart/related" and parameters.get("boundary"):
        body = RelatedBody(request.stream, parameters["boundary"], length)
        request.begun = True
        try:
            body.json_part(settings.WHARF_MAX_JSON_BYTES)
            request.whole = True
        finally:
            request.json = bytes(body.item)
        return body
    raise errors.unsupported_media_type(media_type)


def _content_length(request: ItemRequest) -> int:
    if "Transfer-Encoding" in request.headers or request.body_size is None:
        raise errors.length_required()
    return request.body_size


def _read_json(request: ItemRequest, length: int) -> None:
    if length > settings.WHARF_MAX_JSON_BYTES:
        raise errors.payload_too_large("The JSON of an item", settings.WHARF_MAX_JSON_BYTES)
    request.begun = True
    while len(request.json) < length:
        chunk = request.stream.read(length - len(request.json))
        if not chunk:
            raise CutShort
        request.json += chunk
    request.whole = True
