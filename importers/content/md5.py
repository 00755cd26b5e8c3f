"""MD5 of bytes as they come, which a Cozy compares and no proof here rests on."""

import hashlib
import os
import threading
import time
from base64 import b64encode
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import QuerySet

from importers.content.storage import STORAGE_CHUNK
from importers.errors import SERVICE_ERRORS
from importers.models import Content

BESIDE = 64 * 1024  # bytes; a smaller chunk is hashed quicker than a thread is told of it
MOST_AHEAD = 4 * 1024 * 1024  # bytes that wait for their turn; then whoever brings more waits, or gives it up
CHUNKS_AT_ONCE = 4  # chunks that are hashed side by side in one process


class _Together:
    """Bytes that wait for their turn in this process, of all together."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self.size = 0

    def add(self, size: int) -> None:
        with self._guard:
            self.size += size


_together = _Together()


class Md5:
    """A running MD5, which large chunks are taken into in a thread: it takes longer than SHA-256 on common processors,
    and nobody should wait for it while bytes come and go.

    `patient`: whoever brings bytes faster than they are taken in waits; else it is given up then, and whoever reads the
    bytes next has it.
    """

    def __init__(self, *, patient: bool = True) -> None:
        self._patient = patient
        self._given_up = False
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._lock = threading.Condition()
        self._waiting: deque[bytes | memoryview] = deque()
        self._ahead = 0  # bytes of these, and of the one that is being taken in

    def update(self, chunk: bytes | memoryview) -> None:
        """Takes one more chunk in, soon. It may be overwritten when this returns."""
        size = len(chunk)
        if not size or self._given_up:
            return
        is_much = self._ahead >= MOST_AHEAD or _together.size >= settings.WHARF_UPLOAD_MEMORY
        if not self._patient and self._ahead and is_much:
            self._given_up = True
            return
        if not self._ahead and size < BESIDE:
            self._md5.update(chunk)
            return
        lasts = isinstance(chunk, bytes) or (chunk.readonly and isinstance(chunk.obj, bytes))
        held = chunk if lasts else bytes(chunk)
        with self._lock:
            self._lock.wait_for(lambda: self._ahead < MOST_AHEAD)
            self._waiting.append(held)
            begins, self._ahead = not self._ahead, self._ahead + size
        _together.add(size)
        if begins:
            self._have_taken()

    @property
    def base64(self) -> str:
        """As documents of a Cozy have it; empty where it was given up. Waits for what is still to be taken in."""
        with self._lock:
            self._lock.wait_for(lambda: not self._ahead)
        return "" if self._given_up else b64encode(self._md5.digest()).decode()

    def _take(self) -> None:
        """The next one of those that wait; the others have their turn after those of others."""
        chunk = self._waiting[0]
        self._md5.update(chunk)
        with self._lock:
            self._waiting.popleft()
            self._ahead -= len(chunk)
            _together.add(-len(chunk))
            goes_on = bool(self._waiting)
            self._lock.notify_all()
        if goes_on:
            self._have_taken()

    def _have_taken(self) -> None:
        try:
            _threads(os.getpid()).submit(self._take)
        except RuntimeError:  # the process ends, and its threads take nothing more
            self._take()


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
                    running.update(chunk)
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
    return ThreadPoolExecutor(CHUNKS_AT_ONCE, thread_name_prefix="md5")
