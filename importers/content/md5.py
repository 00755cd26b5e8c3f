"""MD5 of bytes as they come, which a Cozy compares and no proof here rests on."""

import hashlib
import os
import time
from base64 import b64encode
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from types import TracebackType
from typing import Any, Self

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from importers.content.storage import STORAGE_CHUNK
from importers.errors import SERVICE_ERRORS
from importers.models import Content

BESIDE = 64 * 1024  # bytes; a smaller chunk is hashed quicker than a thread is told of it
AT_ONCE = 4  # chunks that are hashed side by side in one process


class Md5:
    """A running MD5. A large chunk is hashed in a thread while the caller does something else with it:

    with md5.taking(chunk):
        sha256.update(chunk)
    """

    __slots__ = ("_chunk", "_md5", "_running")

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._chunk: bytes | memoryview = b""
        self._running: Future[None] | None = None

    @property
    def base64(self) -> str:
        """As documents of a Cozy have it."""
        return b64encode(self._md5.digest()).decode()

    def taking(self, chunk: bytes | memoryview) -> Self:
        """Returns a context, at whose end the chunk has been taken in."""
        self._chunk = chunk
        return self

    def __enter__(self) -> None:
        if len(self._chunk) < BESIDE:
            self._md5.update(self._chunk)
        else:
            self._running = _threads(os.getpid()).submit(self._md5.update, self._chunk)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        running, self._running, self._chunk = self._running, None, b""
        if running is not None:
            running.result()


def missing(**narrowed: Any) -> QuerySet[Content]:
    """Returns content of which the MD5 is not known, since it was kept before that was of any interest."""
    return Content.objects.filter(md5="", **narrowed)


def note(storage_key: str, found: Md5) -> None:
    """Keeps the MD5 of stored bytes that somebody has read to their end."""
    missing(storage_key=storage_key).update(md5=found.base64)


def compute_missing(seconds: float) -> int:
    """Reads content without an MD5, for about so many seconds. Returns of how much it is known now. What can't be read
    is left for `verify_storage` to tell."""
    ends, computed = time.monotonic() + seconds, 0
    for key in missing().order_by("pk").values_list("storage_key", flat=True).iterator(chunk_size=1000):
        running = Md5()
        try:
            with default_storage.open(key) as stored:
                while chunk := stored.read(STORAGE_CHUNK):
                    with running.taking(chunk):
                        pass
        except SERVICE_ERRORS:
            continue
        note(key, running)
        computed += 1
        if time.monotonic() > ends:
            break
    return computed


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """Those of this process: a child has none of its parent's."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="md5")
