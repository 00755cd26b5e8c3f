"""The body of a request: JSON alone, or JSON and a file as `multipart/related`, streamed, its length known before."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from uuid import uuid4

from importers.sending.errors import FileChanged, FileUnreadable
from importers.sending.items import OutgoingItem

SENDING_CHUNK = (
    256 * 1024
)  # bytes: large enough to be fast, small enough to leave within a worker's ten seconds on a slow line


@dataclass(frozen=True)
class OutgoingBody:
    """What goes out: `chunks` yields exactly `length` bytes, or raises `FileChanged` or `FileUnreadable`."""

    content_type: str
    length: int
    chunks: Iterator[bytes]


@contextmanager
def body_of(item: OutgoingItem, sent: Callable[[int], None] = lambda count: None) -> Iterator[OutgoingBody]:
    """The body of one attempt to send `item`; its file is open until the end of the block.

    `sent` is told the bytes of each piece of the file that was handed over. Raises `FileUnreadable` if the file cannot
    be opened.
    """
    envelope = item.envelope()
    if item.attachment is None:
        yield OutgoingBody("application/json", len(envelope), iter([envelope]))
        return
    try:
        stream = item.attachment.path.open("rb", buffering=0)
    except OSError as error:
        raise FileUnreadable(f"could not be read: {error.strerror}") from error
    with stream:
        yield _related(envelope, item.attachment.mime_type, stream, sent)


def _related(envelope: bytes, mime_type: str, stream: BinaryIO, sent: Callable[[int], None]) -> OutgoingBody:
    """RFC 2387 as workers send it: the JSON part first, lengths on both parts, no Content-Disposition."""
    size = os.fstat(stream.fileno()).st_size
    boundary = str(uuid4())
    head = b"".join(
        [
            f"--{boundary}\r\nContent-Type: application/json\r\nContent-Length: {len(envelope)}\r\n\r\n".encode(),
            envelope,
            f"\r\n--{boundary}\r\nContent-Type: {mime_type}\r\nContent-Length: {size}\r\n\r\n".encode(),
        ]
    )
    tail = f"\r\n--{boundary}--\r\n".encode()

    def chunks() -> Iterator[bytes]:
        yield head
        yield from _content(stream, size, sent)
        yield tail

    return OutgoingBody(f"multipart/related; boundary={boundary}", len(head) + size + len(tail), chunks())


def _content(stream: BinaryIO, size: int, sent: Callable[[int], None]) -> Iterator[bytes]:
    """The file's bytes. A file found changed gets no closing boundary, so that the server keeps nothing of it."""
    before = os.fstat(stream.fileno()).st_mtime_ns
    left = size
    while left:
        try:
            chunk = stream.read(min(SENDING_CHUNK, left))
        except OSError as error:
            raise FileUnreadable(f"could not be read to its end: {error.strerror}") from error
        if not chunk:
            raise FileChanged(f"became shorter while it was sent ({size - left:,} bytes instead of {size:,})")
        left -= len(chunk)
        yield chunk
        sent(len(chunk))
    after = os.fstat(stream.fileno())
    if after.st_size != size:
        raise FileChanged(f"changed its size while it was sent (from {size:,} to {after.st_size:,} bytes)")
    if after.st_mtime_ns != before:
        raise FileChanged("was written to while it was sent")
