"""Hashing of passwords, which is slow on purpose: as many at once as leave the processor to others, too, and no more
waiting for it than leave threads to others."""

import os
import threading

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpRequest, HttpResponse

from accounts.lockout import View, too_many

AT_ONCE = max(1, (os.cpu_count() or 2) // 2)  # in a process
PATIENCE = 6.0  # seconds that one waits for its turn
TRY_AGAIN = 5  # seconds after which there may be a turn


class HashingBusy(Exception):
    """Too many passwords are looked at just now."""


class _Queue:
    """The turns of a process."""

    def __init__(self) -> None:
        self._turn = threading.Semaphore(AT_ONCE)
        self._guard = threading.Lock()
        self._waiting = 0

    def __enter__(self) -> None:
        with self._guard:
            if self._waiting >= max(1, settings.WHARF_THREADS // 2):
                raise HashingBusy
            self._waiting += 1
        if not self._turn.acquire(timeout=PATIENCE):
            self._leave()
            raise HashingBusy

    def __exit__(self, *_: object) -> None:
        self._turn.release()
        self._leave()

    def _leave(self) -> None:
        with self._guard:
            self._waiting -= 1


_queue = _Queue()


class QueuedPasswordHasher(PBKDF2PasswordHasher):
    """Django's own, in turn. Raises `HashingBusy`."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Returns the hash of a password; comparing one takes the same."""
        with _queue:
            return super().encode(password, salt, iterations)


class HashingQueue:
    """Middleware: who finds no turn is told to try again, as somebody who has tried too often."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """429 where there was no turn."""
        return too_many(request, TRY_AGAIN) if isinstance(error, HashingBusy) else None
