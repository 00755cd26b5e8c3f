"""The request of one item, and reading its body."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.utils.http import parse_header_parameters
from oauth2_provider.models import AccessToken

from accounts.models import User
from accounts.texts import kept_text
from importers import errors
from importers.receiving import large_json
from importers.receiving.beginning import SeenItem, seen_item
from importers.receiving.encoded_file import EncodedFile
from importers.receiving.likeness import item_digest
from importers.receiving.multipart import BODY_CHUNK, CutShort, ReadableBody, RelatedBody
from importers.receiving.patience import LockPatience
from importers.transfers.refused_item import RefusedItem
from importers.transfers.transfer import ExporterJob
from importers.vertical import vertical_at

REQUEST_TOO_LARGE = kept_text("A request may have at most %(limit)s bytes here.")
READ_AT_ONCE = 1024 * 1024  # bytes of JSON that has a file in it
EXCERPT_OF_BODY = 64 * 1024  # bytes that are read of a body that is no item, to show what it was


class WatchedBody:
    """A body whose beginning stays known when it has been read, for the case that it is refused: all of one that is in
    memory, and the first 64 KiB of another. `in_memory`: the bytes that all of it has, if it is there."""

    def __init__(self, stream: ReadableBody, in_memory: int | None) -> None:
        self._stream = stream
        self._most = EXCERPT_OF_BODY if in_memory is None else in_memory
        self._begun: list[bytes] = []
        self._room = self._most

    @property
    def at_once(self) -> int:
        """Bytes that are to be read at once, at most."""
        return int(getattr(self._stream, "at_once", BODY_CHUNK))

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        if self._room > 0:
            self._begun.append(chunk if len(chunk) <= self._room else chunk[: self._room])
            self._room -= len(chunk)
        return chunk

    def beginning(self) -> bytes:
        """Returns it. What of it has not been read is read."""
        with suppress(OSError):
            while self._room > 0 and self.read(self._room):
                pass
        return b"".join(self._begun)


@dataclass
class ItemRequest:
    """One POST: who sends what kind of data in which job, with which scopes, and the body, of which nothing has been
    read.

    `json` is what has been read of the item; a rejection keeps it. `begun`: something of the body has been read;
    `whole`: all of `json` has; `has_parts`: it is the first of two. `patience`: how long it waits for a locked
    database. `is_in_memory`: all of the body is there, since the server has read it first. `token`: the one it came
    with, if that is remembered: whoever takes the item in asks after it before anything changes. `encoded`: the file
    that stands in the JSON, of which nothing has been read yet. `suspended`: why nothing of this exporter is taken now;
    empty where it is.
    """

    owner: User
    token: AccessToken | None
    job: ExporterJob
    scopes: set[str]
    vertical: str
    headers: Mapping[str, str]
    stream: WatchedBody
    patience: LockPatience
    is_in_memory: bool
    json: bytes = b""
    begun: bool = False
    whole: bool = False
    has_parts: bool = False
    encoded: EncodedFile | None = None
    suspended: str = ""

    @property
    def body_size(self) -> int | None:
        """The Content-Length, where there is one."""
        return body_size(self.headers)


def body_size(headers: Mapping[str, str]) -> int | None:
    """Returns the Content-Length in bytes, where there is one."""
    length = headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None


def read_item(request: ItemRequest) -> RelatedBody | None:
    """Reads `request.json`, and gives the body that its file is still in, if it is one that has parts. Where the file
    stands in the JSON, that is read until it begins."""
    length = _content_length(request)
    largest = settings.WHARF_MAX_UPLOAD_BYTES
    if largest is not None and length > largest:
        raise errors.payload_too_large(REQUEST_TOO_LARGE, largest)
    return _read(request, length)


def refused_item(request: ItemRequest) -> RefusedItem:
    """Returns what is known of a request's item, which is read as far as it can be if it has not been yet."""
    if not request.begun:
        with suppress(errors.Refusal, OSError):
            _read(request, _content_length(request))
    beginning = request.stream.beginning()
    if request.encoded is not None:
        return _refused_with_file(request, beginning)
    seen = seen_item(beginning, is_whole=len(beginning) == request.body_size)
    if request.whole and not request.has_parts:
        seen = SeenItem(request.json)
    text = request.json if request.whole else seen.json
    return RefusedItem(
        read=request.json if request.begun and request.json else beginning[:EXCERPT_OF_BODY],
        digest=_digest(request, text),
        body_size=request.body_size,
        has_file=seen.has_file,
        file_size=seen.file_size,
        file_sha256=seen.file_sha256,
        file_begins=seen.file_begins,
    )


def _refused_with_file(request: ItemRequest, beginning: bytes) -> RefusedItem:
    """Returns the same of an item whose file stands in its JSON: it is known again by all that it says, or, where not
    all of it has come, by how it begins and how long it is."""
    is_whole = len(beginning) == request.body_size
    text = request.json if request.whole else beginning if is_whole else b""
    return RefusedItem(
        read=beginning if is_whole else beginning[:EXCERPT_OF_BODY],
        digest=_digest(request, text) if text else "",
        body_size=request.body_size,
        has_file=not is_whole,
        file_size=None,
        file_sha256="",
        file_begins="",
    )


def _digest(request: ItemRequest, text: bytes) -> str:
    """What stands for all that the item says; empty where nobody can tell, or not now."""
    try:
        with large_json.place(len(text), 0):
            return item_digest(request.vertical, text)
    except errors.Refusal:
        return ""


def _read(request: ItemRequest, length: int) -> RelatedBody | None:
    media_type, parameters = parse_header_parameters(request.headers.get("Content-Type", ""))
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise errors.content_encoding()
    if media_type == "application/json":
        _read_json(request, length)
        return None
    if media_type == "multipart/related" and parameters.get("boundary"):
        body = RelatedBody(request.stream, parameters["boundary"], length)
        request.begun = request.has_parts = True
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
    there = vertical_at(request.vertical)
    most = there.largest_item if there else settings.WHARF_MAX_JSON_BYTES
    if length > most:
        raise errors.payload_too_large(errors.JSON_TOO_LARGE, most)
    request.begun = True
    if there and there.file_in_json:
        _look_for_file(request, there.file_in_json, length)
        return
    pieces: list[bytes] = []
    try:
        pieces.extend(_chunks(request, length, length))
    finally:
        request.json = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    request.whole = True


def _look_for_file(request: ItemRequest, name: str, length: int) -> None:
    encoded = EncodedFile(name, _chunks(request, length, READ_AT_ONCE), length)
    try:
        has_file = encoded.look()
    finally:
        request.json = encoded.seen()
    if has_file:
        request.encoded = encoded
    else:
        request.whole = True


def _chunks(request: ItemRequest, length: int, at_once: int) -> Iterator[bytes]:
    """Yields a body of so many bytes. Raises `CutShort`."""
    missing = length
    while missing:
        chunk = request.stream.read(min(missing, at_once))
        if not chunk:
            raise CutShort
        missing -= len(chunk)
        yield chunk
