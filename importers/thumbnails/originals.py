"""Stored bytes as an open file of this machine, which the child reads, and nothing else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage

from importers.content import stored
from importers.content.storage import STORAGE_CHUNK
from importers.content.stored import Incomplete
from importers.models import Content


@contextmanager
def original(content: Content) -> Iterator[IO[bytes]]:
    """Yields the bytes of some content as a file with a descriptor. Raises what a storage raises, and `Incomplete`."""
    try:
        path = Path(default_storage.path(content.storage_key))
    except NotImplementedError:
        with TemporaryFile(dir=settings.WHARF_DATA_DIR) as copy:
            _copy(content, copy)
            yield copy
    else:
        with path.open("rb") as file:
            yield file


def _copy(content: Content, to: IO[bytes]) -> None:
    """Copies what is needed. Of a large one these are its beginning and its end: what says where the frames of a video
    are stands in one of the two, and the first frames in the first. Between them the file has a hole, which takes no
    room."""
    beginning, end = settings.WHARF_THUMBNAIL_BEGINNING, settings.WHARF_THUMBNAIL_END
    to.truncate(content.size)
    if content.size <= beginning + end:
        _copy_range(content.storage_key, 0, content.size, to)
    else:
        _copy_range(content.storage_key, 0, beginning, to)
        _copy_range(content.storage_key, content.size - end, end, to)
    to.flush()
    to.seek(0)


def _copy_range(key: str, start: int, size: int, to: IO[bytes]) -> None:
    if not size:
        return
    opened = stored.open_at(key, start, start + size)
    try:
        to.seek(start)
        while size:
            if not (chunk := opened.read(min(STORAGE_CHUNK, size))):
                raise Incomplete(f"{size} bytes are missing in {key}")
            to.write(chunk)
            size -= len(chunk)
    finally:
        opened.close()
