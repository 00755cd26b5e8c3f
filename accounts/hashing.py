"""Hashing passwords, which is slow on purpose: never so many at once that others wait for the processor."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from django.contrib.auth.hashers import PBKDF2PasswordHasher

HASHES_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)  # per process; a hash takes a core for a third of a second
MOST_WAITING = 16  # beyond them, who comes is told to come again, and holds no thread meanwhile


class PasswordsBusy(Exception):
    """Too many passwords are being hashed."""

    seconds = 2  # after which another try may well succeed


class _Line:
    """Whoever wants to hash a password, in the order in which they came."""

    def __init__(self) -> None:
        self._turns = BoundedSemaphore(HASHES_AT_ONCE)
        self._guard = Lock()
        self._standing = 0

    def require_room(self) -> None:
        """Raises `PasswordsBusy` where the line is full."""
        if self._standing >= HASHES_AT_ONCE + MOST_WAITING:
            raise PasswordsBusy

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a turn. Raises `PasswordsBusy` where the line is full."""
        with self._guard:
            self.require_room()
            self._standing += 1
        try:
            with self._turns:
                yield
        finally:
            with self._guard:
                self._standing -= 1


line = _Line()


class PatientPasswordHasher(PBKDF2PasswordHasher):
    """Django's hash of passwords, by those in the line; raises `PasswordsBusy` where that is full."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """The hash of a password, as Django keeps it."""
        with line.turn():
            return str(super().encode(password, salt, iterations))
