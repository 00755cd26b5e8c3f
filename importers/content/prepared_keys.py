"""Keys that stand in the database before anybody needs one, for files that are whole before they are written.

A row of its own before each small file would cost a transaction more than the file itself. Made many at once, the rows
cost next to nothing, and what a kill leaves in the storage is found all the same.
"""

import time
from collections import deque
from datetime import timedelta
from threading import Lock

from django.core.files.storage import default_storage
from django.db import transaction

from importers import statements
from importers.content import processes
from importers.content.storage import DurableFileSystemStorage
from importers.models import PreparedKey, Upload
from importers.models.content import UPLOAD_LIFE

MOST_AT_ONCE = 64
SAFE_BEFORE_END = timedelta(minutes=1)  # in which bytes are written and their row is committed


class PreparedKeys:
    """Those of this process. Each time that all are used up before they expire, twice as many are made, up to a limit:
    few are left where few files come."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: deque[PreparedKey] = deque()
        self._process = ""
        self._good_until = 0.0
        self._at_once = 1

    def take(self) -> PreparedKey:
        """Returns a key that stands in the database, and that nobody else has."""
        process = processes.current()
        with self._lock:
            if process != self._process or time.monotonic() > self._good_until:  # or this process is a fork
                self._keys.clear()
                self._at_once = 1
            if self._keys:
                return self._keys.popleft()
            number, self._at_once = self._at_once, min(2 * self._at_once, MOST_AT_ONCE)
        good_until = time.monotonic() + (UPLOAD_LIFE - SAFE_BEFORE_END).total_seconds()
        made = _make(process, number)
        if isinstance(default_storage, DurableFileSystemStorage):
            default_storage.expect(key.storage_key for key in made)
        with self._lock:
            self._process, self._good_until = process, good_until
            self._keys.extend(made[1:])
        return made[0]

    def forget(self) -> None:
        """Takes none of these any more: one was gone, as after the database has been brought back from a backup."""
        with self._lock:
            self._keys.clear()


@transaction.atomic
def _make(process: str, number: int) -> list[PreparedKey]:
    keys = [PreparedKey(process=process, expires_at=Upload.next_expiry()) for _ in range(number)]
    columns = ("storage_key", "process", "expires_at")
    statements.insert_all(PreparedKey, [{name: getattr(key, name) for name in columns} for key in keys])
    return keys


prepared_keys = PreparedKeys()
