"""A large body, on its way from the server's loop to the thread that reads it."""

import asyncio
import io
import threading
import time
from collections import deque
from typing import ClassVar, Protocol

from django.conf import settings

from importers.stopping import ServerStops

WAKE_AT = 1024 * 1024  # bytes that a thread is woken for, where it asks for so many
AHEAD = 2 * WAKE_AT  # bytes that the loop may be ahead of it, if all that come in may be so
LEAST_AHEAD = AHEAD // 16  # however many there are


class BodySource(Protocol):
    """Where the body comes from. Its next bytes are empty at its end, however it ended; `is_stopped`: since the server
    stops."""

    @property
    def is_stopped(self) -> bool: ...

    async def next(self) -> bytes: ...

    def slow_for(self) -> float: ...

    def cut(self) -> None: ...


class UploadStream(io.IOBase):
    """The body as a file for a thread. The loop stays ahead of the thread: it reads on while the thread is at work.

    Handing over each chunk when it is asked for would cost two switches between threads each, with nobody reading the
    socket meanwhile; that was a third of the time of an upload.
    """

    _at_once: ClassVar[int] = 0  # that come in, as the loop knows

    def __init__(self, source: BodySource) -> None:
        self._source = source
        self._ahead = AHEAD
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._lock = threading.Condition()
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._wanted = 0  # bytes that the thread waits for
        self._waiting_since = 0.0
        self._full = self._ended = False
        self._is_told = False
        self.is_cut = False

    # In the loop

    async def fill(self) -> None:
        """Reads until the body ends, never more in front of the thread than this one's part of what all may be."""
        UploadStream._at_once += 1
        try:
            while chunk := await self._source.next():
                self._ahead = max(LEAST_AHEAD, min(AHEAD, settings.WHARF_UPLOAD_MEMORY // UploadStream._at_once))
                if self._put(chunk):
                    await self._room.wait()
        finally:
            UploadStream._at_once -= 1
            with self._lock:
                self._ended = True
                self._lock.notify()

    def slow_for(self) -> float:
        """Seconds for which the thread has waited for a client that is too slow; 0 while it is busy with what came."""
        if not self._wanted:
            return 0.0
        return min(self._source.slow_for(), time.monotonic() - self._waiting_since)

    def cut(self) -> None:
        """Ends the body here."""
        self.is_cut = True
        self._source.cut()

    def _put(self, chunk: bytes) -> bool:
        """Whether the thread is now so far behind that it must be waited for."""
        with self._lock:
            self._chunks.append(chunk)
            self._held += len(chunk)
            self._full = self._held >= self._ahead
            if self._full:
                self._room.clear()
            if self._wanted and (self._full or self._wanted <= self._held):  # it may have become less since it asked
                self._lock.notify()
            return self._full

    # In the thread

    @property
    def at_once(self) -> int:
        """Bytes that the thread is to take at once, at most: half of what waits, since it holds them as well."""
        return min(WAKE_AT, self._ahead // 2)

    def read(self, size: int = -1, /) -> bytes:
        """Returns `size` bytes, or all; fewer only at the end. Raises `ServerStops`, once, where it came too early
        since the server stops: nobody should take that for the sender's fault."""
        taken: list[bytes] = []
        while size and (chunk := self._take(size)):
            taken.append(chunk)
            size -= len(chunk) if size > 0 else 0
        if size and self._source.is_stopped and not self._is_told:
            self._is_told = True
            raise ServerStops
        return taken[0] if len(taken) == 1 else b"".join(taken)

    def _take(self, size: int) -> bytes:
        """Some bytes; none at the end only."""
        with self._lock:
            self._wait_for(self.at_once if size < 0 else min(size, self.at_once))
            taken: list[bytes] = []
            left = self._held if size < 0 else min(size, self._held)
            self._held -= left
            while left:
                chunk = self._chunks.popleft()
                if len(chunk) > left:
                    self._chunks.appendleft(chunk[left:])
                    chunk = chunk[:left]
                taken.append(chunk)
                left -= len(chunk)
            if self._full and self._held < self._ahead:
                self._full = False
                self._loop.call_soon_threadsafe(self._room.set)
        return taken[0] if len(taken) == 1 else b"".join(taken)

    def _wait_for(self, size: int) -> None:
        if self._held >= size or self._ended or self._full:
            return
        self._waiting_since = time.monotonic()
        self._wanted = size
        while self._held < size and not self._ended and not self._full:
            self._lock.wait()
        self._wanted = 0
