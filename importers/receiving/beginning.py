"""What the beginning of a refused body shows of its item, however badly it is framed."""

import hashlib
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from importers import errors
from importers.receiving.transfer_encoding import changes_size, decoded, encoding_name

FILE_BEGINS = 16 * 1024  # bytes of a file by which it is known of which no more is there

_FIRST_BOUNDARY = re.compile(rb"(?:\A|[\r\n])--([^\r\n]{1,200}?)[ \t]*[\r\n]")
_LINE_END = rb"(?>\r\n|\n|\r)"  # atomic, so that CRLF is not two
_END_OF_HEADERS = re.compile(rb"(?:\A|%b)%b" % (_LINE_END, _LINE_END))
_HEADER = rb"(?i)(?:\A|[\r\n])%b[ \t]*:((?:[^\r\n]|%b[ \t])*)"
_ENCODING = re.compile(_HEADER % (rb"content-transfer-encoding", _LINE_END))
_LENGTH = re.compile(_HEADER % (rb"content-length", _LINE_END))


@dataclass(frozen=True)
class SeenItem:
    """`json`: of the item, if all of it is there; empty otherwise. Of its file, size and SHA-256, where they can be
    told; of one that is not there whole, the SHA-256 of its first 16 KiB."""

    json: bytes = b""
    has_file: bool = False
    file_size: int | None = None
    file_sha256: str = ""
    file_begins: str = ""


def seen_item(body: bytes, *, is_whole: bool) -> SeenItem:
    """Returns what a body, or its beginning, shows: parts are looked for behind what its first line with -- says is the
    boundary, whatever their lines end with; without such a line all of it is taken for JSON."""
    boundary = _FIRST_BOUNDARY.search(body)
    if boundary is None:
        return SeenItem(body if is_whole else b"")
    delimiter = re.compile(rb"(?:%b|\A)--%b(--)?[ \t]*(?:%b|\Z)" % (_LINE_END, re.escape(boundary[1]), _LINE_END))
    found = list(delimiter.finditer(body, boundary.start()))
    parts = [body[this.end() : after.start()] for this, after in pairwise(found)]
    closed = next((number for number, mark in enumerate(found) if mark[1]), None)
    json = _content(parts[0]) if parts else None
    if closed is not None and closed < 2:
        return SeenItem(json or b"")
    if closed is not None and is_whole:
        content = _content(parts[1])
        if content is not None:
            return SeenItem(json or b"", True, len(content), hashlib.sha256(content).hexdigest())
    return _with_beginning(SeenItem(json or b"", True), body[found[1].end() :] if len(found) > 1 else b"")


def _content(part: bytes) -> bytes | None:
    """The bytes that a part stands for; None where they can't be told."""
    head = _END_OF_HEADERS.search(part)
    if head is None:
        return None
    encoding = _ENCODING.search(part[: head.end()])
    try:
        name = encoding_name(encoding[1].decode("latin-1")) if encoding else ""
        return b"".join(decoded(name, iter([memoryview(part)[head.end() :]])))
    except errors.Refusal:
        return None


def _with_beginning(seen: SeenItem, part: bytes) -> SeenItem:
    """Returns what is seen, with what the beginning of its file's part says of that."""
    head = _END_OF_HEADERS.search(part)
    if head is None:
        return seen
    headers = part[: head.end()]
    encoding, length = _ENCODING.search(headers), _LENGTH.search(headers)
    if encoding and changes_size(encoding_name(encoding[1].decode("latin-1"))):
        return seen
    digits = length[1].strip() if length else b""
    size = int(digits) if digits.isdigit() and len(digits) < 19 else None
    begins = part[head.end() : head.end() + FILE_BEGINS]
    return replace(
        seen, file_size=size, file_begins=hashlib.sha256(begins).hexdigest() if len(begins) == FILE_BEGINS else ""
    )
