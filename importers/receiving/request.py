"""The request of one item, and reading its body."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.http import parse_header_parameters

from accounts.models import User
from importers import errors
from importers.receiving.multipart import CutShort, ReadableBody, RelatedBody
from importers.transfers.transfer import ExporterJob


@dataclass
class ItemRequest:
    """One POST: who sends what kind of data in which job, and the body, of which nothing has been read.

    `json` is what has been read of the item; a rejection keeps it. `is_in_memory`: all of the body is there, since the
    server reads so much before it begins.
    """

    owner: User
    job: ExporterJob
    vertical: str
    headers: Mapping[str, str]
    stream: ReadableBody
    json: bytes = b""
    is_in_memory: bool = False


def read_item(request: ItemRequest) -> RelatedBody | None:
    """Reads `request.json`, and gives the body that its file is still in, if it is one that has parts."""
    length = _content_length(request.headers)
    request.is_in_memory = length <= settings.WHARF_READ_FIRST
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


def _read_json(stream: ReadableBody, length: int) -> bytes:
    if length > settings.WHARF_MAX_JSON_BYTES:
        raise errors.payload_too_large("The JSON of an item", settings.WHARF_MAX_JSON_BYTES)
    held = bytearray()
    while len(held) < length:
        chunk = stream.read(length - len(held))
        if not chunk:
            raise CutShort
        held += chunk
    return bytes(held)
